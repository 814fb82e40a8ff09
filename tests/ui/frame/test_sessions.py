"""Pages that are gone leave nothing behind; whoever is still there, or only asleep, keeps all."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import gradio as gr
from gradio.state_holder import StateHolder

from lab.ui.frame.sessions import FORGOTTEN_AFTER, SWEEP_SECONDS, ForgetSessions, forget_closed


def holder() -> StateHolder:
    with gr.Blocks() as page:
        gr.State(0)
    made = StateHolder()
    page.state_session_capacity = 9
    made.set_blocks(page)
    for name in ("open", "left", "left long ago"):
        made[name].is_closed = name != "open"
    long_ago = datetime.now() - timedelta(seconds=FORGOTTEN_AFTER + 1)
    made.time_last_used["open"] = made.time_last_used["left long ago"] = long_ago
    return made


def test_only_the_page_that_left_long_ago_is_forgotten() -> None:
    made = holder()
    assert forget_closed(made, datetime.now()) == 1
    assert set(made.session_data) == set(made.time_last_used) == {"open", "left"}


def test_sessions_are_forgotten_when_others_open_the_page_and_not_more_often_than_needed() -> None:
    made, now, asked = holder(), [0.0], []

    async def app(scope, receive, send):  # type: ignore[no-untyped-def]
        asked.append(scope["path"])

    layer = ForgetSessions(app, made.blocks, clock=lambda: now[0])

    def open_page(path: str) -> int:
        asyncio.run(layer({"type": "http", "path": path}, None, None))  # type: ignore[arg-type]
        return len(made.session_data)

    assert open_page("/") == 3  # swept a moment ago
    now[0] += SWEEP_SECONDS
    assert open_page("/lab/js/widget.js") == 3
    assert open_page("/") == 2
    assert len(asked) == 3
