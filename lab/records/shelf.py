"""A folder of records: list them, pack one for the road.

Listing reads only the small files, so that a long history opens at once.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from lab.errors import BadInput, LabError
from lab.records import schema
from lab.records.reader import read_event_lines, read_meta, status_of


def list_records(folder: Path | str) -> list[dict[str, Any]]:
    """Summaries of all records directly under a folder, newest first.

    Each has ``id, folder, created, status, message, name, title, question, truth, answers, bytes``; a damaged one has
    status ``damaged`` and its sentence as message, so that the others stay reachable.
    """
    folder = Path(folder)
    if not folder.is_dir():
        return []
    found = [summary(path.parent) for path in folder.glob(f"*/{schema.META}")]
    return sorted(found, key=lambda item: (item["created"], item["id"]), reverse=True)


def summary(folder: Path) -> dict[str, Any]:
    """What the history shows of one record."""
    item: dict[str, Any] = {
        "id": folder.name, "folder": str(folder), "created": "", "status": "damaged", "message": "", "name": "",
        "title": "", "question": "", "truth": None, "answers": [], "bytes": size_of(folder),
    }  # fmt: skip
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
            f"Cannot write {target}: {error.strerror or error}; choose another place or make room."
        ) from error
    return target


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
        {"lane": lane, "title": t.get("title", lane), "answer": t.get("answer", ""), "correct": t.get("correct")}
        for lane, t in totals.items()
    ]
