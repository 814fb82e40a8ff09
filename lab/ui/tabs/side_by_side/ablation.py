"""The ablate buttons beside a latent answer: the same run with one thing taken from its
hand-over.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import gradio as gr

from lab.errors import BadInput, LabError
from lab.panels.run.ablation_value import (
    ABLATED,
    TRUE_RUN,
    AblatedLane,
    AblationRow,
    AblationValue,
    kept_ablations,
)
from lab.panels.run.lanes_value import AblateClick
from lab.records import Ablation, keep_ablation
from lab.ui.frame.context import Ctx
from lab.ui.frame.waiting import DeviceRequest
from lab.ui.widgets import Kind, message
from lab.words import say

if TYPE_CHECKING:
    from lab.models.pool import HostPool

ABLATION = Kind("ablation.js", AblationValue)


def build() -> gr.HTML:
    """The holder of results; it draws nothing itself, the lanes show what it holds."""
    return ABLATION.widget(AblationValue(), elem_id="ablation", label="ablations")


def wire(ctx: Ctx, lanes: gr.HTML, held: gr.HTML) -> None:
    """A click on a button runs its condition, and once per lane the run as it was."""

    def clicked(results: Any, event: gr.EventData) -> Any:
        click = message(AblateClick, event)
        if click.condition not in ABLATED:
            raise BadInput(
                say(
                    "error.ablation.there_no_ablation_choose",
                    condition=click.condition[:40],
                    names=", ".join(ABLATED),
                )
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
            rows = rows | {wanted: _row(ctx, click, wanted, asked)}
            yield with_rows(before, click, rows, click.condition if wanted == TRUE_RUN else "")

    def opened(record_id: str | None) -> AblationValue:
        try:
            return kept_ablations(ctx.open(record_id)) if record_id else AblationValue()
        except LabError:  # the lanes say what is wrong with it
            return AblationValue()

    ctx.when(lanes.ablate, clicked, [held], [held], device=True, trigger_mode="multiple")
    ctx.when(ctx.record.change, opened, [ctx.record], [held])


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

    def work(pool: HostPool) -> Any:
        from lab.experiments.failure.ablate import ablate

        return ablate(record, lane, condition, pool.get)

    try:
        record = ctx.open(record_id)
        same = json.dumps([record_id, lane, condition])
        return DeviceRequest(ctx.service, f"ablate: {condition}", work, same=same)
    except LabError as error:
        return error


def _row(
    ctx: Ctx, click: AblateClick, condition: str, asked: DeviceRequest | LabError
) -> AblationRow:
    """One ablation: answer, verdict, formatted NLL, or a sentence where it could not be measured.
    It is kept in the record, unless that came with the lab."""
    if isinstance(asked, LabError):
        return AblationRow(error=str(asked))
    try:
        measured: Ablation = asked.result().kept()
        folder = ctx.folder_of(click.record)
    except LabError as error:
        return AblationRow(error=str(error))
    if folder.parent == ctx.folders[0]:
        with contextlib.suppress(OSError):  # on a full disk it is shown all the same
            keep_ablation(folder, click.lane, condition, measured)
    return AblationRow.of(measured)
