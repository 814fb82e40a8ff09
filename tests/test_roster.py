"""The roster says who the agents of a plan are; what the methods do and what a record tells is the
same.
"""

from pathlib import Path

import pytest

from lab.events import AgentStarted, Event, LaneStarted
from lab.plan import (
    Decoding,
    GatedLane,
    HybridLane,
    LatentMASLane,
    MoALane,
    Plan,
    PlanProblem,
    Proposer,
    SingleLane,
    TextMASLane,
)
from lab.presets import load_preset
from lab.roster import chain_of, lane_cards, numbered, roster, roster_of_run, writes_drafts
from tests.tiny_pocket import make_pockets


def plan_of(*lanes, facts_for="everyone") -> Plan:
    return Plan(problem=PlanProblem(question="How many?", facts_for=facts_for), lanes=lanes)


def twins(layers: int = 1) -> MoALane:
    """Two proposers that bear one name, and an aggregator."""
    return MoALane(proposers=(Proposer(name="a"), Proposer(name="a")), layers=layers)


def test_a_chain_reads_what_came_before_and_only_the_first_sees_the_facts_of_a_relay() -> None:
    lane = LatentMASLane(agents=("solver", "solver", "judger"), steps=7)
    cards = roster(plan_of(lane, facts_for="first")).of("latentmas")
    assert [(c.name, c.role, c.stage, c.reads) for c in cards] == [
        ("solver 1", "solver", 0, ()),
        ("solver 2", "solver", 1, ("solver 1",)),
        ("judger", "judger", 2, ("solver 1", "solver 2")),
    ]
    assert [(c.sees_facts, c.steps, c.max_tokens) for c in cards] == [
        (True, 7, 0),
        (False, 7, 0),
        (False, 0, 64),
    ]
    assert all(c.sees_facts for c in roster(plan_of(lane)).cards)


def test_in_a_fan_in_all_thinkers_see_the_facts_and_nobody_but_the_last_reads() -> None:
    lane = LatentMASLane(agents=("solver", "solver", "judger"), topology="hierarchical")
    cards = lane_cards(lane, facts_for="first")
    assert [(c.stage, c.reads, c.sees_facts) for c in cards] == [
        (0, (), True),
        (0, (), True),
        (1, ("solver 1", "solver 2"), False),
    ]


def test_layers_of_proposers_read_the_layer_before() -> None:
    cards = lane_cards(twins(layers=2))
    assert [(c.name, c.seat, c.number, c.layer, c.stage) for c in cards] == [
        ("a", "proposer", 1, 1, 0),
        ("a (2)", "proposer", 2, 1, 0),
        ("a, layer 2", "proposer", 1, 2, 1),
        ("a (2), layer 2", "proposer", 2, 2, 1),
        ("aggregator", "aggregator", 1, 1, 2),
    ]
    assert cards[-1].reads == ("a, layer 2", "a (2), layer 2")


@pytest.mark.parametrize(
    "lane",
    [
        MoALane(proposers=tuple(Proposer(name=n) for n in ("a (3)", "a", "a"))),
        MoALane(proposers=tuple(Proposer(name=n) for n in ("a, layer 2", "a")), layers=2),
        MoALane(proposers=(Proposer(name="aggregator"), Proposer(name="x"))),
        GatedLane(moa=MoALane(proposers=(Proposer(name="solo"), Proposer(name="solo")))),
        GatedLane(role="aggregator"),
        HybridLane(role="x", speaker="x"),
        TextMASLane(agents=("solver", "solver", "solver 1", "judger")),
    ],
)
def test_names_are_unique_in_every_lane(lane) -> None:
    names = [card.name for card in lane_cards(lane)]
    assert len(set(names)) == len(names)


def test_a_role_that_occurs_once_is_not_numbered() -> None:
    assert numbered(("planner", "solver", "solver")) == ["planner", "solver 1", "solver 2"]


def test_limits_are_those_of_the_plan() -> None:
    short, long = Decoding(max_tokens=5), Decoding(max_tokens=9)
    moa = MoALane(
        proposers=(Proposer(decoding=short), Proposer(decoding=long)),
        layers=3,
        aggregator=Proposer(role="aggregator", decoding=long),
    )
    lanes = (
        SingleLane(decoding=short),
        TextMASLane(decoding=short),
        LatentMASLane(decoding=short, steps=4),
        moa,
        GatedLane(decoding=short, moa=moa),
        HybridLane(decoding=short, steps=4),
    )
    written = [sum(c.max_tokens + c.steps for c in lane_cards(lane)) for lane in lanes]
    assert written == [5, 15, 13, 3 * 14 + 9, 5 + 3 * 14 + 9, 3 * 4 + 5]


@pytest.mark.parametrize(
    "name", ["side-by-side", "single-vs-all", "hierarchical", "relay", "hybrid", "two a"]
)
def test_the_agents_that_come_are_those_of_the_roster(name: str, tmp_path: Path) -> None:
    from lab.models.pool import HostPool
    from lab.service.runner import run_plan

    plan = plan_of(twins(layers=2)) if name == "two a" else load_preset(name)
    models = dict.fromkeys(card.host for card in roster(plan).cards)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_LAB_MODELS", str(make_pockets(tmp_path / "models", *models)))
        record = run_plan(plan, tmp_path / "record", HostPool())
    came = [e for e in record.events if isinstance(e, AgentStarted)]
    known, told = roster(plan), roster_of_run(record.events)
    assert {(e.lane, e.agent) for e in came} == {(c.lane, c.name) for c in known.cards}
    for e in came:
        card, again = known.card(e.lane, e.agent), told.card(e.lane, e.agent)
        assert card is not None
        assert again is not None
        assert (e.role, e.host, e.stage) == (card.role, card.host, card.stage)
        assert set(e.reads) <= set(card.reads), "a proposer that said nothing drops out"
        assert (again.seat, again.number, again.layer) == (card.seat, card.number, card.layer)


def test_a_lane_in_which_others_came_than_planned_is_told_by_its_events() -> None:
    events: list[Event] = [LaneStarted("moa", 0.0, "moa", "MoA", "h", "")]
    for name, role, stage in (
        ("ada", "proposer", 0),
        ("bob", "proposer", 0),
        ("sum", "aggregator", 1),
    ):
        events.append(AgentStarted("moa", 0.0, name, role, "h", stage, ()))
    known = roster_of_run(events, plan_of(SingleLane(), twins()))
    assert [card.name for card in known.of("single")] == ["solo"]
    assert [(c.name, c.seat, c.number) for c in known.of("moa")] == [
        ("ada", "proposer", 1),
        ("bob", "proposer", 2),
        ("sum", "aggregator", 1),
    ]


@pytest.mark.parametrize(
    ("method", "chain", "drafts"),
    [
        ("single", "", False),
        ("textmas", "words", False),
        ("latentmas", "states", False),
        ("moa", "", True),
        ("gated", "", True),
        ("routed", "", True),
        ("hybrid", "", False),
        ("of another version", "", False),
    ],
)
def test_what_a_method_is_can_be_told_from_its_name(method: str, chain: str, drafts: bool) -> None:
    assert (chain_of(method), writes_drafts(method)) == (chain, drafts)


def test_an_agent_of_a_method_that_is_not_known_here_has_the_seat_of_its_role() -> None:
    events = [
        LaneStarted("x", 0.0, "of another version", "X", "h", ""),
        AgentStarted("x", 0.0, "a", "aggregator", "h", 1, ()),
    ]
    assert [card.seat for card in roster_of_run(events).cards] == ["aggregator"]
