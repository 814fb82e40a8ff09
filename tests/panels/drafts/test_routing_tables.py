"""A choice among proposers in words: who, how sure, what came of it, and what was not measured."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lab.events import Candidate
from lab.panels.drafts.routing_tables import choice_told, heard_table
from lab.words import shown

WORDS = (("born", 1.06), ("was", -0.04), ("pet", -2.0))


@dataclass(frozen=True)
class WhoIsAsked:
    candidates: tuple[Candidate, ...]
    drafts: tuple[tuple[str, bool], ...] = (("Cald", True), ("Hune", False))
    truth: str = "Cald"
    sure: float = 0.976
    routed: tuple[int, ...] = (2,)
    answer: str | None = "Hune"
    right: bool | None = False


def two(ada: bool, bob: bool) -> tuple[Candidate, ...]:
    return (
        Candidate("proposer 1", "ada", ada, 0.9, 0.5, WORDS),
        Candidate("proposer 2", "bob", bob, 0.9, 0.5, WORDS),
    )


ROUTED = WhoIsAsked(two(False, True))


def told(choice: WhoIsAsked) -> str:
    return " ".join(shown(line, "en") for line in choice_told(choice))


def test_the_routers_choice_and_its_answer() -> None:
    assert "The router asks 2 and thinks one of them right with 98 %." in told(ROUTED)
    assert "“Hune”, wrong; the truth is “Cald”" in told(ROUTED)
    assert "wrong" not in told(replace(ROUTED, answer="Cald", right=True))


def test_an_own_choice_names_both_and_says_what_nobody_measured() -> None:
    own = replace(ROUTED, candidates=two(True, True), answer=None, right=None)
    assert "Your choice is 1, 2, the router's 2." in told(own)
    assert "was not measured" in told(own)


def test_a_row_says_what_speaks_for_each() -> None:
    table = heard_table(ROUTED)
    assert [row.cells for row in table.rows] == [
        ("1  ada", "–", "90 %", "50 %", "born +1.1, was 0, pet −2.0", "✓ Cald"),
        ("2  bob", "✓", "90 %", "50 %", "born +1.1, was 0, pet −2.0", "✗ Hune"),
    ]
