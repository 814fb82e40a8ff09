"""Who the agents of a plan are: name, role, model, place in the flow, whom they read, what they may
write.

Everything that speaks of a plan's agents reads it here: the methods that run them, the limits, the
form, the pictures of a running and of a recorded run. It knows neither models nor colours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, assert_never

from lab.events import AgentStarted, Event, LaneStarted
from lab.plan import (
    GatedLane,
    HybridLane,
    LanePlan,
    LatentMASLane,
    MethodName,
    MoALane,
    Plan,
    RoutedLane,
    SingleLane,
    TextMASLane,
    method_named,
)

FactsFor = Literal["everyone", "first"]

_LAYER = ", layer "


@dataclass(frozen=True)
class AgentCard:
    """One agent of one lane, as far as it is known before the run."""

    lane: str
    name: str
    """Unique in its lane."""
    role: str
    """Which prompt it gets."""
    host: str
    """As written in the plan."""
    stage: int
    """Row of the data flow: agents of one stage work side by side."""
    reads: tuple[str, ...]
    """Agents whose words or memory it is given; a proposer that fails drops out when it fails."""
    sees_facts: bool
    """Whether the facts stand in its prompt."""
    max_tokens: int
    """Most tokens of text it writes; 0 for one that only thinks."""
    steps: int
    """Latent steps; 0 for one that speaks."""
    seat: str
    """What it is in its lane, independent of its name: ``proposer``, ``aggregator``, ``solo``, or
    the role in a chain."""
    number: int
    """The how-manieth of its seat in its lane and layer, from 1."""
    layer: int = 1
    """Layer of a Mixture-of-Agents, from 1."""


@dataclass(frozen=True)
class Roster:
    """The agents of a run, lane by lane in the order of the data flow."""

    cards: tuple[AgentCard, ...] = ()

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], AgentCard]:
        return {(card.lane, card.name): card for card in self.cards}

    @property
    def lanes(self) -> tuple[str, ...]:
        """Lane ids in order."""
        return tuple(dict.fromkeys(card.lane for card in self.cards))

    @property
    def names(self) -> tuple[str, ...]:
        """All agents' names, each once."""
        return tuple(dict.fromkeys(card.name for card in self.cards))

    def of(self, lane: str) -> tuple[AgentCard, ...]:
        """The agents of one lane; empty for a lane that is not here."""
        return tuple(card for card in self.cards if card.lane == lane)

    def card(self, lane: str, agent: str) -> AgentCard | None:
        """One agent, or None if it is not here."""
        return self._by_name.get((lane, agent))


# --- before a run


def roster(plan: Plan) -> Roster:
    """All agents of a plan."""
    facts_for = plan.problem.facts_for
    return Roster(
        tuple(
            card
            for lane_id, lane in zip(lane_ids(plan), plan.lanes, strict=True)
            for card in lane_cards(lane, lane_id, facts_for)
        )
    )


def lane_ids(plan: Plan) -> list[str]:
    """One short name per lane: its method, numbered from the second lane of the same method on."""
    seen: Counter[str] = Counter()
    names = []
    for lane in plan.lanes:
        method: MethodName = lane.method
        seen[method] += 1
        names.append(method if seen[method] == 1 else f"{method}-{seen[method]}")
    return names


def plan_of_lane(plan: Plan, lane_id: str) -> LanePlan | None:
    """The plan of one lane, by its id; None if the plan has no such lane."""
    return dict(zip(lane_ids(plan), plan.lanes, strict=True)).get(lane_id)


def lane_cards(
    lane: LanePlan, lane_id: str = "", facts_for: FactsFor = "everyone"
) -> tuple[AgentCard, ...]:
    """The agents of one lane in the order of the data flow.

    Args:
        facts_for: ``first`` is the relay: agents that are not first in their flow do not see the
            facts.
    """
    match lane:
        case SingleLane():
            cards = [_solo(lane)]
        case TextMASLane():
            cards = list(_talkers(lane))
        case LatentMASLane():
            cards = list(_thinkers(lane))
        case MoALane():
            cards = list(_mixture(lane))
        case RoutedLane():
            cards = list(_mixture(lane.moa))
        case HybridLane():
            cards = list(_side_by_side(lane))
        case GatedLane():
            cards = [_solo(lane), *_mixture(lane.moa, first_stage=1, taken=(lane.role,))]
        case _:
            assert_never(lane)
    return tuple(
        replace(card, lane=lane_id, sees_facts=card.sees_facts or facts_for == "everyone")
        for card in cards
    )


