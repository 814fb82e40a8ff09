"""The ablate buttons beside a latent answer: the same run with one thing taken from its
hand-over.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import gradio as gr

from lab.errors import LabError
from lab.panels.style import number
from lab.ui.frame.context import Ctx, event_data
from lab.ui.frame.controls import on_device
from lab.ui.widgets import widget

CONDITIONS = ("none", "prompt only", "latents only", "wrong problem", "noise", "foreign model")
TRUE_RUN = "as it was"
EMPTY: dict[str, Any] = {"record": None, "lanes": {}}


def build() -> gr.HTML:
    """The holder of results; it draws nothing itself, the lanes show what it holds."""
    return widget("ablation.js", EMPTY, events=(), elem_id="ablation", label="ablations")


def wire(ctx: Ctx, lanes: gr.HTML, held: gr.HTML) -> None:
    """A click on a button runs its condition, and once per lane the run as it was."""

    def clicked(results: Any, event: gr.EventData) -> Any:
        data = event_data(event)
        record_id, lane, condition = (
            str(data.get(name, "")) for name in ("record", "lane", "condition")
        )
        if condition not in CONDITIONS:
            return
        rows = rows_of(results, record_id, lane)
        yield with_rows(results, record_id, lane, rows, condition)
        for wanted in [TRUE_RUN] * (TRUE_RUN not in rows) + [condition]:
            rows = rows | {wanted: _measure(ctx, record_id, lane, wanted)}
            yield with_rows(results, record_id, lane, rows, condition if wanted == TRUE_RUN else "")

    ctx.when(lanes.ablate, clicked, [held], [held], device=True, trigger_mode="multiple")


def rows_of(results: Any, record_id: str, lane: str) -> dict[str, Any]:
    """What was measured before on this lane of this record, by condition."""
    kept = results or EMPTY
    return (
        dict(kept["lanes"].get(lane, {}).get("rows", {})) if kept.get("record") == record_id else {}
    )


def with_rows(
    results: Any, record_id: str, lane: str, rows: dict[str, Any], pending: str
) -> dict[str, Any]:
    """The holder's value with a lane's results replaced; another record's results are dropped."""
    kept = results or EMPTY
    lanes = dict(kept["lanes"]) if kept.get("record") == record_id else {}
    return {"record": record_id, "lanes": lanes | {lane: {"rows": rows, "pending": pending}}}


def _measure(ctx: Ctx, record_id: str, lane: str, condition: str) -> dict[str, Any]:
    """One ablation as JSON: answer, verdict, formatted NLL, and a sentence where it could not be
    measured."""
    from lab.experiments.failure.ablate import ablate

    try:
        record = ctx.open(record_id)
        result = on_device(
            ctx, f"ablate: {condition}", lambda pool: ablate(record, lane, condition, pool.get)
        )
    except LabError as error:
        return {"error": str(error)}
    row = asdict(result)
    return {
        name: row[name] for name in ("title", "answer", "correct", "target", "slots", "note")
    } | {"nll": number(float(row["nll"]), "nats")}
