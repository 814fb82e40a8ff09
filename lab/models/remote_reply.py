"""The border to OpenAI-compatible servers: whatever they send becomes typed pieces of a reply.

Servers differ: content as text or as a list of parts, thinking in tags, in a field of its own or in
parts, usage in the last chunk or nowhere, null fields, one JSON object although a stream was asked
for, an error in the middle of a stream, broken encodings. No shape of it raises anything but
`RemoteFailed`. The module knows nothing of connections.
"""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lab.errors import RemoteFailed
from lab.models.thinking import ThinkSplitter
from lab.words import say

_THINKING_FIELDS = ("reasoning_content", "reasoning", "thinking")
_THINKING_PARTS = ("thinking", "reasoning")


@dataclass(frozen=True)
class Usage:
    """Token counts as the server states them."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class Piece:
    """One piece of a reply."""

    text: str = ""
    """Part of the answer."""
    thinking: str = ""
    """Part of what was thought aloud before it; never part of the answer."""
    logprob: float | None = None
    """Nats, of the one token that ``text`` is; None where the server tells none."""
    usage: Usage | None = None
    finish: str | None = None
    """Why the server ended (``stop``, ``length`` …), on the last piece."""


@dataclass
class ReplyParser:
    """Turns the bytes of a response body into pieces. One parser for one reply."""

    name: str
    """Of the endpoint, for sentences."""
    finished: bool = False
    """Whether the server said that it had come to an end."""
    _splitter: ThinkSplitter = field(default_factory=ThinkSplitter)
    _said_anything: bool = False

    def pieces(self, chunks: Iterable[bytes]) -> Iterator[Piece]:
        """All pieces of a body, server-sent events or one JSON object.

        Raises:
            RemoteFailed: if the server reports an error, or what it sent is no reply at all.
        """
        for data, is_whole in event_data(chunks):
            if data == "[DONE]":
                self.finished = True
                break
            yield from self._piece(self._decoded(data))
            self.finished = self.finished or (is_whole and self._said_anything)
        yield from _split(self._splitter.rest())
        if not self._said_anything and not self.finished:
            raise RemoteFailed(say("error.remote_reply.sent_what_no_answer", name=self.name))

    def _decoded(self, data: str) -> dict[str, Any]:
        try:
            decoded = json.loads(data)
        except ValueError:
            raise RemoteFailed(
                say("error.remote_reply.broke_off_middle_piece", name=self.name)
            ) from None
        return decoded if isinstance(decoded, dict) else {}

    def _piece(self, data: dict[str, Any]) -> Iterator[Piece]:
        if error := data.get("error"):
            code = error.get("code") or error.get("type") if isinstance(error, dict) else None
            told = f" ({str(code)[:40]})" if isinstance(code, (str, int)) else ""
            raise RemoteFailed(
                say("error.remote_reply.reported_error_its_answer", name=self.name, told=told)
            )
        choice = _first(data.get("choices"))
        if usage := _usage(data.get("usage")):
            yield Piece(usage=usage)
        if choice is None:
            return
        self._said_anything = True
        message = choice.get("delta") or choice.get("message") or {}
        if not isinstance(message, dict):
            message = {"content": message}
        if thought := _thinking(message):
            yield Piece(thinking=thought)
        text, thought = _content(message.get("content", choice.get("text")))
        if thought:
            yield Piece(thinking=thought)
        tokens = _logprobs(choice.get("logprobs"))
        if tokens and "".join(token for token, _ in tokens) == text:
            for token, logprob in tokens:
                yield from _split(self._splitter.feed(token), logprob)
        elif text:
            yield from _split(self._splitter.feed(text))
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self.finished = True
            yield from _split(self._splitter.rest())
            yield Piece(finish=reason)


def event_data(chunks: Iterable[bytes]) -> Iterator[tuple[str, bool]]:
    """The data of each server-sent event, and whether it is a whole body: one that is no event
    stream comes as one text.

    Bytes that are not UTF-8 become replacement signs.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
    held, plain, streamed = "", [], False
    for chunk in chunks:
        held += decoder.decode(chunk)
        *lines, held = held.split("\n")
        for line in lines:
            kind, data = _line(line)
            streamed = streamed or kind == "data"
            if kind == "data" and data:
                yield data, False
            elif kind == "plain":
                plain.append(data)
    kind, data = _line(held + decoder.decode(b"", final=True))
    if kind == "data" and data:
        yield data, False
    elif kind == "plain" and data:
        plain.append(data)
    body = "\n".join(plain).strip()
    if body and not streamed:
        yield body, True


def _line(line: str) -> tuple[str, str]:
    line = line.rstrip("\r")
    if line.startswith("data:"):
        return "data", line[5:].strip()
    if line.startswith((":", "event:", "id:", "retry:")) or not line.strip():
        return "other", ""
    return "plain", line


def _split(parts: list[tuple[str, bool]], logprob: float | None = None) -> Iterator[Piece]:
    for text, thinking in parts:
        yield Piece(thinking=text) if thinking else Piece(text=text, logprob=logprob)


def _first(choices: Any) -> dict[str, Any] | None:
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return choices[0]
    return None


def _thinking(message: dict[str, Any]) -> str:
    for name in _THINKING_FIELDS:
        text, _ = _content(message.get(name))
        if text:
            return text
    return ""


def _content(content: Any) -> tuple[str, str]:
    """(text, thinking) of content in any of its shapes."""
    if isinstance(content, str):
        return content, ""
    if isinstance(content, dict):
        content = [content]
    if not isinstance(content, list):
        return "", ""
    texts: list[str] = []
    thoughts: list[str] = []
    for part in content:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict):
            kind = part.get("type")
            inner = part.get("text") or part.get("thinking") or part.get("content") or ""
            text, thought = _content(inner)
            (thoughts if kind in _THINKING_PARTS else texts).append(text)
            thoughts.append(thought)
    return "".join(texts), "".join(thoughts)


def _logprobs(logprobs: Any) -> list[tuple[str, float]]:
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not isinstance(content, list):
        return []
    tokens = []
    for item in content:
        token = item.get("token") if isinstance(item, dict) else None
        value = item.get("logprob") if isinstance(item, dict) else None
        if not isinstance(token, str) or isinstance(value, bool):
            return []
        if not isinstance(value, (int, float)) or not math.isfinite(value):
            return []
        tokens.append((token, float(value)))
    return tokens


def _usage(usage: Any) -> Usage | None:
    if not isinstance(usage, dict):
        return None
    counts = [usage.get("prompt_tokens"), usage.get("completion_tokens")]
    real = [n for n in counts if isinstance(n, int) and not isinstance(n, bool) and n >= 0]
    return Usage(*real) if len(real) == len(counts) else None
