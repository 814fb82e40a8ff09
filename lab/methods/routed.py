"""Routed Mixture-of-Agents: a router picks k of n proposers for the question; the others are not
asked and cost nothing.

The router (`lab.methods.router`) knows who was right on past questions, none of them about what is
asked now. Its control asks any k by lot; people may choose by hand. Drafts and
aggregate are the Mixture-of-Agents' own, which asks all.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from lab.errors import BadInput
from lab.events import Candidate, Event, Routed
from lab.methods.lane import Lane
from lab.methods.lane_context import Context
from lab.methods.moa import mixture
from lab.methods.router import Router, require_choice
from lab.methods.router_past import learn
from lab.plan import RoutedLane
from lab.roster import AgentCard, lane_cards
from lab.words import say


@dataclass(frozen=True)
class RoutedChoice:
    """Whom to ask."""

    members: tuple[int, ...]
    """Numbers of proposers, from 0."""
    router: Router | None = None
    """Who knows why; None where nobody looked at the question."""


def run(lane_id: str, plan: RoutedLane, ctx: Context) -> Iterator[Event]:
    """Choose, then a mixture of those who were chosen."""
    require(plan)
    lane = Lane(lane_id, ctx)
    drawn_as = say(
        f"said.methods.routed_{plan.ask}",
        k=len(set(plan.chosen)) if plan.ask == "chosen" else plan.k,
        n=len(plan.moa.proposers),
    )
    yield lane.started(plan.method, plan.title, plan.moa.aggregator.host, drawn_as)
    cards = lane_cards(plan, lane_id, ctx.problem.facts_for)
    choice = yield from choose(lane, plan)
    yield told(lane, plan, cards, choice)
    asked = [c for c in cards if c.seat == "aggregator" or c.number - 1 in choice.members]
    answer = yield from mixture(lane, plan.moa, asked)
    yield lane.finished(answer)


def require(plan: RoutedLane) -> None:
    """Refuse a lane in which nobody, or somebody who is not there, would be asked.

    Args:
        plan: its settings.

    Raises:
        BadInput: for more proposers than there are, for none, or for a number that nobody has.
    """
    n = len(plan.moa.proposers)
    if plan.ask in ("router", "random"):
        require_choice(plan.k, n)
    if plan.ask == "chosen":
        if not plan.chosen:
            raise BadInput(say("error.router.nobody_left"))
        for number in plan.chosen:
            if not 1 <= number <= n:
                raise BadInput(say("error.router.no_such", number=number, n=n))


def choose(lane: Lane, plan: RoutedLane) -> Generator[Event, None, RoutedChoice]:
    """Whom this lane asks.

    Args:
        lane: whose question is asked.
        plan: who chooses, and how many.

    Raises:
        BadInput: if the router thinks nobody right with the least chance that was set.
    """
    everybody, question = range(len(plan.moa.proposers)), lane.ctx.problem.question
    if plan.ask == "random":
        lot = random.Random(f"routed/{lane.ctx.seed}/{question}")
        return RoutedChoice(tuple(sorted(lot.sample(everybody, plan.k))))
    past = yield from learn(lane, [proposer.host for proposer in plan.moa.proposers])
    router = Router(past)
    if plan.ask == "chosen":
        return RoutedChoice(tuple(sorted({number - 1 for number in plan.chosen})), router)
    wanted = router.choose([question], plan.k)[0]
    members = [m for m in wanted if router.why(question, m).chance >= plan.least]
    if not members:
        best = max(router.why(question, m).chance for m in everybody)
        raise BadInput(say("error.router.all_unsure", best=best, least=plan.least))
    return RoutedChoice(tuple(sorted(members)), router)


def told(lane: Lane, plan: RoutedLane, cards: Sequence[AgentCard], choice: RoutedChoice) -> Routed:
    """The choice as an event, with the reasons for and against everybody.

    Args:
        lane, plan: as in `choose`.
        cards: all agents of the lane.
        choice: who is asked.
    """
    question, router = lane.ctx.problem.question, choice.router
    candidates = []
    for card in cards:
        if card.seat != "proposer" or card.layer != 1:
            continue
        member = card.number - 1
        why = router.why(question, member) if router else None
        candidates.append(
            Candidate(
                agent=card.name,
                host=card.host,
                asked=member in choice.members,
                chance=why.chance if why else None,
                rate=why.rate if why else None,
                words=why.words if why else (),
            )
        )
    sure = float(router.chance([question], choice.members)[0]) if router else None
    learned = len(router.past.questions) if router else 0
    return Routed(lane.id, lane.at, plan.ask, tuple(candidates), sure, learned)
