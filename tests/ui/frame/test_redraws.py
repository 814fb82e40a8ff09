"""Another record is one event for all tabs: the tab in front is redrawn, the others wait until they
come to front.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from lab.errors import BadInput
from lab.service import Service
from lab.ui.frame import redraws
from lab.ui.frame.context import Ctx
from lab.ui.frame.page import build
from lab.ui.frame.page_words import Words

NOBODY: Any = SimpleNamespace(cookies={}, session_hash="s")


@pytest.fixture
def seen(tmp_path: Path) -> tuple[Any, list[str]]:
    """``redraw(record, front)`` of a page with two tabs and lanes, and what was drawn."""
    drawn: list[str] = []
    with gr.Blocks() as page:
        ctx = Ctx(None, [tmp_path], Words())
        one, two, lanes, knob = gr.HTML(), gr.HTML(), gr.HTML(), gr.Number(7)
        with gr.Tabs():
            for name in ("a", "b"):
                with gr.Tab(name) as tab:
                    ctx.tabs[name] = tab

        def draws(name: str, fails: bool = False) -> Any:
            def draw(record: str, *more: Any) -> str:
                drawn.append(name)
                if fails:
                    raise BadInput("Not here; choose another.")
                return f"{name} of {record} {more}"

            return draw

        ctx.redraw("a", draws("first"), [knob], [one])
        ctx.redraw("b", draws("second", fails=True), [], [two])
        ctx.redraw(None, draws("lanes"), [], [lanes])
        redraws.wire(ctx)
    changed = (ctx.record._id, "change")
    (fn,) = [fn for fn in page.fns.values() if changed in fn.targets]

    def redraw(record: str | None, front: str) -> list[Any]:
        values: list[Any] = fn.fn(NOBODY, record, front, 7)
        return values

    return redraw, drawn


def test_the_tab_in_front_and_the_lanes_are_redrawn(seen: tuple[Any, list[str]]) -> None:
    redraw, drawn = seen
    assert redraw("r", "a") == ["first of r (7,)", gr.skip(), "lanes of r ()"]
    assert drawn == ["first", "lanes"]


def test_a_tab_that_cannot_says_so_and_hinders_no_other(seen: tuple[Any, list[str]]) -> None:
    first, second, lanes = seen[0]("r", "b")
    assert first == gr.skip() and lanes == "lanes of r ()"
    assert second.error == "Not here; choose another."


def test_without_a_record_the_tab_in_front_says_so(seen: tuple[Any, list[str]]) -> None:
    first, second, lanes = seen[0](None, "a")
    assert first.empty and second == lanes == gr.skip() and not seen[1]


def test_another_record_is_few_events(tmp_path: Path) -> None:
    page = build(Service(tmp_path))
    ctx: Ctx = vars(page)["lab"]
    for state, most in ((ctx.record, 5), (ctx.visit, 1)):
        found = [fn for fn in page.fns.values() if (state._id, "change") in fn.targets]
        assert len(found) <= most, [fn.name for fn in found]
