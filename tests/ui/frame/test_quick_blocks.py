"""The page answers what Gradio would answer, and makes nothing anew that a handler left alone."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from lab.ui.frame.quick_blocks import QuickBlocks
from lab.ui.widgets.plotly import PLOT

SKIP = gr.skip()


def page(kind: type[gr.Blocks]) -> tuple[gr.Blocks, list[Any]]:
    with kind() as made:
        parts = [
            gr.State(1),
            gr.Number(2, precision=0),
            gr.Dropdown(["a", "b"], value="a"),
            PLOT.widget(),
            gr.Textbox("x"),
            gr.File(),
        ]
        gr.Button().click(lambda *given: given, parts, parts)
    return made, parts


def answer(kind: type[gr.Blocks], predictions: Any) -> tuple[Any, Any]:
    made, _ = page(kind)
    state = SessionState(made)
    fn = next(iter(made.fns.values()))
    given = asyncio.run(made.preprocess_data(fn, [0, 3.0, "b", None, "y", None], state))
    told = asyncio.run(made.postprocess_data(fn, copy.deepcopy(predictions), state))
    for value in told:
        if isinstance(value, dict):
            value.pop("props", None)  # Gradio tells an HTML that is skipped that it has a type
    return given, told


@pytest.mark.parametrize(
    "predictions",
    [
        SKIP,
        [SKIP] * 6,
        [5, 6.0, "b", None, "words", None],
        [SKIP, 6, SKIP, None, gr.update(value="z", visible=False), SKIP],
        [gr.update(value=4), SKIP, gr.update(choices=["c"], value="c"), SKIP, SKIP, None],
        (7, 8, gr.Dropdown(["d"], value="d"), SKIP, "", SKIP),
    ],
)
def test_the_answer_is_gradios(predictions: Any) -> None:
    assert answer(QuickBlocks, predictions) == answer(gr.Blocks, predictions)


def test_one_output_and_the_end_of_a_generator() -> None:
    made, (state_part, *_) = page(QuickBlocks)
    fn = next(iter(made.fns.values()))
    fn.outputs = [state_part]
    state = SessionState(made)
    assert asyncio.run(made.postprocess_data(fn, 9, state)) == [None]
    assert state[state_part._id] == 9
    over = gr.components._Keywords.FINISHED_ITERATING
    assert asyncio.run(made.postprocess_data(fn, over, state)) == [None]
    assert state[state_part._id] == 9


def test_what_a_handler_leaves_alone_is_not_made_anew() -> None:
    made, parts = page(QuickBlocks)
    state = SessionState(made)
    fn = next(iter(made.fns.values()))
    before = [state[part._id] for part in parts]
    asyncio.run(made.postprocess_data(fn, [SKIP, SKIP, SKIP, SKIP, "new", SKIP], state))
    assert all(state[part._id] is old for part, old in zip(parts, before, strict=True))


def test_no_statistics_are_worked_out_after_every_event() -> None:
    made, _ = page(QuickBlocks)
    queue = made.queue()._queue
    records = [{"function": "f", "status": "success", "process_time": 1.0}] * 3
    queue.events_recorded = 3
    assert queue.compute_analytics_summary(records) == {"functions": {}}
    assert queue.ANALYTICS_MAX_EVENTS == 100
