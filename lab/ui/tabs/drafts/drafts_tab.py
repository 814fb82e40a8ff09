"""Drafts: what the aggregate took, dropped and invented; and the claims about Mixture-of-Agents,
measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from lab.errors import BadInput
from lab.panels.agent_colors import colors_of, roster_of
from lab.panels.drafts import drafts
from lab.panels.drafts.drafts_pictures import draft_pictures, runs_with_drafts
from lab.panels.drafts.drafts_value import DiffValue, DraftsValue, ReaderChoice
from lab.panels.value import ErrorValue, Pick
from lab.records import Record
from lab.ui.frame.address import Address
from lab.ui.frame.context import Ctx
from lab.ui.frame.controls import dropdown
from lab.ui.frame.menus import menu
from lab.ui.tabs.drafts import drafts_claims, factory_panel
from lab.ui.tabs.drafts.drafts_address import first_values, of_record, wire_address
from lab.ui.widgets import Kind, empty, message, plotly_widget, sentence
from lab.words import agent_name, say

__all__ = ["build", "wire"]

DRAFTS = Kind("drafts.js", DraftsValue, {"reader": ReaderChoice, "pick": Pick})
DIFF = Kind("drafts_diff.js", DiffValue)


@dataclass
class Parts:
    """The tab's components."""

    known: gr.State
    """Id of the record that the choices were filled from."""
    lane: gr.Dropdown
    reader: gr.State
    stage: gr.HTML
    flow: gr.HTML
    waiting: gr.HTML
    confidence: gr.HTML
    left: gr.Dropdown
    right: gr.Dropdown
    diff: gr.HTML
    factory: factory_panel.Parts
    claims: drafts_claims.Parts

    @property
    def pictures(self) -> list[gr.HTML]:
        return [self.stage, self.flow, self.waiting, self.confidence, self.diff]


def build(ctx: Ctx) -> Parts:
    """The drafts around the aggregate, then who owes whom, the difference of any two, and the
    cards."""
    lane = dropdown(ctx, "drafts.lane")
    stage = DRAFTS.widget(empty(say("drafts.hint")), elem_id="drafts-stage", label="drafts")
    ctx.selects(stage)
    with gr.Column(elem_id="drafts-around"):
        with gr.Row():
            flow = plotly_widget("drafts-flow", height=260)
            waiting = plotly_widget("drafts-waiting", height=260)
        confidence = plotly_widget("drafts-confidence", height=340)
        with gr.Accordion(ctx.t("drafts.compare"), open=False) as fold:
            ctx.label(fold, "drafts.compare")
            with gr.Row(elem_classes="panel-row"):
                left = dropdown(ctx, "drafts.left")
                right = dropdown(ctx, "drafts.right")
            diff = DIFF.widget(elem_id="drafts-diff", label="difference of two texts")
    factory = factory_panel.build(ctx)
    claims = drafts_claims.build(ctx)
    return Parts(
        gr.State(None),
        lane,
        gr.State(None),
        stage,
        flow,
        waiting,
        confidence,
        left,
        right,
        diff,
        factory,
        claims,
    )


def wire(ctx: Ctx, parts: Parts) -> None:
    """A new record fills the choices; lane, reader and the two compared redraw what depends on
    them."""

    def arrive(
        record_id: str,
        known: str | None,
        arrived: Address,
        lane: str | None,
        reader: str | None,
        a: Any,
        b: Any,
    ) -> Any:
        record = ctx.open(record_id)
        if known == record_id and lane in [run.lane for run in runs_with_drafts(record)]:
            return [gr.skip()] * 5 + draw(record, lane, reader, a, b)
        # Another record, or the same asked again before the browser has had the first answer.
        said = of_record(record, arrived.drafts) if arrived.record == record_id else {}
        return [record_id, *fresh(record, said.pop("lane", None), said)]

    def other_lane(record_id: str, lane: str) -> Any:
        return fresh(ctx.open(record_id), lane)

    def other_reader(record_id: str, lane: str, evt: gr.EventData) -> Any:
        record, reader = ctx.open(record_id), message(ReaderChoice, evt).agent
        return [reader, *pictures(record, lane, reader)]

    def compare(record_id: str, lane: str, a: str, b: str) -> Any:
        return difference(ctx.open(record_id), lane, a, b)

    choices = [parts.lane, parts.reader, parts.left, parts.right]
    given = [parts.known, ctx.arrived, *choices]
    ctx.redraw("drafts", arrive, given, [parts.known, *choices, *parts.pictures])
    ctx.when(parts.lane.input, other_lane, [ctx.record, parts.lane], [*choices, *parts.pictures])
    four = [parts.stage, parts.flow, parts.waiting, parts.confidence]
    ctx.when(parts.stage.reader, other_reader, [ctx.record, parts.lane], [parts.reader, *four])
    for side in (parts.left, parts.right):
        ctx.when(
            side.input, compare, [ctx.record, parts.lane, parts.left, parts.right], [parts.diff]
        )
    changes = [parts.known.change, parts.lane.input, parts.reader.change]
    changes += [parts.left.input, parts.right.input]
    wire_address(ctx, parts.known, choices, changes)
    factory_panel.wire(ctx, parts.factory)
    drafts_claims.wire(ctx, parts.claims)


def fresh(record: Record, lane: str | None, chosen: dict[str, Any] | None = None) -> list[Any]:
    """Choices and pictures for a lane: lane, reader, left, right, five pictures.

    Args:
        lane: the first one with drafts if None.
        chosen: what somebody chose of reader, left and right, by these names.
    """
    runs = runs_with_drafts(record)
    if not runs:
        hint = str(no_drafts())
        return [
            gr.update(choices=[], value=None, visible=False),
            None,
            *[gr.update(choices=[], value=None)] * 2,
            *[empty(hint)] * 5,
        ]
    run = drafts.find_run(runs, lane)
    names = [agent.agent for agent in run.agents]
    shown = first_values(runs, lane) | (chosen or {})
    reader, a, b = shown["reader"], shown["left"], shown["right"]
    return [
        gr.update(
            choices=menu([one.lane for one in runs], colors_of(record).lane),
            value=run.lane,
            visible=len(runs) > 1,
        ),
        reader,
        gr.update(choices=menu(names, agent_name), value=a),
        gr.update(choices=menu(names, agent_name), value=b),
        *draw(record, run.lane, reader, a, b),
    ]


def draw(
    record: Record, lane: str | None, reader: str | None, a: str | None, b: str | None
) -> list[Any]:
    """All five pictures."""
    return [*pictures(record, lane, reader), difference(record, lane, a, b)]


def pictures(record: Record, lane: str | None, reader: str | None) -> list[Any]:
    """The stage, the flow, who waits for whom, and the confidence of claims."""
    try:
        made = draft_pictures(record, lane, reader)
    except BadInput as error:
        return [empty(str(error))] * 4
    return [made.stage, made.flow, made.waiting, made.confidence]


def difference(
    record: Record, lane: str | None, a: str | None, b: str | None
) -> DiffValue | ErrorValue:
    """The value of the difference widget; while a menu is being filled anew, its first or last
    agent's."""
    try:
        run = drafts.find_run(drafts.runs_of(record.events, roster_of(record)), lane)
        names = [agent.agent for agent in run.agents]
        return drafts.two_way(run, a or names[0], b or names[-1])
    except BadInput as error:
        return sentence(error)


def no_drafts() -> str:
    """The sentence of a record without drafts."""
    try:
        drafts.find_run([], None)
    except BadInput as error:
        return str(error)
    return ""
