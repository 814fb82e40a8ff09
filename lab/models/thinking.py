"""What a model thinks aloud between ``<think>`` and ``</think>`` is no part of its answer."""

from __future__ import annotations

from dataclasses import dataclass

from lab.words import say

OPEN, CLOSE = "<think>", "</think>"


@dataclass(frozen=True)
class Parted:
    """A text in two."""

    answer: str
    thinking: str = ""


class ThinkSplitter:
    """Parts text at ``<think>`` and ``</think>``, also where a tag is cut in two by the pieces."""

    def __init__(self) -> None:
        self._inside = False
        self._held = ""

    def feed(self, text: str) -> list[tuple[str, bool]]:
        """(text, is it thinking) of what can be told by now."""
        out: list[tuple[str, bool]] = []
        self._held += text
        while self._held:
            tag = CLOSE if self._inside else OPEN
            at = self._held.find(tag)
            if at >= 0:
                out.append((self._held[:at], self._inside))
                self._held = self._held[at + len(tag) :]
                self._inside = not self._inside
                continue
            keep = _overlap(self._held, tag)
            out.append((self._held[: len(self._held) - keep], self._inside))
            self._held = self._held[len(self._held) - keep :]
            break
        return [(part, thinking) for part, thinking in out if part]

    def rest(self) -> list[tuple[str, bool]]:
        """What was held back because it might have become a tag."""
        held, self._held = self._held, ""
        return [(held, self._inside)] if held else []


def parted(text: str) -> Parted:
    """A whole text without what was thought aloud. Where a template has opened the thinking in the
    prompt, the text holds its end alone: what stands before that was thought.

    Args:
        text: of a model.
    """
    closed = text.find(CLOSE)
    if closed >= 0 and OPEN not in text[:closed]:
        text = OPEN + text
    splitter = ThinkSplitter()
    pieces = [*splitter.feed(text), *splitter.rest()]
    answer = "".join(part for part, thinking in pieces if not thinking)
    thought = "".join(part for part, thinking in pieces if thinking)
    return Parted(answer.strip() if thought else answer, thought.strip())


def thought_aloud(thinking: str) -> str:
    """What a reader is told of it; empty where nothing was thought.

    Args:
        thinking: what was kept apart from the answer.
    """
    words = len(thinking.split())
    return say("said.methods.thought_aloud", words=words) if words else ""


def _overlap(text: str, tag: str) -> int:
    """Length of the longest end of a text that a tag begins with."""
    return next(
        (n for n in range(min(len(text), len(tag) - 1), 0, -1) if tag.startswith(text[-n:])), 0
    )
