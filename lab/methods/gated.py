"""Gate: a single agent answers; if its confidence is low, a Mixture-of-Agents does; a rule
verifies what comes out.

Confidence is the geometric mean of the probabilities of the answer's tokens. The rule knows no
truth: it asks whether an answer can be read and whether the text's own steps of arithmetic hold.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from lab.engine.decode import mean_logprob
from lab.events import Event
from lab.methods.lane import Lane
from lab.methods.lane_context import Context
from lab.methods.lane_speech import speak
from lab.methods.moa import mixture
from lab.plan import GatedLane
from lab.roster import lane_cards
from lab.words import say
from lab.worlds import verify


def run(lane_id: str, plan: GatedLane, ctx: Context) -> Iterator[Event]:
    """Single if confident, else MoA, then verify."""
    lane = Lane(lane_id, ctx)
    yield lane.started(
        plan.method,
        plan.title,
        plan.host,
        say("said.methods.gated", threshold=plan.threshold),
    )
    solo, *cards = lane_cards(plan, lane_id, ctx.problem.facts_for)
    answer = yield from speak(lane, solo, lane.messages(solo), plan.decoding)
    confidence = math.exp(mean_logprob(answer.logprobs))
    if passes(confidence, plan.threshold):
        yield lane.note(
            say("said.methods.gate_kept", confidence=confidence, threshold=plan.threshold)
        )
    else:
        yield lane.note(
            say("said.methods.gate_asked", confidence=confidence, threshold=plan.threshold)
        )
        answer = yield from mixture(lane, plan.moa, cards)
    verdict = verify(ctx.problem.world, answer.text)
    if verdict is not None:
        key = "said.methods.rule_passed" if verdict.correct else "said.methods.rule_failed"
        yield lane.note(say(key, why=verdict.why))
    yield lane.finished(answer)


def passes(confidence: float, threshold: float) -> bool:
    """Whether a single answer is kept: 0 keeps every answer, 1 none.

    Args:
        confidence: probability of the answer, 0 to 1.
        threshold: 0 to 1.
    """
    return threshold < 1.0 and confidence >= threshold
