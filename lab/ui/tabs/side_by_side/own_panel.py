"""Beside an own question: words that the model was never taught are underlined, questions that it
can answer are one press away, and so is a public model where one is on this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from lab.errors import BadInput
from lab.models.catalogue import require_entry
from lab.panels.run.own_value import AskOther, FillIn, OwnValue
from lab.panels.run.status_value import StatusValue
from lab.presets import list_presets, load_preset
from lab.ui.frame.context import Ctx
from lab.ui.frame.waiting import browser
from lab.ui.tabs.side_by_side.own_words import examples, own_value
from lab.ui.tabs.side_by_side.plan_form import OWN, OWN_FIELDS, fields_of
from lab.ui.widgets import Kind, message
from lab.words import say

OWN_WORDS = Kind("own.js", OwnValue, {"fill": FillIn, "other": AskOther})
KEPT = ("source", "facts_for", *OWN_FIELDS)
"""What stays when the question is asked of another model."""
Fields = dict[str, Any]
Asked = Callable[[str, Fields, str | None], list[Any]]
"""``asked(preset, fields, record_id)``: the values of `QUESTION_PARTS`."""
QUESTION_PARTS = ("lanes", "command", "player", "asked", "stage")
"""The tab's components that a question changes which was not run yet."""


def build() -> gr.HTML:
    """Empty until an own question is asked of a pocket model."""
    return OWN_WORDS.widget(OwnValue(), elem_id="own-words", label="own question")


def wire(ctx: Ctx, parts: dict[str, Any], form: Sequence[Any], asked: Asked, setup: Any) -> None:
    """It follows the fields; its buttons fill them.

    Args:
        parts: of the tab.
        form: the form's components, in the order of ``setup.FIELDS``.
        setup: the module of the form, which builds this panel's widget too.
    """
    own = parts["form"]["own"]
    picture = [parts[name] for name in QUESTION_PARTS]

    def told(*values: Any) -> OwnValue:
        return beside(ctx, setup.read(list(values)))

    def fill(event: gr.EventData, *values: Any) -> list[Any]:
        number = message(FillIn, event).number
        if not 0 <= number < len(examples()):
            raise BadInput(say("error.own_panel.no_such_example", number=number))
        chosen = examples()[number].plain()
        fields = setup.read(list(values)) | chosen | {"source": OWN}
        texts = [chosen[name] for name in OWN_FIELDS]
        return [*texts, gr.skip(), beside(ctx, fields)]

    def shown(record_id: str | None, name: str, *values: Any) -> list[Any]:
        return [*asked(name, setup.read(list(values)), record_id), gr.skip()]

    def other(event: gr.EventData, record_id: str | None, name: str, *values: Any) -> list[Any]:
        entry = require_entry(message(AskOther, event).name)
        base, now = asked_of(entry.name, name, setup.read(list(values)), setup)
        fields = setup.read(list(now))
        about = StatusValue(about=say("said.own.asked_of", title=entry.title))
        return [
            base,
            *setup.in_form(ctx, now),
            *asked(base, fields, record_id),
            about,
            beside(ctx, fields),
        ]

    for field in ("facts", "question", "source", "host"):
        ctx.when(parts["form"][field].input, told, form, [own], trigger_mode="always_last")
    ctx.when(parts["form"]["fold"].expand, told, form, [own])
    inputs = [ctx.record, parts["preset"], *form]
    words = [parts["form"][name] for name in OWN_FIELDS]
    wrong: dict[str, Any] = {"errors": [parts["status"]]}
    filled = ctx.when(own.fill, fill, form, [*words, parts["status"], own], **wrong)
    # after it, so that the answer to what was typed before does not come last
    ctx.when(filled.then, shown, inputs, [*picture, parts["status"]], **wrong)
    ctx.when(
        own.other, other, inputs, [parts["preset"], *form, *picture, parts["status"], own], **wrong
    )


def beside(ctx: Ctx, fields: Fields) -> OwnValue:
    """What stands beside the form's question."""
    if fields["source"] != OWN:
        return OwnValue()
    offered = not ctx.rooms.only_pocket(browser())
    return own_value(fields["facts"] or "", fields["question"] or "", fields["host"], offered)


def asked_of(host: str, name: str, fields: Fields, setup: Any) -> tuple[str, list[Any]]:
    """The preset and the form's values that ask the same question of another model: those of a
    preset made for it where there is one, else the same lanes with it in each.

    Args:
        host: the model.
        name: of the preset that the form started from.
        fields: of the form.
    """
    made = [plan.name for plan in list_presets() if fields_of(plan)["host"] == host]
    base = made[0] if made else name
    now = dict(zip(setup.FIELDS, setup.show(load_preset(base)), strict=True))
    now |= {key: fields[key] for key in KEPT}
    if not made:
        now |= {"host": host, "aggregator": host}
        now["proposers"] = [[host, *rest] for _, *rest in now["proposers"]]
    return base, [now[key] for key in setup.FIELDS]
