"""Python and JavaScript agree on what widgets are given and send; what a browser sends is read
with care.
"""

from __future__ import annotations

import json
import re

import gradio as gr
import pytest

from lab.errors import BadInput
from lab.files import ASSETS
from lab.panels.run.lanes_value import AblateClick
from lab.panels.run.status_value import CommandValue, StatusValue
from lab.panels.value import FromBrowser, Pick, Value
from lab.ui.bridge import KINDS, TYPES, types_text
from lab.ui.typescript import declarations
from lab.ui.widgets import Kind, message, sentence

COMMAND = Kind("command.js", CommandValue)


def test_the_committed_declarations_are_those_of_the_models() -> None:
    assert TYPES.read_text(encoding="utf-8") == types_text(), "run: python -m lab types"


def test_every_module_that_draws_has_a_kind_and_sends_only_what_it_declares() -> None:
    modules = {path.name: path.read_text() for path in (ASSETS / "js").glob("*.js")}
    drawing = {name for name, text in modules.items() if "export function draw(" in text}
    kinds = {kind.module: kind for kind in KINDS}
    assert set(kinds) == drawing
    for name, kind in kinds.items():
        assert set(re.findall(r"\btrigger\('(\w+)'", modules[name])) <= set(kind.events)
        assert "host.select(" not in modules[name] or kind.events.get("pick") is Pick


class Inner(Value):
    names: tuple[str | None, ...]


class Outer(Value):
    """Two parts."""

    inner: Inner | None = None
    by_name: dict[str, float]


class Click(FromBrowser):
    at: int
    note: str = ""


def test_a_value_always_carries_its_defaults_and_a_message_may_leave_them_out() -> None:
    assert declarations([Outer, Click]) == (
        "export interface Click {\n  at: number;\n  note?: string;\n}\n\n"
        "export interface Inner {\n  names: (string | null)[];\n}\n\n"
        "/** Two parts. */\nexport interface Outer {\n  inner: Inner | null;\n"
        "  by_name: { [key: string]: number };\n}\n"
    )


def test_a_positional_tuple_has_no_declaration() -> None:
    class Pair(Value):
        pair: tuple[str, int]

    with pytest.raises(TypeError, match="positional tuple"):
        declarations([Pair])


def test_a_widget_takes_its_own_value_or_a_sentence_and_nothing_else() -> None:
    made = COMMAND.widget(CommandValue(command="python -m lab"))
    assert json.loads(made.value) == {"command": "python -m lab", "record": None}
    assert json.loads(made.postprocess(sentence("Broken."))) == {"error": "Broken.", "told": 0}
    assert made.postprocess(None) is None
    for wrong in (StatusValue(), {"command": "x"}, "x"):
        with pytest.raises(TypeError, match="draws a CommandValue"):
            made.postprocess(wrong)


@pytest.mark.parametrize(
    "hostile",
    [
        None,
        [],
        "<script>",
        {},
        {"record": "r", "lane": "l"},
        {"record": {"$ref": 1}, "lane": "l", "condition": "none"},
        {"record": "r", "lane": "l", "condition": "none", "more": 1},
    ],
)
def test_a_hostile_payload_is_one_sentence(hostile: object) -> None:
    with pytest.raises(BadInput, match="so it was ignored; reload the page"):
        message(AblateClick, gr.EventData(None, hostile))


def test_a_good_payload_is_read() -> None:
    sent = {"record": "r", "lane": "l", "condition": "none"}
    assert message(AblateClick, gr.EventData(None, sent)) == AblateClick(**sent)
    assert message(Pick, gr.EventData(None, {"point_id": 3})).point_id == 3
