"""A run as it happens, on a terminal: one line per agent that grows, and a line per hand-over.

In interleaved runs lines of different lanes alternate; a lane's line is printed when its agent is
done, and on a terminal the agents at work are shown in one last line that is redrawn.
"""

from __future__ import annotations

import shutil
import time
from typing import TextIO

from lab import events as ev
from lab.panels.style import amount_of_bytes, visible

REDRAW_SECONDS = 0.1
LONGEST = 2000
"""Characters of one text that are printed."""


class Live:
    """Prints events. Text of models is shown with control characters made visible."""

    def __init__(self, out: TextIO, quiet: bool = False) -> None:
        self._out = out
        self._quiet = quiet
        self._terminal = out.isatty()
        self._now: dict[tuple[str, str], str] = {}
        self._drawn = 0.0

    def say(self, text: str) -> None:
        """One line of its own."""
        if not self._quiet:
            self._clear()
            print(text, file=self._out, flush=True)

    def event(self, event: ev.Event) -> None:
        """Show one event."""
        if self._quiet:
            return
        line = self._line(event)
        if line:
            self.say(line)
        if self._terminal:
            self._status()

    def close(self) -> None:
        """Remove the line that was being redrawn."""
        self._now.clear()
        self._clear()

    def _line(self, event: ev.Event) -> str:
        line = ""
        match event:
            case ev.RunStarted():
                line = f"Question: {plain(event.facts + ' ' + event.question)}"
            case ev.LaneStarted():
                line = f"[{event.lane}] {event.title}: {event.drawn_as}"
            case ev.PromptRead():
                self._now[event.lane, event.agent] = f"read {len(event.ids)} tokens"
            case ev.LatentStep():
                word = plain(event.top[0][0]) if event.top else ""
                self._now[event.lane, event.agent] = f"latent {event.step} {word}"
            case ev.TokenOut():
                self._now[event.lane, event.agent] = f"token {event.step} {plain(event.token)}"
            case ev.HandOver():
                line = f"[{event.lane}]   {event.source} => {event.target}: {_amount(event)}"
            case ev.AgentFinished():
                self._now.pop((event.lane, event.agent), None)
                line = f"[{event.lane}] {_agent(event)}"
            case ev.LaneFinished():
                mark = {True: "right", False: "wrong", None: "truth unknown"}[event.correct]
                line = f"[{event.lane}] answer: {plain(event.answer)} ({mark})"
            case ev.Note():
                line = f"Note: {event.text}"
        return line

    def _status(self) -> None:
        if not self._now or time.monotonic() - self._drawn < REDRAW_SECONDS:
            return
        self._drawn = time.monotonic()
        width = shutil.get_terminal_size().columns - 1
        text = " | ".join(f"{lane}/{agent}: {what}" for (lane, agent), what in self._now.items())
        self._out.write(f"\r\x1b[2K{text[:width]}")
        self._out.flush()

    def _clear(self) -> None:
        if self._terminal:
            self._out.write("\r\x1b[2K")


def plain(text: str) -> str:
    """Words of strangers on one line that cannot move the cursor."""
    return visible(" ".join(text.split()), limit=LONGEST)


def _amount(event: ev.HandOver) -> str:
    if event.channel == "text":
        return f"text, {event.words} words"
    return f"{event.channel}, {event.slots} slots, {amount_of_bytes(event.bytes)}"


def _agent(event: ev.AgentFinished) -> str:
    did = [f"read {event.tokens_read}"]
    if event.latent_steps:
        did.append(f"{event.latent_steps} latent steps")
    if event.tokens_written:
        did.append(f"wrote {event.tokens_written}: {plain(event.text)}")
    if event.note:
        did.append(event.note)
    return f"{event.agent}: {', '.join(did)}"
