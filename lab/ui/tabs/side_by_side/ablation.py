"""The ablate buttons beside a latent answer: the same run with one thing taken from its
hand-over.
"""

from __future__ import annotations

from typing import Any

import gradio as gr
from pydantic import Field

from lab.errors import BadInput, LabError
from lab.panels.run.lanes_value import AblateClick
from lab.panels.style import number
from lab.panels.value import Value
from lab.ui.frame.context import Ctx
from lab.ui.frame.waiting import DeviceRequest
from lab.ui.widgets import Kind, message

CONDITIONS = ("none", "prompt only", "latents only", "wrong problem", "noise", "foreign model")
TRUE_RUN = "as it was"


class AblationRow(Value):
    """One run with something taken from its hand-over; or the sentence that says why not."""

    error: str = ""
    answer: str = ""
    correct: bool | None = None
    target: str = ""
    nll: str = ""
    """Of the target, with its unit."""
    note: str = ""


class AblatedLane(Value):
    """What was measured on one lane."""

    rows: dict[str, AblationRow]
    """By condition."""
    pending: str
    """The condition that runs now, or empty."""
    place: str = ""
    """Its place in line, as a sentence, while it waits for the device."""


class AblationValue(Value):
    """The ablations of one record."""

    record: str | None = None
    lanes: dict[str, AblatedLane] = Field(default_factory=dict)
    conditions: tuple[str, ...] = CONDITIONS
    true_run: str = TRUE_RUN


ABLATION = Kind("ablation.js", AblationValue)


def build() -> gr.HTML:
    """The holder of results; it draws nothing itself, the lanes show what it holds."""
    return ABLATION.widget(AblationValue(), elem_id="ablation", label="ablations")


def wire(ctx: Ctx, lanes: gr.HTML, held: gr.HTML) -> None:
    """A click on a button runs its condition, and once per lane the run as it was."""

    def clicked(results: Any, event: gr.EventData) -> Any:
        click = message(AblateClick, event)
        if click.condition not in CONDITIONS:
            raise BadInput(
                f"There is no ablation {click.condition[:40]!r}: expected one of "
                f"{', '.join(CONDITIONS)}; choose one of the buttons."
            )
        before = kept(results)
        rows = rows_of(before, click.record, click.lane)
        yield with_rows(before, click, rows, click.condition)
        for wanted in [TRUE_RUN] * (TRUE_RUN not in rows) + [click.condition]:
            asked = _ask(ctx, click.record, click.lane, wanted)
            place = ""
            for line in asked.lines() if isinstance(asked, DeviceRequest) else ():
                if line != place:
                    place = line
                    yield with_rows(before, click, rows, click.condition, place)
            rows = rows | {wanted: _row(asked)}
            yield with_rows(before, click, rows, click.condition if wanted == TRUE_RUN else "")

    ctx.when(lanes.ablate, clicked, [held], [held], device=True, trigger_mode="multiple")


def kept(results: Any) -> AblationValue:
    """What the page holds; what cannot be read counts as nothing, it can be measured again."""
    try:
        return AblationValue.read(results or {})
    except BadInput:
        return AblationValue()


def rows_of(results: AblationValue, record_id: str, lane: str) -> dict[str, AblationRow]:
    """What was measured before on this lane of this record, by condition."""
    if results.record != record_id or lane not in results.lanes:
        return {}
    return dict(results.lanes[lane].rows)


def with_rows(
    results: AblationValue,
    click: AblateClick,
    rows: dict[str, AblationRow],
    pending: str,
    place: str = "",
) -> AblationValue:
    """The holder's value with a lane's results replaced; another record's results are dropped."""
    lanes = dict(results.lanes) if results.record == click.record else {}
    lanes[click.lane] = AblatedLane(rows=rows, pending=pending, place=place)
    return AblationValue(record=click.record, lanes=lanes)


def _ask(ctx: Ctx, record_id: str, lane: str, condition: str) -> DeviceRequest | LabError:
    """Ask for one ablation, or say why it cannot be asked for."""

    def work(pool: Any) -> Any:
        from lab.experiments.failure.ablate import ablate

        return ablate(record, lane, condition, pool.get)

    try:
        record = ctx.open(record_id)
        return DeviceRequest(ctx.service, f"ablate: {condition}", work)
    except LabError as error:
        return error


def _row(asked: DeviceRequest | LabError) -> AblationRow:
    """One ablation: answer, verdict, formatted NLL, or a sentence where it could not be
    measured."""
    if isinstance(asked, LabError):
        return AblationRow(error=str(asked))
    try:
        result = asked.result()
    except LabError as error:
        return AblationRow(error=str(error))
    return AblationRow(
        answer=result.answer,
        correct=result.correct,
        target=result.target,
        nll=number(float(result.nll), "nats"),
        note=result.note,
    )
