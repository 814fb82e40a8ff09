"""Routed MoA: only those who were chosen are asked, the router never learns from the person asked
about, and choices that cannot be made are refused in a sentence.
"""

from __future__ import annotations

import pytest

from lab import worlds
from lab.errors import BadInput
from lab.events import AgentStarted, LaneFinished, PastAsked, Routed, TokenOut
from lab.methods import router_past, run_lane
from lab.methods.routed import require
from lab.plan import Decoding, MoALane, PlanProblem, Proposer, RoutedLane

SHORT = Decoding(max_tokens=4)
TEAM = MoALane(
    proposers=tuple(
        Proposer(host=h, decoding=SHORT) for h in ("pocket-base", "pocket-other", "pocket-base")
    ),
    aggregator=Proposer(role="aggregator", decoding=SHORT),
)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router_past, "FRESH", 12)


def almanac(seed: int = 3) -> dict:
    made = worlds.make_problem("almanac", seed, depth=1)
    asked = PlanProblem(question=made.question, truth=made.truth, world="almanac", seed=seed)
    return asked.model_dump()


def events_of(context, **settings) -> list:
    return list(run_lane("L", RoutedLane(moa=TEAM, **settings), context(**almanac())))


def of(events, kind):
    return [e for e in events if isinstance(e, kind)]


def test_only_the_chosen_draft_and_the_aggregate_is_that_of_a_mixture_of_them(context) -> None:
    routed = events_of(context, ask="chosen", chosen=(3, 2))
    names = [e.agent for e in of(routed, AgentStarted)]
    assert names == ["proposer 2", "proposer 3", "aggregator"]
    few = TEAM.model_copy(update={"proposers": TEAM.proposers[1:]})
    alone = list(run_lane("L", few, context(**almanac())))
    said = [
        [e.token_id for e in of(some, TokenOut) if e.agent == "aggregator"]
        for some in (routed, alone)
    ]
    assert said[0] == said[1]
    counts = [
        e.tokens_read + e.tokens_written for some in (routed, alone) for e in of(some, LaneFinished)
    ]
    assert counts[0] == counts[1]
    [choice] = of(routed, Routed)
    assert [one.asked for one in choice.candidates] == [False, True, True]
    assert all(one.chance is not None for one in choice.candidates)


def test_the_lot_looks_at_nothing_and_is_the_same_again(context) -> None:
    first, again = (of(events_of(context, ask="random", k=1), Routed) for _ in range(2))
    assert first[0].candidates == again[0].candidates
    assert sum(one.asked for one in first[0].candidates) == 1
    assert first[0].sure is None and first[0].learned == 0


def test_a_model_without_a_past_is_asked_once_and_never_about_the_same_person(
    context, pool
) -> None:
    asked = worlds.make_problem("almanac", 0, depth=1)
    router_past._asked.pop(pool.get("pocket-other"), None)
    lane = RoutedLane(moa=TEAM, k=2)
    events = list(run_lane("L", lane, context(question=asked.question)))
    told = [e for e in of(events, PastAsked) if e.host == "pocket-other"]
    assert [e.done for e in told][:: len(told) - 1] == [0, told[-1].total]
    again = list(run_lane("L", lane, context(question=asked.question)))
    assert all(e.kept for e in of(again, PastAsked))
    # seed 0 is among the past questions and is the one that is asked now
    assert of(again, Routed)[0].learned < told[-1].total
    assert router_past.same_subject(asked, asked.question.upper())
    assert not router_past.same_subject(asked, "Where does nobody live?")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"k": 4}, "ask 4 of 3"),
        ({"ask": "random", "k": 4}, "ask 4 of 3"),
        ({"ask": "chosen"}, "No proposer is left"),
        ({"ask": "chosen", "chosen": (4,)}, "no proposer 4"),
    ],
)
def test_a_choice_that_cannot_be_made_is_refused_before_anything_runs(settings, words) -> None:
    with pytest.raises(BadInput, match=words):
        require(RoutedLane(moa=TEAM, **settings))


def test_nobody_left_after_routing_is_a_sentence(context) -> None:
    with pytest.raises(BadInput, match="after routing"):
        events_of(context, k=1, least=1.0)