def lane_hosts(lane: LanePlan) -> list[str]:
    """The models that a lane needs, each once, in order of use."""
    return list(dict.fromkeys(card.host for card in lane_cards(lane)))


def _solo(lane: SingleLane | GatedLane) -> AgentCard:
    words = lane.decoding.max_tokens
    return AgentCard("", lane.role, lane.role, lane.host, 0, (), True, words, 0, "solo", 1)


def _talkers(lane: TextMASLane) -> Iterator[AgentCard]:
    names = numbered(lane.agents)
    for i, (name, role) in enumerate(zip(names, lane.agents, strict=True)):
        yield AgentCard(
            lane="",
            name=name,
            role=role,
            host=lane.host,
            stage=i,
            reads=tuple(names[:i]),
            sees_facts=i == 0,
            max_tokens=lane.decoding.max_tokens,
            steps=0,
            seat=role,
            number=lane.agents[: i + 1].count(role),
        )


def _thinkers(lane: LatentMASLane) -> Iterator[AgentCard]:
    """All but the last think. In a fan-in they work side by side and do not read each other."""
    names, last = numbered(lane.agents), len(lane.agents) - 1
    fan_in = lane.topology == "hierarchical"
    stages = [0] * last + [1] if fan_in else range(len(names))
    for i, (name, role, stage) in enumerate(zip(names, lane.agents, stages, strict=True)):
        yield AgentCard(
            lane="",
            name=name,
            role=role,
            host=lane.host if i == last else lane.sender or lane.host,
            stage=stage,
            reads=tuple(names[:i]) if stage else (),
            sees_facts=stage == 0,
            max_tokens=lane.decoding.max_tokens if i == last else 0,
            steps=0 if i == last else lane.steps,
            seat=role,
            number=lane.agents[: i + 1].count(role),
        )


def _side_by_side(lane: HybridLane) -> Iterator[AgentCard]:
    """Thinkers on models of their own, who do not read each other, and one who reads all."""
    *names, last = numbered([lane.role] * len(lane.thinkers) + [lane.speaker])
    for i, (name, host) in enumerate(zip(names, lane.thinkers, strict=True), start=1):
        yield AgentCard("", name, lane.role, host, 0, (), True, 0, lane.steps, "proposer", i)
    words = lane.decoding.max_tokens
    reads = tuple(names)
    yield AgentCard("", last, lane.speaker, lane.host, 1, reads, False, words, 0, "aggregator", 1)


def _mixture(lane: MoALane, first_stage: int = 0, taken: Sequence[str] = ()) -> Iterator[AgentCard]:
    """From the second layer on, proposers carry the layer's number in their names."""
    last = lane.aggregator
    aggregator = _free(last.name or last.role, taken)
    used = [*taken, aggregator, last.role]
    names: list[str] = []
    for i, proposer in enumerate(lane.proposers, start=1):
        names.append(_free(proposer.name or f"{proposer.role} {i}", [*used, *names], i))
    first = names
    before: list[str] = []
    for layer in range(lane.layers):
        if layer:
            names = [_free(f"{name}{_LAYER}{layer + 1}", used) for name in first]
        used += names
        for i, (name, proposer) in enumerate(zip(names, lane.proposers, strict=True), start=1):
            yield AgentCard(
                lane="",
                name=name,
                role=proposer.role,
                host=proposer.host,
                stage=first_stage + layer,
                reads=tuple(before),
                sees_facts=layer == 0,
                max_tokens=proposer.decoding.max_tokens,
                steps=0,
                seat="proposer",
                number=i,
                layer=layer + 1,
            )
        before = names
    yield AgentCard(
        lane="",
        name=aggregator,
        role=last.role,
        host=last.host,
        stage=first_stage + lane.layers,
        reads=tuple(before),
        sees_facts=False,
        max_tokens=last.decoding.max_tokens,
        steps=0,
        seat="aggregator",
        number=1,
    )


