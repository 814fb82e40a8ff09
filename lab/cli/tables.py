"""Records as plain text and as JSON: what ``run`` and ``show`` print."""

from __future__ import annotations

import json
from typing import Any

from lab.cli.terminal import plain
from lab.records import Record

HEADS = {
    "answer": "answer",
    "tokens_read": "read",
    "tokens_written": "written",
    "latent_steps": "latent steps",
    "kv_len": "KV slots",
    "kv_bytes": "KV size",
    "first_token": "first token",
    "seconds": "time",
    "peak_bytes": "peak memory",
    "flops": "compute",
}
MARKS = {True: "right", False: "wrong", None: "-"}


def run_report(record: Record, as_json: bool = False) -> str:
    """The outcome of a run: question, truth, comparison of the lanes, notes."""
    if as_json:
        return json.dumps(as_data(record), ensure_ascii=False, indent=2)
    problem = record.problem
    lines = [f"Question  {plain(problem.facts + ' ' + problem.question)}"]
    if problem.truth is not None:
        lines.append(f"Truth     {plain(problem.truth)}")
    lines += ["", comparison_text(record), "", times_sentence(record)]
    lines += [f"Note: {note}" for note in record.meta.get("notes", [])]
    if record.status != "finished":
        lines.append(f"This run is {record.status}. {record.meta.get('message', '')}".strip())
    return "\n".join(lines)


def comparison_text(record: Record) -> str:
    """The comparison table of the page, as text."""
    from lab.panels.run.lanes import lanes_state

    table = lanes_state(record.events).table
    heads = ["method", "", *(HEADS[c] for c in table.columns)]
    rows = [
        [
            plain(row.title),
            MARKS[row.correct],
            *(plain(cell)[:48] for cell in row.cells),
        ]
        for row in table.rows
    ]
    return grid(heads, rows)


def times_sentence(record: Record) -> str:
    """How the clocks were read, so that nobody compares what cannot be compared."""
    if record.plan.schedule == "alone" or len(record.plan.lanes) == 1:
        return "Times: the lanes ran one after the other, each alone on the device."
    return (
        "Times: the lanes took turns step by step on one worker; each clock counts only its own "
        "lane's work. For times "
        "to quote, run with --set schedule=alone."
    )


def grid(heads: list[str], rows: list[list[str]]) -> str:
    """Columns aligned to the left, with a line under the heads."""
    widths = [max(len(str(row[i])) for row in [heads, *rows]) for i in range(len(heads))]
    lines = [heads, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join(str(c).ljust(w) for c, w in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def as_data(record: Record) -> dict[str, Any]:
    """A record without its vectors, as JSON data."""
    meta = record.meta
    columns = ["lane", "agent", "kind"]
    counts = (
        record.points[[*columns, "moment"]]
        .drop_duplicates()
        .value_counts(columns, sort=False)
        .reset_index()
    )
    return {
        "run_id": record.run_id,
        "folder": str(record.folder),
        "status": record.status,
        "message": meta.get("message", ""),
        "created": meta.get("created"),
        "plan": meta["plan"],
        "problem": meta["problem"],
        "hosts": meta.get("hosts", {}),
        "versions": meta.get("versions", {}),
        "totals": meta.get("totals", {}),
        "notes": meta.get("notes", []),
        "captured": counts.rename(columns={"count": "positions"}).to_dict("records"),
        "points": len(record.points),
        "events": len(record.events),
    }
