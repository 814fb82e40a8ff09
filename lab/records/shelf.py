"""A folder of records: list them, pack one for the road, unpack one that came from elsewhere.

Listing reads only the small files, so that a long history opens at once.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path
from typing import Any

from lab.errors import BadInput, LabError, RecordDamaged
from lab.records import schema
from lab.records.reader import read_event_lines, read_meta, status_of
from lab.words import say

FILES = (schema.META, schema.EVENTS, schema.TOKENS, schema.POINTS, schema.STATES, schema.ABLATIONS)
MAX_IMPORT_BYTES = 2 * 10**9
"""Largest unpacked size of an imported record."""


def list_records(folder: Path | str) -> list[dict[str, Any]]:
    """Summaries of all records directly under a folder, newest first.

    Each has ``id, folder, created, status, message, name, title, question, truth, answers, bytes``;
    a damaged one has status ``damaged`` and its sentence as message, so that the others stay
    reachable.
    """
    folder = Path(folder)
    if not folder.is_dir():
        return []
    found = [summary(path.parent) for path in folder.glob(f"*/{schema.META}")]
    return sorted(found, key=lambda item: (item["created"], item["id"]), reverse=True)


def summary(folder: Path) -> dict[str, Any]:
    """What the history shows of one record."""
    item: dict[str, Any] = {
        "id": folder.name,
        "folder": str(folder),
        "created": "",
        "status": "damaged",
        "message": "",
        "name": "",
        "title": "",
        "question": "",
        "truth": None,
        "answers": [],
        "bytes": size_of(folder),
    }
    try:
        meta = read_meta(folder)
        item["answers"] = _answers(folder, meta)
    except LabError as error:
        return item | {"message": str(error)}
    plan, problem = meta.get("plan") or {}, meta.get("problem") or {}
    return item | {
        "id": meta.get("run_id", folder.name),
        "created": meta.get("created", ""),
        "status": status_of(folder, meta),
        "message": meta.get("message", ""),
        "name": plan.get("name", ""),
        "title": plan.get("title", ""),
        "question": problem.get("question", ""),
        "truth": problem.get("truth"),
    }


def size_of(folder: Path) -> int:
    """Bytes on disk of everything in a record folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def export_zip(folder: Path | str, target: Path | str) -> Path:
    """Pack a whole record into one zip file, without the writer's lock.

    Raises:
        RecordDamaged: if the folder holds no record.
        BadInput: if the target cannot be written.
    """
    folder, target = Path(folder), Path(target)
    read_meta(folder)
    try:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                skip = path.name in (schema.LOCK, schema.RESERVE) or path.suffix == ".tmp"
                if path.is_file() and not skip:
                    archive.write(path, f"{folder.name}/{path.relative_to(folder).as_posix()}")
    except OSError as error:
        raise BadInput(
            say(
                "error.shelf.cannot_write_choose_another",
                target=target,
                value=error.strerror or error,
            )
        ) from error
    return target


def import_zip(
    archive: Path | str, records_dir: Path | str, others: Sequence[Path | str] = ()
) -> Path:
    """Unpack a record that `export_zip` packed into a folder of records; returns the record's
    folder, which has a name of its own: where NAME is taken it is NAME-2, and so on.

    Only the files of a record are taken, by their plain names, so that an archive cannot write
    anywhere else.

    Args:
        others: further folders of records; a name that one of them holds is taken too.

    Raises:
        RecordDamaged: if the file is no such archive, too large, or its record cannot be read.
    """
    archive, records_dir = Path(archive), Path(records_dir)
    records_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=records_dir, prefix=".import-") as folder:
        aside = Path(folder) / "record"
        try:
            with zipfile.ZipFile(archive) as opened:
                name = _unpack(opened, aside) or archive.stem
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise RecordDamaged(
                say("error.shelf.not_exported_record_zip", name=archive.name, error=error)
            ) from error
        read_meta(aside)
        for free in chain([name], (f"{name}-{i}" for i in count(2))):
            if any((Path(folder) / free).exists() for folder in (records_dir, *others)):
                continue
            try:
                return aside.rename(records_dir / free)
            except OSError:  # somebody else took the name in this moment
                if not (records_dir / free).exists():
                    raise
    raise AssertionError("there is always a free name")


def _unpack(opened: zipfile.ZipFile, target: Path) -> str:
    """Take out the files of the record; returns the name of its folder in the archive."""
    items = opened.infolist()
    if sum(item.file_size for item in items) > MAX_IMPORT_BYTES:
        raise ValueError(f"more than {MAX_IMPORT_BYTES // 10**6} MB")
    root = next(
        (Path(i.filename).parent for i in items if Path(i.filename).name == schema.META), None
    )
    if root is None:
        raise ValueError("no record.json in it")
    (target / schema.PARTS).mkdir(parents=True)
    wanted = {root / name: target / name for name in FILES}
    for item in items:
        path = Path(item.filename)
        to = wanted.get(path)
        if path.parent == root / schema.PARTS and path.suffix in (".parquet", ".safetensors"):
            to = target / schema.PARTS / path.name
        if to is not None:
            with opened.open(item) as source, open(to, "wb") as sink:
                shutil.copyfileobj(source, sink)
    if not any((target / schema.PARTS).iterdir()):
        (target / schema.PARTS).rmdir()
    return root.name


def _answers(folder: Path, meta: dict[str, Any]) -> list[dict[str, Any]]:
    totals: dict[str, Any] = dict(meta.get("totals") or {})
    if not totals:
        titles = {}
        for event in read_event_lines(folder):
            if event.get("type") == "lane_started":
                titles[event["lane"]] = {"title": event.get("title", "")}
            elif event.get("type") == "lane_finished":
                totals[event["lane"]] = titles.get(event["lane"], {}) | event
    return [
        {
            "lane": lane,
            "title": t.get("title", lane),
            "answer": t.get("answer", ""),
            "correct": t.get("correct"),
        }
        for lane, t in totals.items()
    ]
