"""How much one run may ask for, and whether a question fits: decided before anything is computed.

Budgets protect a classroom from one plan that holds the device for an hour; a question's length is measured in the
tokens of each model that has to read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.errors import BadInput
from lab.plan import (
    GatedLane,
    LanePlan,
    LatentMASLane,
    MoALane,
    Plan,
    Problem,
    SingleLane,
    TextMASLane,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.models.host import Host


@dataclass(frozen=True)
class Limits:
    """Budgets of the service; the command line runs without them."""

    max_tokens: int = 16_384
    """Text tokens and latent steps that all lanes of one plan may write together."""
    max_queued: int = 4
    """Jobs of one owner that may wait at the same time."""
    max_question_chars: int = 20_000
    """Characters of question and facts together."""


@dataclass(frozen=True)
class Reader:
    """One context that some agents of a lane fill together."""

    host: str
    agents: int
    """How many prompts with the question stand in this context."""
    writes: int
    """Tokens and latent steps that are written into it, at most."""


def readers(lane: LanePlan) -> Iterator[Reader]:
    """The contexts of a lane, the fullest of each kind."""
    if isinstance(lane, SingleLane | TextMASLane):
        yield Reader(lane.host, 1, lane.decoding.max_tokens)
    elif isinstance(lane, LatentMASLane):
        thinkers = len(lane.agents) - 1
        yield Reader(lane.host, len(lane.agents), thinkers * lane.steps + lane.decoding.max_tokens)
    elif isinstance(lane, MoALane):
        for proposer in lane.proposers:
            yield Reader(proposer.host, 1, proposer.decoding.max_tokens)
        yield Reader(lane.aggregator.host, 1, lane.aggregator.decoding.max_tokens)
    elif isinstance(lane, GatedLane):
        yield Reader(lane.host, 1, lane.decoding.max_tokens)
        yield from readers(lane.moa)


def written(lane: LanePlan) -> int:
    """Most tokens and latent steps that a lane can write."""
    if isinstance(lane, SingleLane):
        return lane.decoding.max_tokens
    if isinstance(lane, TextMASLane):
        return len(lane.agents) * lane.decoding.max_tokens
    if isinstance(lane, LatentMASLane):
        return (len(lane.agents) - 1) * lane.steps + lane.decoding.max_tokens
    if isinstance(lane, MoALane):
        drafts = sum(p.decoding.max_tokens for p in lane.proposers)
        return lane.layers * drafts + lane.aggregator.decoding.max_tokens
    return lane.decoding.max_tokens + written(lane.moa)


def lane_hosts(lane: LanePlan) -> list[str]:
    """The models that a lane needs, each once, in order of use."""
    return list(dict.fromkeys(reader.host for reader in readers(lane)))


def check_budget(plan: Plan, limits: Limits) -> None:
    """Refuse a plan that asks for more than the service gives.

    Raises:
        BadInput: one sentence with the limit, what was asked for, and what to lower.
    """
    if isinstance(plan.problem, Problem):
        chars = len(plan.problem.question) + len(plan.problem.facts)
        if chars > limits.max_question_chars:
            raise BadInput(
                f"The question is too long: expected at most {limits.max_question_chars} characters, got {chars}; "
                "shorten it."
            )
    tokens = sum(written(lane) for lane in plan.lanes)
    if tokens > limits.max_tokens:
        raise BadInput(
            f"This run could write {tokens} tokens and latent steps: expected at most {limits.max_tokens} per run; "
            "lower max_tokens, the steps, or the number of lanes and proposers."
        )


def question_limit(plan: Plan, hosts: Callable[[str], Host]) -> tuple[int, str]:
    """How many tokens question and facts may have together, and the lane and model that set this limit.

    The room for each role's own words is taken from the prompt template's length: about 24 tokens per agent.
    """
    best, why = 2**31, ""
    for lane in plan.lanes:
        for reader in readers(lane):
            host = hosts(reader.host)
            window = getattr(host, "window", 2**31)
            room = (window - reader.writes - reader.agents * ROLE_TOKENS) // reader.agents
            if room < best:
                best, why = room, f"{lane.title} on {reader.host} (window {window})"
    return best, why


ROLE_TOKENS = 24


def check_length(plan: Plan, problem: Problem, hosts: Callable[[str], Host]) -> None:
    """Refuse a question that does not fit into every model's window together with what will be written.

    Raises:
        BadInput: one sentence with the limit in tokens and the length.
    """
    limit, where = question_limit(plan, hosts)
    for name in dict.fromkeys(name for lane in plan.lanes for name in lane_hosts(lane)):
        length = count_tokens(hosts(name), f"{problem.facts} {problem.question}".strip())
        if length > limit:
            raise BadInput(
                f"The question is too long for {where}: expected at most {max(limit, 0)} tokens of question and "
                f"facts, got {length}; shorten it, or lower the steps, max_tokens or the number of agents."
            )


def count_tokens(host: Any, text: str) -> int:
    """Tokens of a text in a host's tokenizer, without any template; 0 for a remote host."""
    tokenizer = getattr(host, "tokenizer", None)
    return len(tokenizer.encode(text, add_special_tokens=False)) if tokenizer is not None else 0
