"""One question of the router as sentences and a table: who is asked, how sure the router is, and
what speaks for and against each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from lab.events import Candidate
from lab.panels.widget_values import TableValue, table_value
from lab.words import say


class WhoIsAsked(Protocol):
    """Whom one asks of a measured question; what measured it stands above the page's pictures."""

    @property
    def truth(self) -> str: ...
    @property
    def candidates(self) -> Sequence[Candidate]: ...
    @property
    def drafts(self) -> Sequence[tuple[str, bool]]: ...
    @property
    def sure(self) -> float: ...
    @property
    def routed(self) -> tuple[int, ...]: ...
    @property
    def answer(self) -> str | None: ...
    @property
    def right(self) -> bool | None: ...


def choice_told(choice: WhoIsAsked) -> list[str]:
    """Who is asked, how sure the router is that one of them knows, and what came of it.

    Args:
        choice: the router's, or somebody's own.
    """
    asked = tuple(i + 1 for i, one in enumerate(choice.candidates) if one.asked)
    numbers = ", ".join(str(number) for number in asked)
    routed = ", ".join(str(number) for number in choice.routed)
    own = asked != choice.routed
    told = [
        say(
            f"drafts.routing.{'own' if own else 'routed'}",
            asked=numbers,
            routed=routed,
            sure=f"{100 * choice.sure:.0f} %",
        )
    ]
    if choice.answer is None:
        told.append(say("drafts.routing.not_measured", truth=choice.truth))
    else:
        told.append(
            say(
                f"drafts.routing.{'right' if choice.right else 'wrong'}",
                answer=choice.answer,
                truth=choice.truth,
            )
        )
    return told


def heard_table(choice: WhoIsAsked) -> TableValue:
    """A row per proposer: asked or not, its chance here and in the past, the words that moved the
    chance, its draft.

    Args:
        choice: of one question.
    """
    cells = [
        (
            f"{i}  {one.host}",
            "✓" if one.asked else "–",
            _percent(one.chance),
            _percent(one.rate),
            ", ".join(f"{word} {_signed(logit)}" for word, logit in one.words),
            f"{'✓' if right else '✗'} {said}",
        )
        for i, (one, (said, right)) in enumerate(
            zip(choice.candidates, choice.drafts, strict=True), start=1
        )
    ]
    heads = ("who", "ticked", "chance", "rate", "words", "draft")
    return table_value([say(f"drafts.routing.head.{key}") for key in heads], cells)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def _signed(logit: float) -> str:
    if abs(logit) < 0.05:
        return "0"
    return f"{'+' if logit > 0 else '−'}{abs(logit):.1f}"
