"""What the first tab shows: of a record, of what the address that brought it here says of it, and
of a question that was not run yet. The tab connects it with what is pressed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import gradio as gr

from lab.errors import LabError
from lab.panels.agent_colors import roster_of
from lab.panels.run.lanes import lanes_state, ready_state
from lab.panels.run.lanes_value import LanesValue
from lab.panels.run.replay_value import ReplayValue, replay_value
from lab.panels.run.status_value import CommandValue, StatusValue
from lab.panels.value import ErrorValue
from lab.presets import load_preset
from lab.records import Record
from lab.ui.frame.address import Address
from lab.ui.frame.context import OPEN_RECORDS, Ctx
from lab.ui.tabs.side_by_side import plan_address, setup_panel
from lab.ui.tabs.side_by_side.own_panel import QUESTION_PARTS
from lab.ui.tabs.side_by_side.plan_form import MENUS, OWN, OWN_FIELDS, command_of, plan_of
from lab.ui.widgets import sentence
from lab.words import known

RECORD_PARTS = ("lanes", "command", "status", "player", "shown", "preset", "asked", "stage")
"""The tab's components that a record changes, beside the form, see `RecordPicture`."""


@dataclass(frozen=True)
class QuestionPicture:
    """What stands on the tab before a run."""

    lanes: LanesValue
    """The question that would be asked."""
    command: CommandValue
    player: ReplayValue
    """Nothing can be replayed yet."""
    asked: dict[str, Any]
    """As `on_page` gives it."""
    stage: plan_address.OnStage

    def values(self) -> list[Any]:
        """In the order of `QUESTION_PARTS`."""
        return [getattr(self, name) for name in QUESTION_PARTS]


@dataclass(frozen=True)
class RecordPicture:
    """What stands on the tab with a record; by default all stays as it is."""

    lanes: LanesValue | ErrorValue
    command: CommandValue = field(default_factory=CommandValue)
    status: StatusValue = field(default_factory=StatusValue)
    player: ReplayValue = field(default_factory=ReplayValue)
    shown: Any = field(default_factory=gr.skip)
    """How many events are shown."""
    preset: Any = field(default_factory=gr.skip)
    """Name of the preset that the form started from."""
    asked: Any = field(default_factory=gr.skip)
    """As `on_page` gives it."""
    stage: Any = field(default_factory=gr.skip)
    form: Sequence[Any] = field(default_factory=lambda: [gr.skip()] * len(setup_panel.FIELDS))
    """Values of the form's components."""

    def values(self) -> list[Any]:
        """In the order of `RECORD_PARTS`; the form's are beside them."""
        return [getattr(self, name) for name in RECORD_PARTS]


def linked_picture(ctx: Ctx, record_id: str, arrived: Address, play: bool) -> RecordPicture:
    """What a record shows, or what the address that brought it here says of it.

    Args:
        record_id: of the record on the page.
        arrived: the address that was last opened.
        play: whether the record is played slowly, from its beginning.
    """
    shown = record_picture(ctx, record_id, play)
    if arrived.record != record_id or isinstance(shown.lanes, ErrorValue):
        return shown
    record = ctx.open(record_id)
    plan = plan_address.linked(arrived, record.plan)
    if plan is not None:
        shown = replace(shown, form=setup_panel.show(plan))
    if arrived.preset and plan is not None:
        fields = setup_panel.read(list(shown.form))
        asked = asked_picture(arrived.preset, fields, record_id)
        return replace(shown, preset=arrived.preset, status=about(arrived.preset), **vars(asked))
    if arrived.at is not None:
        player = replay_value(record, record_id, at=arrived.at)
        return replace(shown, player=player, shown=arrived.at)
    return shown


def without_form(shown: RecordPicture) -> RecordPicture:
    """The same beside the form as it is on the page."""
    stays = RecordPicture(lanes=shown.lanes)
    return replace(shown, form=stays.form, preset=stays.preset, asked=stays.asked)


def record_picture(ctx: Ctx, record_id: str, play: bool = False) -> RecordPicture:
    """What a record shows; a damaged one becomes its sentence.

    Args:
        record_id: its id.
        play: whether it is played slowly, from its beginning.
    """
    try:
        record = ctx.open(record_id)
        state = _lanes_of(record)
        status = state.status if record.status == "running" else record.status
        plan = record.plan
        base = plan_address.base_of(plan)
        form = setup_panel.show(plan)
        return RecordPicture(
            lanes=state.model_copy(update={"status": status, "record": record_id}),
            command=CommandValue(command=command_of(plan, base, base.name), record=record_id),
            # a relay's lanes say what it is about
            status=StatusValue(about="" if state.relay else known(plan.about)),
            player=replay_value(record, record_id, play=play),
            shown=len(record.events),
            preset=base.name,
            asked=on_page(base.name, setup_panel.read(form)),
            stage=plan_address.OnStage(record_id, asked=False),
            form=form,
        )
    except LabError as error:
        return RecordPicture(lanes=sentence(error))


@lru_cache(maxsize=OPEN_RECORDS)
def _lanes_of(record: Record) -> LanesValue:
    """The lanes of a record, the same for everybody who looks at it."""
    return lanes_state(record.events, roster_of(record), record.plan)


def asked_picture(name: str, fields: dict[str, Any], record_id: str | None) -> QuestionPicture:
    """What stands on the tab before a question is run.

    Args:
        name: of the preset.
        fields: of the form.
        record_id: of the record that the other tabs show.
    """
    base = load_preset(name)
    relay = fields["facts_for"] == "first"
    ready = ready_state(fields["question"], fields["facts"], fields["truth"] or None, relay)
    try:
        command = CommandValue(command=command_of(plan_of(fields, base), base, name))
    except LabError:
        command = CommandValue()
    stage = plan_address.OnStage(record_id, asked=True)
    return QuestionPicture(ready, command, ReplayValue(), on_page(name, fields), stage)


def asked_values(name: str, fields: dict[str, Any], record_id: str | None) -> list[Any]:
    """The values of `asked_picture` for the components of `QUESTION_PARTS`."""
    return asked_picture(name, fields, record_id).values()


def about(name: str) -> StatusValue:
    """What a preset is about."""
    return StatusValue(about=known(load_preset(name).about))


def on_page(preset: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Preset and problem, as far as menus and the fields of an own question choose them: of an own
    question its words, whatever the menus of a world are left at."""
    if fields["source"] == OWN:
        return {"preset": preset, "own": [fields[word] for word in OWN_FIELDS]}
    return {"preset": preset} | {name: fields[name] for name in MENUS}


def changes(
    asked: dict[str, Any] | None, preset: str, fields: dict[str, Any] | None = None
) -> bool:
    """Whether a menu was really set to something else: one that is opened and left again, or passed
    by Tab, tells its value too.

    Args:
        asked: what is on the page, as `on_page` gives it.
        fields: the form, or None when the preset alone was chosen.
    """
    if asked is None or fields is None:
        return asked is None or asked["preset"] != preset
    return asked != on_page(preset, fields)
