"""Gate: a single agent answers; if it is not certain, a Mixture-of-Agents does; a rule verifies
what comes out.

Certainty is the geometric mean of the probabilities of the answer's words. The rule knows no truth:
it asks whether an answer can be read and whether the text's own steps of arithmetic hold.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from lab.engine.decode import mean_logprob
from lab.events import Event
from lab.methods.lane import Lane
from lab.methods.lane_context import Context
from lab.methods.moa import mixture
from lab.plan import GatedLane
from lab.roster import lane_cards
from lab.worlds import verify


def run(lane_id: str, plan: GatedLane, ctx: Context) -> Iterator[Event]:
    """Single if certain, else MoA, then verify."""
    lane = Lane(lane_id, ctx)
    yield lane.started(
        plan.method,
        plan.title,
        plan.host,
        f"One agent answers; below a certainty of {plan.threshold:g} a Mixture-of-Agents answers "
        "instead; then a rule "
        "checks the answer.",
    )
    solo, *cards = lane_cards(plan, lane_id, ctx.problem.facts_for)
    answer = yield from lane.speak(solo, lane.messages(solo), plan.decoding)
    certainty = math.exp(mean_logprob(answer.logprobs))
    if passes(certainty, plan.threshold):
        yield lane.note(
            f"Gate: certainty {certainty:.3f}, at least {plan.threshold:g}; the single answer is "
            "kept."
        )
    else:
        yield lane.note(
            f"Gate: certainty {certainty:.3f}, below {plan.threshold:g}; the Mixture-of-Agents is "
            "asked."
        )
        answer = yield from mixture(lane, plan.moa, cards)
    verdict = verify(ctx.problem.world, answer.text)
    if verdict is not None:
        yield lane.note(
            f"Verified by rule: {'passed' if verdict.correct else 'failed'} ({verdict.why})."
        )
    yield lane.finished(answer)


def passes(certainty: float, threshold: float) -> bool:
    """Whether a single answer is kept: 0 keeps every answer, 1 none."""
    return threshold < 1.0 and certainty >= threshold
