"""Mixture-of-Agents: proposers draft, further layers read all drafts and draft again, an aggregator
answers.

Source: arXiv 2406.04692, figure 2. Everything that is handed over is text. Proposers on one host
run as one batch. Who reads what is decided in `lab.methods.mixture`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby

from lab.events import Event
from lab.methods.lane import Lane, Utterance, by_host
from lab.methods.lane_context import Context
from lab.methods.lane_speech import speak_all
from lab.methods.mixture import Proposal, Round, WordedPrompt, prompt_for, room_for, rounds
from lab.models.remote import RemoteHost
from lab.plan import Decoding, MoALane
from lab.roster import AgentCard, lane_cards
from lab.words import say

FAULTS = {
    "failed": "said.methods.draft_failed",
    "said nothing": "said.methods.draft_silent",
    "said control characters only": "said.methods.draft_control",
}
"""The note on a draft that is not passed on, by its fault."""


def run(lane_id: str, plan: MoALane, ctx: Context) -> Iterator[Event]:
    """Layers of proposers, then the aggregator."""
    lane = Lane(lane_id, ctx)
    yield lane.started(
        plan.method,
        plan.title,
        plan.aggregator.host,
        drawn_as(plan),
    )
    cards = lane_cards(plan, lane_id, ctx.problem.facts_for)
    answer = yield from mixture(lane, plan, cards)
    yield lane.finished(answer)


def drawn_as(plan: MoALane) -> str:
    """What the lane computes, in a sentence."""
    n = len(plan.proposers)
    if plan.layers == 1:
        return say("said.methods.moa_one_layer", n=n)
    return say("said.methods.moa_layers", n=n, layers=plan.layers)


def mixture(
    lane: Lane, plan: MoALane, cards: Sequence[AgentCard]
) -> Generator[Event, None, Utterance]:
    """The drafts and the aggregate, without the lane's frame.

    Args:
        lane: where its events go.
        cards: the mixture's agents in the order of the data flow.
    """
    layers = [tuple(group) for _, group in groupby(cards, key=lambda card: card.stage)]
    course = rounds(layers)
    turn = next(course)
    while True:
        answers = yield from _round(lane, plan, turn)
        if len(turn.agents) == 1 and turn.agents[0].seat == "aggregator":
            return answers[0]
        drafts = [
            Proposal(card.name, said.text, said.failed)
            for card, said in zip(turn.agents, answers, strict=True)
        ]
        for draft in drafts:
            if draft.fault:
                yield lane.note(say(FAULTS[draft.fault], writer=draft.writer))
        if all(draft.fault for draft in drafts):
            yield lane.note(say("said.methods.no_drafts", layer=turn.agents[0].layer))
        turn = course.send([[draft] for draft in drafts])


def _round(
    lane: Lane, plan: MoALane, turn: Round[AgentCard]
) -> Generator[Event, None, list[Utterance]]:
    """All agents of one round; those on one host side by side in one batch."""
    [heard] = turn.drafts
    agents = [replace(card, reads=tuple(draft.writer for draft in heard)) for card in turn.agents]
    found: dict[int, Utterance] = {}
    for group in by_host([agent.host for agent in agents]):
        messages = []
        for i in group:
            for draft in heard:
                yield lane.hand_over_text(draft.writer, agents[i].name, draft.text)
            asked = asked_of(lane, turn.agents[i], heard)
            messages.append(asked.messages)
            for cut in asked.cuts:
                yield lane.note(
                    say(
                        "said.methods.draft_cut",
                        writer=cut.writer,
                        words=cut.words,
                        kept=cut.kept,
                        agent=agents[i].name,
                    )
                )
        decodings = [_decoding(plan, turn.agents[i]) for i in group]
        answers = yield from speak_all(lane, [agents[i] for i in group], messages, decodings)
        found.update(zip(group, answers, strict=True))
    return [found[i] for i in range(len(agents))]


def asked_of(lane: Lane, card: AgentCard, drafts: Sequence[Proposal]) -> WordedPrompt:
    """An agent's prompt for the lane's problem, cut to its model's window.

    Args:
        lane: whose problem is asked.
        card: the agent that is asked.
        drafts: what it is shown.
    """
    host, problem = lane.ctx.hosts(card.host), lane.ctx.problem
    facts = problem.facts if card.sees_facts else ""
    wording = partial(prompt_for, lane.ctx.prompts, card.role, problem.question, facts, drafts)
    if isinstance(host, RemoteHost):
        return wording()
    return wording(
        render=lambda messages: lane.ids(host, messages),
        room=room_for(host.window, card.max_tokens),
    )


def _decoding(plan: MoALane, card: AgentCard) -> Decoding:
    if card.seat == "aggregator":
        return plan.aggregator.decoding
    return plan.proposers[card.number - 1].decoding
