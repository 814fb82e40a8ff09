"""TextMAS: the same chain of agents as LatentMAS, but every agent reads what the earlier ones wrote
as text.

Source: the text baseline of LatentMAS, arXiv 2511.20639, section 4. Every agent starts with a cache
of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from lab.events import Event
from lab.methods.lane import Agent, Lane, Utterance, numbered
from lab.methods.lane_context import Context
from lab.plan import TextMASLane


def run(lane_id: str, plan: TextMASLane, ctx: Context) -> Iterator[Event]:
    """Agent after agent: a fresh prompt with everything heard so far, then words."""
    lane = Lane(lane_id, ctx)
    yield lane.started(
        plan.method,
        plan.title,
        plan.host,
        "A chain: every agent reads in a fresh context what all earlier ones wrote.",
    )
    heard: list[tuple[str, str]] = []
    names = numbered(plan.agents)
    answer = Utterance("")
    for stage, (role, name) in enumerate(zip(plan.agents, names, strict=True)):
        for source, (_, text) in zip(names, heard, strict=False):
            yield lane.hand_over_text(source, name, text)
        agent = Agent(name, role, plan.host, stage, tuple(names[:stage]))
        messages = lane.messages(agent, sees_facts=stage == 0, heard=heard)
        answer = yield from lane.speak(agent, messages, plan.decoding)
        heard.append((role, answer.text))
    yield lane.finished(answer)
