"""Side by side: one question, the methods in columns, drawn while they work and redrawn from any
record.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from lab.errors import LabError
from lab.panels.run.given_value import GiveThought, TakeBack
from lab.panels.run.lanes_ahead import ready_lanes
from lab.panels.run.lanes_value import AblateClick, AskAgain, LanesValue
from lab.panels.run.replay_value import ReplayedTo, ReplayValue
from lab.panels.run.status_value import CommandValue, StatusValue
from lab.panels.value import Pick
from lab.panels.widget_values import NotesValue, notes_value
from lab.presets import list_presets, load_preset, starting_preset
from lab.service.memory_limits import running_state_of
from lab.ui.frame.address import Address, Arrival
from lab.ui.frame.context import Ctx, Share
from lab.ui.frame.waiting import person
from lab.ui.tabs.side_by_side import (
    ablation,
    dial_panel,
    get_panel,
    give_panel,
    mechanism_panel,
    own_panel,
    pair_panel,
    plan_address,
    setup_panel,
)
from lab.ui.tabs.side_by_side import live_run as live
from lab.ui.tabs.side_by_side.first_picture import (
    RECORD_PARTS,
    about,
    asked_values,
    changes,
    linked_picture,
    without_form,
)
from lab.ui.tabs.side_by_side.own_panel import QUESTION_PARTS
from lab.ui.tabs.side_by_side.plan_form import MENUS, OWN, OWN_FIELDS, command_of, plan_of
from lab.ui.tabs.side_by_side.routed_again import asked_again
from lab.ui.widgets import Kind, empty, message
from lab.words import known, say

Parts = dict[str, Any]
LANES = Kind(
    "lanes.js",
    LanesValue,
    {
        "pick": Pick,
        "ablate": AblateClick,
        "ask": AskAgain,
        "give": GiveThought,
        "take": TakeBack,
    },
)
STATUS = Kind("status.js", StatusValue)
COMMAND = Kind("command.js", CommandValue)
PLAYER = Kind("player.js", ReplayValue, {"stopped": ReplayedTo})
PACE = "document.documentElement.dataset.pace !== 'live'"
"""Read in the browser as a run is asked for: told in an event of its own, a tick set the moment
before could come after the run."""


def build(ctx: Ctx) -> Parts:
    """Preset, run and stop; the form; the lanes; the command."""
    parts: Parts = {name: gr.State(None) for name in ("job", "asked", "stage")}
    with gr.Row(elem_id="run-bar"):
        titles = [(known(plan.title or plan.name), plan.name) for plan in list_presets()]
        preset = gr.Dropdown(
            titles,
            value=starting_preset(),
            label=ctx.t("setup.preset"),
            container=False,
            scale=5,
            min_width=220,
        )
        parts["preset"] = ctx.label(preset, "setup.preset")
        for name, key in (("new", "setup.new"), ("run", "run.run"), ("stop", "run.stop")):
            variant: Any = "primary" if name == "run" else "secondary"
            button = gr.Button(
                ctx.t(key), variant=variant, scale=1, min_width=84, elem_id=f"button-{name}"
            )
            parts[name] = ctx.label(button, key, "value")
    with gr.Row(elem_id="run-line"):
        with gr.Column(min_width=0):
            parts["status"] = STATUS.widget(
                StatusValue(), elem_id="run-status", label="what runs now"
            )
            parts["player"] = PLAYER.widget(ReplayValue(), elem_id="player", label="replay")
        parts["form"] = setup_panel.build(ctx, load_preset(starting_preset()))
    parts["shown"] = gr.State(0)
    """How many events are shown."""
    parts["slow"] = gr.Checkbox(True, visible=False)
    """Whether a run that is over in a moment is then played slowly; filled in by the browser."""
    parts["quick"] = gr.State(None)
    """Id of the record of such a run."""
    parts["own"] = gr.State(None)
    """Id of the record of the last run that was started from the form. When it is there, the form
    may have the next question in it already."""
    parts["lanes"] = LANES.widget(empty(say("empty.lanes")), elem_id="lanes", label="lanes")
    parts["dial"] = dial_panel.build()
    parts["ablation"] = ablation.build()
    parts["given"] = give_panel.build()
    parts["pair"] = pair_panel.build()
    parts["command"] = COMMAND.widget(CommandValue(), elem_id="run-command", label="command")
    return parts


def build_beside() -> Parts:
    """What stands above “This position” while the tab is in front."""
    return {"mechanism": mechanism_panel.build()}


def wire(ctx: Ctx, parts: Parts) -> None:
    """Presets fill the form, the form makes the plan, the plan becomes a job, the job draws the
    lanes."""
    ctx.selects(parts["lanes"])
    _wire_form(ctx, parts)
    _wire_run(ctx, parts)
    _wire_replay(ctx, parts)
    _wire_address(ctx, parts)
    get_panel.wire(ctx, parts["form"]["get"], parts["form"]["host"])
    own_panel.wire(
        ctx, parts, [parts["form"][name] for name in setup_panel.FIELDS], asked_values, setup_panel
    )
    ablation.wire(ctx, parts["lanes"], parts["ablation"])
    give_panel.wire(ctx, parts["lanes"], parts["given"])
    dial_panel.wire(ctx, parts["dial"])
    pair_panel.wire(ctx, parts["pair"])
    mechanism_panel.wire(ctx, parts["mechanism"])
    form = [parts["form"][name] for name in setup_panel.FIELDS]
    picture = [parts[name] for name in RECORD_PARTS]

    def redraw(record_id: str, arrived: Address, quick: str | None, own: str | None) -> list[Any]:
        shown = linked_picture(ctx, record_id, arrived, play=record_id == quick)
        if record_id == own and arrived.record != record_id:
            shown = without_form(shown)
        return [*setup_panel.in_form(ctx, list(shown.form)), *shown.values()]

    ctx.redraw(None, redraw, [ctx.arrived, parts["quick"], parts["own"]], [*form, *picture])


def _wire_form(ctx: Ctx, parts: Parts) -> None:
    form = [parts["form"][name] for name in setup_panel.FIELDS]
    words = [parts["form"][name] for name in OWN_FIELDS]
    # Whoever types may press Run at once: what is told of a run is never the answer to a field.
    picture = [parts[name] for name in QUESTION_PARTS]

    def chosen(record_id: str | None, asked: dict[str, Any] | None, name: str) -> list[Any]:
        if not changes(asked, name):
            return [gr.skip()] * (len(form) + len(picture) + 1)
        plan = load_preset(name)
        values = setup_panel.show(plan)
        return [
            *setup_panel.in_form(ctx, values),
            *asked_values(name, setup_panel.read(values), record_id),
            about(name),
        ]

    def another(record_id: str | None, name: str, *values: Any) -> list[Any]:
        fields = setup_panel.read(list(values))
        if fields["source"] != OWN:
            fields["seed"] += 1
            fields |= setup_panel.problem_words(fields)
        told = asked_values(name, fields, record_id)
        return [fields["seed"], *_in_boxes(fields), *told, about(name)]

    def reworded(
        record_id: str | None, asked: dict[str, Any] | None, name: str, *values: Any
    ) -> list[Any]:
        fields = setup_panel.read(list(values))
        if not changes(asked, name, fields):
            return [gr.skip()] * (len(words) + len(picture) + 1)
        fields |= setup_panel.problem_words(fields)
        return [*_in_boxes(fields), *asked_values(name, fields, record_id), gr.skip()]

    def typed(
        record_id: str | None, asked: dict[str, Any] | None, name: str, *values: Any
    ) -> list[Any]:
        fields = setup_panel.read(list(values))
        if fields["source"] != OWN or not changes(asked, name, fields):
            return [gr.skip()] * (len(picture) + 1)
        return [*asked_values(name, fields, record_id), gr.skip()]

    errors: dict[str, Any] = {"errors": [parts["status"]]}
    ctx.when(
        parts["preset"].input,
        chosen,
        [ctx.record, parts["asked"], parts["preset"]],
        [*form, *picture, parts["status"]],
        trigger_mode="always_last",
        **errors,
    )
    ctx.when(
        parts["new"].click,
        another,
        [ctx.record, parts["preset"], *form],
        [parts["form"]["seed"], *words, *picture, parts["status"]],
        **errors,
    )
    for name in MENUS:
        ctx.when(
            parts["form"][name].input,
            reworded,
            [ctx.record, parts["asked"], parts["preset"], *form],
            [*words, *picture, parts["status"]],
            trigger_mode="always_last",
            **errors,
        )

    for box in words:
        for event in (box.input, box.blur):  # what is pasted or dropped is told at the latest here
            ctx.when(
                event,
                typed,
                [ctx.record, parts["asked"], parts["preset"], *form],
                [*picture, parts["status"]],
                trigger_mode="always_last",
                **errors,
            )

    def limited(name: str, *values: Any) -> NotesValue:
        try:
            fields = setup_panel.read(list(values))
            slots = running_state_of(fields["host"])
            limit = live.limit_sentence(ctx, load_preset(name), fields)
            return notes_value([limit, *([slots] if slots else [])])
        except LabError as error:
            return notes_value([str(error)])

    def greyed(host: str) -> tuple[Any, Any]:
        if running_state_of(host):
            return (
                gr.update(value="keep_all", interactive=False),
                gr.update(value="sequential", interactive=False),
            )
        return gr.update(interactive=True), gr.update(interactive=True)

    memory = [parts["form"]["cache"], parts["form"]["topology"]]
    ctx.when(parts["form"]["host"].input, greyed, [parts["form"]["host"]], memory)
    for name in ("source", "host"):
        ctx.when(
            parts["form"][name].input,
            limited,
            [parts["preset"], *form],
            [parts["form"]["limit"]],
            device=True,
        )


def _in_boxes(fields: dict[str, Any]) -> list[dict[str, Any]]:
    """What the boxes of facts, question and answer are told: a world's words; of an own question
    none, as whoever types is ahead of every answer."""
    if fields["source"] == OWN:
        return [gr.update(interactive=True)] * len(OWN_FIELDS)
    return [gr.update(value=fields[word], interactive=False) for word in OWN_FIELDS]


def _wire_run(ctx: Ctx, parts: Parts) -> None:
    form = [parts["form"][name] for name in setup_panel.FIELDS]
    outputs = [
        parts["lanes"],
        parts["status"],
        parts["command"],
        parts["job"],
        parts["run"],
        ctx.history,
        ctx.record,
        parts["player"],
        parts["quick"],
        parts["own"],
    ]

    def start(name: str, slow: bool, *values: Any) -> Any:
        base = load_preset(name)
        fields = setup_panel.read(list(values))
        plan = plan_of(fields, base)
        before = ready_lanes(plan, *(fields[word] for word in OWN_FIELDS))
        command = command_of(plan, base, name)
        yield from live.follow(ctx, plan, command, person(), before, slow=slow, from_form=True)

    def again(slow: bool, event: gr.EventData) -> Any:
        wanted = message(AskAgain, event)
        record = ctx.open(wanted.record)
        plan = asked_again(record.plan, wanted)
        base, problem = plan_address.base_of(plan), record.problem
        before = ready_lanes(plan, problem.facts, problem.question, problem.truth)
        command = command_of(plan, base, base.name)
        yield from live.follow(ctx, plan, command, person(), before, slow=slow, from_form=False)

    def stop(job_id: str | None) -> Any:
        return live.stop(ctx, job_id)

    ctx.when(
        parts["run"].click,
        start,
        [parts["preset"], parts["slow"], *form],
        outputs,
        device=True,
        errors=[parts["status"]],
        js=f"(preset, slow, ...form) => [preset, {PACE}, ...form]",
    )
    ctx.when(
        parts["lanes"].ask,
        again,
        [parts["slow"]],
        outputs,
        device=True,
        errors=[parts["status"]],
        js=f"() => {PACE}",
    )
    ctx.when(parts["stop"].click, stop, [parts["job"]], [parts["status"]])


def _wire_replay(ctx: Ctx, parts: Parts) -> None:
    """The browser plays what it was given; it tells where it stopped."""

    def stopped(record_id: str | None, event: gr.EventData) -> Any:
        there = message(ReplayedTo, event)
        return there.events if there.record == record_id else gr.skip()

    ctx.when(parts["player"].stopped, stopped, [ctx.record], [parts["shown"]])


def _wire_address(ctx: Ctx, parts: Parts) -> None:
    form = [parts["form"][name] for name in setup_panel.FIELDS]

    def read(
        record_id: str | None,
        arrived: Address,
        stage: plan_address.OnStage | None,
        at: int,
        name: str,
        *values: Any,
    ) -> dict[str, Any]:
        if not record_id or stage is None or stage.record != record_id:
            fields = ("preset", "settings", "at") if arrived.record == record_id else ()
            return {field: getattr(arrived, field) for field in fields}
        record = ctx.open(record_id)
        replayed = {"at": at} if not stage.asked and at < len(record.events) else {}
        return replayed | plan_address.written(record.plan, stage, name, values)

    def put(arrival: Arrival) -> list[Any]:
        record_id = arrival.address.record
        try:
            record = ctx.open(record_id) if record_id else None
        except LabError:  # the sentence stands in the place of the lanes
            record = None
        address, ignored = plan_address.checked(arrival.address, record)
        arrival.address = address
        for key in ignored:
            arrival.ignore(key)
        return []

    # fields in a closed “Set up” do not tell that they were changed: what is asked tells it
    states = [parts[name].change for name in ("stage", "asked", "shown")]
    changed = [*states, *(field.change for field in form)]
    ctx.addresses(
        Share(
            [ctx.record, ctx.arrived, parts["stage"], parts["shown"], parts["preset"], *form],
            read,
            [],
            put,
            changed,
        )
    )
