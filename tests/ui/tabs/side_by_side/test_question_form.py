"""The menus of a question fill its boxes with a world's words; those of an own question are only
opened: whoever types is ahead of every answer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from lab.presets import load_preset
from lab.service import Service
from lab.ui.frame.page import build
from lab.ui.tabs.side_by_side import setup_panel
from lab.ui.tabs.side_by_side.plan_form import OWN, OWN_FIELDS

NOBODY: Any = SimpleNamespace(cookies={}, session_hash="s")


@pytest.fixture(scope="module")
def boxes_told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """``told(source, event)``: what the boxes are told when a field has another value than the page
    has noted."""
    page = build(Service(tmp_path_factory.mktemp("records")))
    blocks = page.blocks.values()

    def one(kind: type, **what: str) -> Any:
        found = [b for b in blocks if type(b) is kind and what.items() <= vars(b).items()]
        assert len(found) == 1, (what, found)
        return found[0]

    form = {
        "source": one(gr.Dropdown, label="Question from"),
        "new": one(gr.Button, elem_id="button-new"),
    }

    def places(fn: Any) -> list[int]:
        return [i for i, out in enumerate(fn.outputs) if type(out) is gr.Textbox]

    def told(source: str, by: tuple[str, str]) -> list[Any]:
        target = (form[by[0]]._id, by[1])
        found = [fn for fn in page.fns.values() if target in fn.targets and places(fn)]
        assert len(found) == 1
        plan = load_preset("relay")
        fields = dict(zip(setup_panel.FIELDS, setup_panel.show(plan), strict=True))
        fields |= {"source": source, "facts": "", "question": "W"}
        before = [None, {"preset": "relay"}, "relay"] if by[0] == "source" else [None, "relay"]
        values = found[0].fn(NOBODY, *before, *fields.values())
        told = [values[i] for i in places(found[0])]
        assert len(told) == len(OWN_FIELDS)
        return told

    return told


@pytest.mark.parametrize("by", [("source", "input"), ("new", "click")])
def test_an_own_question_keeps_what_is_typed(boxes_told: Any, by: tuple[str, str]) -> None:
    for told in boxes_told(OWN, by):
        assert told["interactive"] and "value" not in told


@pytest.mark.parametrize("by", [("source", "input"), ("new", "click")])
def test_a_world_fills_in_its_words(boxes_told: Any, by: tuple[str, str]) -> None:
    facts, question, truth = boxes_told("ledger", by)
    assert "box" in facts["value"] and question["value"].endswith("?") and truth["value"].isdigit()
    assert not any(told["interactive"] for told in (facts, question, truth))
