"""Mixture-of-Agents: proposers draft, further layers read all drafts and draft again, an aggregator
answers.

Source: arXiv 2406.04692, figure 2. Everything that is handed over is text. Proposers on one host
run as one batch.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from lab.events import Event
from lab.methods.lane import Agent, Lane, Utterance, by_host
from lab.methods.lane_context import Context
from lab.plan import Decoding, MoALane

Draft = tuple[str, str]
"""(agent, text)"""


def run(lane_id: str, plan: MoALane, ctx: Context) -> Iterator[Event]:
    """Layers of proposers, then the aggregator."""
    lane = Lane(lane_id, ctx)
    yield lane.started(
        plan.method,
        plan.title,
        plan.aggregator.host,
        f"{len(plan.proposers)} proposers in {plan.layers} layer{'s' if plan.layers > 1 else ''} "
        "write drafts as text; "
        "an aggregator reads all drafts of the last layer.",
    )
    answer = yield from mixture(lane, plan)
    yield lane.finished(answer)


def mixture(lane: Lane, plan: MoALane, first_stage: int = 0) -> Generator[Event, None, Utterance]:
    """The drafts and the aggregate, without the lane's frame."""
    drafts: list[Draft] = []
    for layer in range(plan.layers):
        drafts = yield from _layer(lane, plan, layer, first_stage + layer, drafts)
        if not drafts:
            yield lane.note(
                f"No proposer of layer {layer + 1} said anything: what follows works without "
                "drafts."
            )
    name = plan.aggregator.name or plan.aggregator.role
    stage = first_stage + plan.layers
    agent = Agent(
        name,
        plan.aggregator.role,
        plan.aggregator.host,
        stage,
        tuple(source for source, _ in drafts),
    )
    for source, text in drafts:
        yield lane.hand_over_text(source, name, text)
    messages, notes = fitted(lane, agent, drafts, plan.aggregator.decoding, sees_facts=False)
    for note in notes:
        yield lane.note(note)
    return (yield from lane.speak(agent, messages, plan.aggregator.decoding))


def _layer(
    lane: Lane, plan: MoALane, layer: int, stage: int, heard: list[Draft]
) -> Generator[Event, None, list[Draft]]:
    """All proposers of one layer; those on one host side by side in one batch."""
    agents = [
        Agent(name, p.role, p.host, stage, tuple(source for source, _ in heard))
        for name, p in zip(proposer_names(plan, layer), plan.proposers, strict=True)
    ]
    found: dict[int, Utterance] = {}
    for group in by_host([p.host for p in plan.proposers]):
        asked = []
        for i in group:
            for source, text in heard:
                yield lane.hand_over_text(source, agents[i].name, text)
            messages, notes = fitted(
                lane, agents[i], heard, plan.proposers[i].decoding, sees_facts=layer == 0
            )
            asked.append(messages)
            for note in notes:
                yield lane.note(note)
        decodings = [plan.proposers[i].decoding for i in group]
        answers = yield from lane.speak_all([agents[i] for i in group], asked, decodings)
        found.update(zip(group, answers, strict=True))
    kept = []
    for i in sorted(found):
        fault = _fault(found[i])
        if fault:
            yield lane.note(f"{agents[i].name} {fault}; its draft is not passed on.")
        else:
            kept.append((agents[i].name, found[i].text))
    return kept


def proposer_names(plan: MoALane, layer: int) -> list[str]:
    """Unique names of one layer's proposers; from the second layer on they carry the layer's
    number."""
    names: list[str] = []
    for i, proposer in enumerate(plan.proposers, start=1):
        name = proposer.name or f"{proposer.role} {i}"
        if name in names or name in (plan.aggregator.name, plan.aggregator.role):
            name = f"{name} ({i})"
        names.append(name)
    return names if layer == 0 else [f"{name}, layer {layer + 1}" for name in names]


def fitted(
    lane: Lane, agent: Agent, drafts: list[Draft], decoding: Decoding, *, sees_facts: bool
) -> tuple[list[dict[str, str]], list[str]]:
    """The agent's prompt with all drafts; if it does not fit its window, the longest drafts are cut
    and it is said."""
    host = lane.ctx.hosts(agent.host)
    texts = [text for _, text in drafts]
    before = [len(text.split()) for text in texts]
    messages = lane.messages(agent, sees_facts=sees_facts, drafts=texts)
    if getattr(host, "remote", False):
        return messages, []
    room = host.window - min(decoding.max_tokens, host.window // 4)
    while len(lane.ids(host, messages)) > room and any(len(t.split()) > 1 for t in texts):
        longest = max(range(len(texts)), key=lambda i: len(texts[i].split()))
        words = texts[longest].split()
        texts[longest] = " ".join(words[: max(1, len(words) * 3 // 4)])
        messages = lane.messages(agent, sees_facts=sees_facts, drafts=texts)
    notes = [
        f"The draft of {source} was cut at its end from {n} to {len(text.split())} words to fit "
        f"{agent.name}'s window."
        for (source, _), text, n in zip(drafts, texts, before, strict=True)
        if len(text.split()) < n
    ]
    return messages, notes


def _fault(said: Utterance) -> str:
    """What is wrong with a draft that cannot be passed on, as a verb phrase; empty if nothing
    is."""
    if said.failed:
        return "failed"
    if not said.text:
        return "said nothing"
    if not any(char.isprintable() and not char.isspace() for char in said.text):
        return "said control characters only"
    return ""
