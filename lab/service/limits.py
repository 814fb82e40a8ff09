"""How much one run may ask for, and whether a question fits: decided before anything is computed.

Budgets protect a classroom from one plan that holds the device for an hour; a question's length is
measured in the tokens of each model that has to read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from lab.errors import BadInput
from lab.models.remote import RemoteHost
from lab.plan import (
    GatedLane,
    HybridLane,
    LanePlan,
    LatentMASLane,
    MoALane,
    Plan,
    PlanProblem,
    RoutedLane,
    SingleLane,
    TextMASLane,
)
from lab.roster import lane_cards, lane_hosts
from lab.words import say

if TYPE_CHECKING:
    from lab.models.hosts import AnyHost, AnyHosts
    from lab.worlds.prompts import PromptSet


UNLIMITED = 2**31
RESERVED_WORDS = 64
"""Room that is kept for an answer; longer ones may be cut at the window's end."""


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
    roles: tuple[str, ...]
    """Roles whose prompts stand in this context, each with the question."""
    steps: int = 0
    """Latent steps that are written into it."""
    words: int = 0
    """Tokens of text that are written into it, at most."""


def readers(lane: LanePlan) -> Iterator[Reader]:
    """The contexts of a lane. Drafts and words heard from others come on top; the methods cut them
    where needed."""
    cards = [card for card in lane_cards(lane) if card.layer == 1]
    match lane:
        case LatentMASLane() | HybridLane():  # all on one cache, at least once it is joined
            roles = tuple(card.role for card in cards)
            yield Reader(
                lane.host, roles, sum(c.steps for c in cards), sum(c.max_tokens for c in cards)
            )
        case SingleLane() | TextMASLane() | MoALane() | GatedLane() | RoutedLane():
            for card in cards:
                yield Reader(card.host, (card.role,), words=card.max_tokens)
        case _:
            assert_never(lane)


def written(lane: LanePlan) -> int:
    """Most tokens and latent steps that a lane can write."""
    return sum(card.max_tokens + card.steps for card in lane_cards(lane))


def check_budget(plan: Plan, limits: Limits) -> None:
    """Refuse a plan that asks for more than the service gives.

    Raises:
        BadInput: one sentence with the limit, what was asked for, and what to lower.
    """
    if isinstance(plan.problem, PlanProblem):
        chars = len(plan.problem.question) + len(plan.problem.facts)
        if chars > limits.max_question_chars:
            raise BadInput(
                say(
                    "error.limits.question_too_long_most",
                    max_question_chars=limits.max_question_chars,
                    chars=chars,
                )
            )
    tokens = sum(written(lane) for lane in plan.lanes)
    if tokens > limits.max_tokens:
        raise BadInput(
            say("error.limits.run_could_write_tokens", tokens=tokens, max_tokens=limits.max_tokens)
        )


def question_limit(plan: Plan, prompts: PromptSet, hosts: AnyHosts) -> tuple[int, str]:
    """How many tokens question and facts may have together.

    Returns:
        the limit, and the lane, model and window that set it. Remote hosts set none.

    Raises:
        BadInput: if a lane names a role that the prompt set does not have.
    """
    best, why = UNLIMITED, say("said.service.no_model")
    for lane in plan.lanes:
        for reader in readers(lane):
            host = hosts(reader.host)
            messages = [prompts.messages(role, question="") for role in reader.roles]
            if isinstance(host, RemoteHost):
                continue
            own = sum(len(host.render(m, **prompts.template)) for m in messages)
            room = host.window - reader.steps - min(reader.words, RESERVED_WORDS) - own
            if room // len(reader.roles) < best:
                best = room // len(reader.roles)
                why = say(
                    "said.service.window",
                    title=lane.title,
                    host=reader.host,
                    window=host.window,
                )
    return best, why


def check_length(plan: Plan, problem: PlanProblem, prompts: PromptSet, hosts: AnyHosts) -> None:
    """Refuse a question that does not fit into every model's window together with what will be
    written.

    Raises:
        BadInput: one sentence with the limit in tokens and the length.
    """
    limit, where = question_limit(plan, prompts, hosts)
    text = f"{problem.facts} {problem.question}".strip()
    for name in dict.fromkeys(name for lane in plan.lanes for name in lane_hosts(lane)):
        length = count_tokens(hosts(name), text)
        if length > limit:
            raise BadInput(
                say(
                    "error.limits.question_too_long_most_2",
                    where=where,
                    limit=max(limit, 0),
                    length=length,
                )
            )


def count_tokens(host: AnyHost, text: str) -> int:
    """Tokens of a text in a host's tokenizer, without any template; 0 for a remote host."""
    if isinstance(host, RemoteHost) or host.tokenizer is None:
        return 0
    return len(host.tokenizer.encode(text, add_special_tokens=False))
