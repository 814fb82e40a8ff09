"""TextMAS: the same chain of agents as LatentMAS, but every agent reads what the earlier ones wrote
as text.

Source: the text baseline of LatentMAS, arXiv 2511.20639, section 4. Every agent starts with a cache
of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from lab.events import Event
from lab.methods.lane import Lane, Utterance
from lab.methods.lane_context import Context
from lab.plan import TextMASLane
from lab.roster import lane_cards
from lab.words import say


def run(lane_id: str, plan: TextMASLane, ctx: Context) -> Iterator[Event]:
    """Agent after agent: a fresh prompt with everything heard so far, then words."""
    lane = Lane(lane_id, ctx)
    yield lane.started(
        plan.method,
        plan.title,
        plan.host,
        say("said.methods.textmas"),
    )
    wrote: dict[str, tuple[str, str]] = {}  # agent → (role, text)
    answer = Utterance("")
    for agent in lane_cards(plan, lane_id, ctx.problem.facts_for):
        heard = [wrote[source] for source in agent.reads]
        for source, (_, text) in zip(agent.reads, heard, strict=True):
            yield lane.hand_over_text(source, agent.name, text)
        messages = lane.messages(agent, heard=heard)
        answer = yield from lane.speak(agent, messages, plan.decoding)
        wrote[agent.name] = (agent.role, answer.text)
    yield lane.finished(answer)