def numbered(roles: Sequence[str]) -> list[str]:
    """Agent names that are unique in a lane: a role that occurs several times is numbered."""
    names: list[str] = []
    for i, role in enumerate(roles):
        name = role if roles.count(role) == 1 else f"{role} {roles[: i + 1].count(role)}"
        names.append(_free(name, names))
    return names


def _free(name: str, taken: Sequence[str], number: int = 2) -> str:
    """The name, or the name with the first number in brackets that makes it unique."""
    if name not in taken:
        return name
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"


# --- after a run


def roster_of_run(events: Iterable[Event], plan: Plan | None = None) -> Roster:
    """The agents of a run: as its plan names them; a lane in which others came (a record of another
    version, or one without a plan) as its events tell.

    Args:
        events: of the whole run, or of its beginning.
    """
    known = roster(plan) if plan is not None else Roster()
    methods: dict[str, str] = {}
    came: dict[str, list[AgentStarted]] = {}
    for event in events:
        if isinstance(event, LaneStarted):
            methods[event.lane] = event.method
        elif isinstance(event, AgentStarted):
            came.setdefault(event.lane, []).append(event)
    lanes: dict[str, tuple[AgentCard, ...]] = {lane: known.of(lane) for lane in known.lanes}
    for lane, agents in came.items():
        if any(known.card(lane, agent.agent) is None for agent in agents):
            lanes[lane] = _told(lane, methods.get(lane, ""), agents)
    return Roster(tuple(card for cards in lanes.values() for card in cards))


def _told(lane: str, method: str, agents: Sequence[AgentStarted]) -> tuple[AgentCard, ...]:
    """The agents of a lane from their own first events; what these do not tell is 0."""
    cards: list[AgentCard] = []
    for e in agents:
        _, _, tail = e.agent.rpartition(_LAYER)
        layer = int(tail) if tail.isdecimal() and tail != e.agent else 1
        seat = _seat(method, e)
        cards.append(
            AgentCard(
                lane=lane,
                name=e.agent,
                role=e.role,
                host=e.host,
                stage=e.stage,
                reads=e.reads,
                sees_facts=e.stage == 0,
                max_tokens=0,
                steps=0,
                seat=seat,
                number=1 + sum((c.seat, c.layer) == (seat, layer) for c in cards),
                layer=layer,
            )
        )
    return tuple(cards)


def _seat(name: str, e: AgentStarted) -> str:
    """What an agent is in its lane; its role where the method is none of this version's."""
    method = method_named(name)
    match method:
        case "single":
            return "solo"
        case "gated" if e.stage == 0:
            return "solo"
        case "gated" | "moa" | "routed":
            return "aggregator" if e.role == "aggregator" else "proposer"
        case "hybrid":
            return "aggregator" if e.stage else "proposer"
        case "textmas" | "latentmas" | None:
            return e.role
        case _:
            assert_never(method)


# --- what a method is, for those who see only its name in a record

Chain = Literal["", "words", "states"]


def chain_of(name: str) -> Chain:
    """What the agents of a chain hand on; empty for a method that is no chain.

    Args:
        name: the method's.
    """
    method = method_named(name)
    match method:
        case "textmas":
            return "words"
        case "latentmas":
            return "states"
        case "single" | "moa" | "gated" | "routed" | "hybrid" | None:
            return ""
        case _:
            assert_never(method)


def writes_drafts(name: str) -> bool:
    """Whether agents of a method write drafts as text that others of it read.

    Args:
        name: the method's.
    """
    method = method_named(name)
    match method:
        case "moa" | "gated" | "routed":
            return True
        case "single" | "textmas" | "latentmas" | "hybrid" | None:
            return False
        case _:
            assert_never(method)
