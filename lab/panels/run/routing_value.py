"""Whom a routed lane asks and why, as drawn by ``assets/js/routed.js``, folded from its events."""

from __future__ import annotations

from lab import events as ev
from lab.panels.value import Value


class WordWeight(Value):
    """A word of the question and what it does to a chance."""

    word: str
    logit: float


class CandidateView(Value):
    """One proposer."""

    agent: str
    host: str
    asked: bool
    chance: float | None
    """Of being right on this question; None where nobody looked at it."""
    rate: float | None
    """Share of the past questions on which it was right."""
    words: tuple[WordWeight, ...]


class Learning(Value):
    """A proposer is asked past questions."""

    host: str
    done: int
    total: int


class Saved(Value):
    """Tokens beside those of the lane that asks all."""

    tokens: int
    all: int
    title: str
    """Of the lane that asks all."""


class RoutingView(Value):
    """The choice of one lane."""

    ask: str
    candidates: tuple[CandidateView, ...] = ()
    sure: float | None = None
    learned: int = 0
    learning: Learning | None = None
    """Until it has chosen."""
    saved: Saved | None = None
    """Once both lanes are done."""


def learning(event: ev.PastAsked) -> RoutingView:
    """The picture while a router learns."""
    now = Learning(host=event.host, done=event.done, total=event.total)
    return RoutingView(ask="", learning=now)


def chosen(event: ev.Routed) -> RoutingView:
    """The picture of a choice."""
    return RoutingView(
        ask=event.ask,
        candidates=tuple(
            CandidateView(
                agent=one.agent,
                host=one.host,
                asked=one.asked,
                chance=one.chance,
                rate=one.rate,
                words=tuple(WordWeight(word=w, logit=round(x, 2)) for w, x in one.words),
            )
            for one in event.candidates
        ),
        sure=event.sure,
        learned=event.learned,
    )
