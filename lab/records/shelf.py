"""A folder of records: list them, pack one for the road, unpack one that came from elsewhere.

Listing reads only the small files, so that a long history opens at once.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, count
from pathlib import Path
from typing import Any

from lab.errors import BadInput, LabError, RecordDamaged
from lab.files import folder_bytes
from lab.records import schema
from lab.records.reader import read_event_lines, read_meta, status_of
from lab.words import say

FILES = (schema.META, schema.EVENTS, schema.TOKENS, schema.POINTS, schema.STATES, schema.ABLATIONS)
MAX_IMPORT_BYTES = 2 * 10**9
"""Largest unpacked size of an imported record."""
MAX_TEXT_BYTES = 64 * 10**6
"""The same of a file of it that is read as a whole."""
MAX_RATIO = 100
"""Times by which a file of it may be packed that is larger than a megabyte: vectors shrink by a
tenth, texts to a tenth, nothing but zeros to a thousandth."""
LONGEST_NAME = 60
RESERVED = ("deleted", "experiments")
"""Folders beside the records that are no records."""


ENDED = ("finished", "failed", "cancelled")


def list_records(folder: Path | str) -> list[dict[str, Any]]:
    """Summaries of all records directly under a folder, newest first.

    Each has ``id, folder, created, status, message, name, title, plan, question, truth, answers,
    bytes``; a damaged one has status ``damaged`` and its sentence as message, so that the others
    stay reachable.
    """
    folder = Path(folder)
    if not folder.is_dir():
        return []
    found = [_known_summary(path) for path in folder.glob(f"*/{schema.META}")]
    return sorted(found, key=lambda item: (item["created"], item["id"]), reverse=True)


def _known_summary(meta: Path) -> dict[str, Any]:
    """The summary of a record; that of one that is over is read once: a class makes hundreds, and
    each page lists them after every run of anybody."""
    try:
        kept = _summary_then(meta.parent, meta.stat().st_mtime_ns, meta.parent.stat().st_mtime_ns)
    except OSError:  # it was deleted in this moment
        return summary(meta.parent)
    return dict(kept) if kept["status"] in ENDED else summary(meta.parent)


@lru_cache(maxsize=2000)
def _summary_then(folder: Path, _meta_ns: int, _folder_ns: int) -> dict[str, Any]:
    return summary(folder)


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
        "plan": {},
        "question": "",
        "truth": None,
        "answers": [],
        "bytes": folder_bytes(folder),
    }
    try:
        meta = read_meta(folder)
        item |= {"answers": _answers(folder, meta), "status": status_of(folder, meta)}
    except LabError as error:
        return item | {"message": str(error)}
    plan, problem = meta.get("plan") or {}, meta.get("problem") or {}
    return item | {
        "id": meta.get("run_id", folder.name),
        "created": meta.get("created", ""),
        "message": meta.get("message", ""),
        "name": plan.get("name", ""),
        "title": plan.get("title", ""),
        "plan": plan,
        "question": problem.get("question", ""),
        "truth": problem.get("truth"),
    }


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


def copy_record(folder: Path, target: Path) -> None:
    """A record of one's own of a run that was made for somebody else too. The vectors, which never
    change, are the same on disk.

    Args:
        folder: of the record.
        target: of the copy, new.

    Raises:
        OSError: if there is no such record (any more), or the disk is full; then there is no copy.
    """
    try:
        target.mkdir(parents=True)
        for path in folder.iterdir():
            if path.name in (schema.POINTS, schema.STATES):
                _link(path, target / path.name)
            elif path.name == schema.EVENTS:
                lines = path.read_text(encoding="utf-8")
                told = json.dumps(folder.name), json.dumps(target.name)
                (target / path.name).write_text(lines.replace(*told, 1), encoding="utf-8")
            elif path.is_file() and path.name not in (schema.META, schema.LOCK, schema.RESERVE):
                shutil.copyfile(path, target / path.name)
        meta = json.loads((folder / schema.META).read_text(encoding="utf-8"))
        same = {"run_id": target.name, "same_run": meta["run_id"]}
        schema.write_json(target / schema.META, meta | same)
    except OSError:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _link(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except OSError:  # a disk without hard links
        shutil.copyfile(path, target)


def import_zip(
    archive: Path | str, records_dir: Path | str, others: Sequence[Path | str] = ()
) -> Path:
    """Unpack a record that `export_zip` packed into a folder of records; returns the record's
    folder, which has a name of its own: where NAME is taken it is NAME-2, and so on.

    Only the files of a record are taken, by their plain names, and the folder's name has letters,
    figures and “-” only, so that an archive cannot write anywhere else.

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
                name = _name_of(_unpack(opened, aside) or archive.stem)
        except (OSError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
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
    for item in items:
        if item.file_size > max(10**6, MAX_RATIO * item.compress_size):
            raise ValueError(f"a file packed to less than a {MAX_RATIO}th")
        if item.filename.endswith((".json", ".jsonl")) and item.file_size > MAX_TEXT_BYTES:
            raise ValueError(f"a text of more than {MAX_TEXT_BYTES // 10**6} MB")
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


def _name_of(said: str) -> str:
    """A name for a folder of records, after what an archive says."""
    name = "".join(c if c.isascii() and c.isalnum() else "-" for c in said)[:LONGEST_NAME]
    return "record" if name in RESERVED or not name.strip("-") else name


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
