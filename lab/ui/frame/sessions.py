"""What a server would keep for ever: what Gradio notes of every page, and the memory of threads."""

from __future__ import annotations

import contextlib
import ctypes
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

FORGOTTEN_AFTER = 300.0
"""Seconds without a sign of a page whose connection ended. An open page gives one every few
seconds."""
SWEEP_SECONDS = 30.0
HEAPS = 2
M_ARENA_MAX = -8
"""As glibc's ``malloc.h`` has it."""


class ForgetSessions:
    """Forgets the sessions of pages that are gone whenever others are opened: else each leaves one
    to two MB, and a class that reloads fills the memory."""

    def __init__(
        self, app: ASGIApp, page: Any, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """
        Args:
            app: the next layer.
            page: the ``gr.Blocks`` whose sessions they are.
            clock: seconds.
        """
        self._app, self._page, self._clock = app, page, clock
        self._swept = clock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"] == "/":
            now = self._clock()
            if now - self._swept >= SWEEP_SECONDS:
                self._swept = now
                forget_closed(self._page.state_holder, datetime.now())
                give_back_memory()
        await self._app(scope, receive, send)


def forget_closed(holder: Any, now: datetime) -> int:
    """Forget the sessions whose page is gone.

    Args:
        holder: Gradio's ``StateHolder``.
        now: the local time, as Gradio notes it.

    Returns:
        how many there were.
    """
    gone = [
        session
        for session, state in list(holder.session_data.items())
        if state.is_closed
        and (now - holder.time_last_used.get(session, now)).total_seconds() > FORGOTTEN_AFTER
    ]
    with holder.lock:
        for session in gone:
            holder.session_data.pop(session, None)
            holder.time_last_used.pop(session, None)
    return len(gone)


def give_back_memory() -> None:
    """Give the system what many handlers freed, which glibc keeps for each thread; elsewhere
    nothing."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def share_heaps(heaps: int = HEAPS) -> None:
    """Let all threads take their memory from a few heaps: glibc gives every thread one, up to eight
    per core, and in each of them holes stay between what handlers keep and what they freed.
    Elsewhere nothing. Threads that have a heap already keep it: to be called first.

    Args:
        heaps: so many at most.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, heaps)
