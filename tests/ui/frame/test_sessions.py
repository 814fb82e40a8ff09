"""Pages that are gone leave nothing behind; whoever is still there, or only asleep, keeps all."""

from __future__ import annotations

import asyncio
import subprocess
import sys
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


HEAPS_OF_SIX_THREADS = """
import ctypes, sys, tempfile, threading
from lab.ui.frame.sessions import share_heaps
if sys.argv[1] == "shared":
    share_heaps()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
together = threading.Barrier(6)
def hold():
    together.wait()
    libc.malloc(1000)
    together.wait()  # a thread that has ended leaves its heap to the next
threads = [threading.Thread(target=hold) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
with tempfile.NamedTemporaryFile() as told:
    file = ctypes.c_void_p(libc.fopen(told.name.encode(), b"w"))
    libc.malloc_info(0, file)
    libc.fclose(file)
    print(told.read().decode().count("<heap nr="))
"""


def test_threads_share_two_heaps() -> None:
    def heaps(how: str) -> int:
        command = [sys.executable, "-c", HEAPS_OF_SIX_THREADS, how]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert heaps("shared") == 2 < heaps("own")
