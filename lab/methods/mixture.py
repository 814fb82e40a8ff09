"""A Mixture-of-Agents, whoever runs it: who is asked in which order, with which drafts, and what
becomes of a draft that failed or does not fit.

Source: arXiv 2406.04692, figure 2. The lane that streams events (`lab.methods.moa`) and the team
that answers many questions at once (`lab.experiments.moa.team`, from which the ability table of the
pocket models comes too) both run `rounds` and word their prompts with `prompt_for`. It knows
neither models nor events.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from lab.worlds.prompts import PromptSet

A = TypeVar("A")
Messages = list[dict[str, str]]


@dataclass(frozen=True)
class Proposal:
    """What a proposer wrote to one question."""

    writer: str
    text: str
    failed: bool = False
    """Its model broke off (a remote endpoint)."""

    @property
    def fault(self) -> str:
        """Why it is not passed on, as a verb phrase; empty for a draft that is."""
        if self.failed:
            return "failed"
        if not self.text:
            return "said nothing"
        if not any(char.isprintable() and not char.isspace() for char in self.text):
            return "said control characters only"
        return ""


def passed_on(drafts: Sequence[Proposal]) -> tuple[Proposal, ...]:
    """The drafts that others get to read; those with a fault drop out, the others move up."""
    return tuple(draft for draft in drafts if not draft.fault)


@dataclass(frozen=True)
class Round(Generic[A]):
    """Agents that work side by side."""

    agents: tuple[A, ...]
    drafts: tuple[tuple[Proposal, ...], ...]
    """By question: what each of them reads, in order. Empty in the first round."""


def rounds(
    layers: Sequence[Sequence[A]], questions: int = 1
) -> Generator[Round[A], Sequence[Sequence[Proposal]], None]:
    """The rounds of a mixture; send back what the agents of a round said to get the next one.

    Args:
        layers: the agents layer by layer; the last layer is the aggregator alone.
        questions: how many are answered side by side.

    Yields:
        a round; expects the drafts by agent, then by question.
    """
    read: tuple[tuple[Proposal, ...], ...] = ((),) * questions
    for agents in layers:
        said = yield Round(tuple(agents), read)
        read = tuple(passed_on(drafts) for drafts in zip(*said, strict=True))


@dataclass(frozen=True)
class Cut:
    """A draft that was shortened at its end."""

    writer: str
    words: int
    kept: int


@dataclass(frozen=True)
class WordedPrompt:
    """The prompt of one agent for one question."""

    messages: Messages
    ids: tuple[int, ...] = ()
    """As the model's chat template writes them; empty for a remote model."""
    needed: int = 0
    """Tokens of the prompt with nothing cut."""
    cuts: tuple[Cut, ...] = ()


def prompt_for(
    prompts: PromptSet,
    role: str,
    question: str,
    facts: str,
    drafts: Sequence[Proposal],
    *,
    render: Callable[[Messages], list[int]] | None = None,
    room: int = 0,
) -> WordedPrompt:
    """An agent's prompt with the drafts as numbered references.

    Args:
        role: of `presets/prompts`: proposer, refiner or aggregator.
        question, facts: of the problem; no facts for an agent that does not see them.
        drafts: what it is shown, in the order of the references.
        render: messages → token ids; None for a remote model, whose window is its own affair.
        room: most tokens that the prompt may have. If it has more, the longest drafts are cut at
            their ends, a quarter of their words at a time, down to one word each.
    """
    texts = [draft.text for draft in drafts]

    def worded() -> Messages:
        return prompts.messages(role, question, facts, drafts=texts)

    messages = worded()
    if render is None:
        return WordedPrompt(messages)
    ids = render(messages)
    needed = len(ids)
    while len(ids) > room and any(len(text.split()) > 1 for text in texts):
        longest = max(range(len(texts)), key=lambda i: len(texts[i].split()))
        words = texts[longest].split()
        texts[longest] = " ".join(words[: max(1, len(words) * 3 // 4)])
        messages = worded()
        ids = render(messages)
    cuts = tuple(
        Cut(draft.writer, len(draft.text.split()), len(text.split()))
        for draft, text in zip(drafts, texts, strict=True)
        if len(text.split()) < len(draft.text.split())
    )
    return WordedPrompt(messages, tuple(ids), needed, cuts)


def room_for(window: int, max_tokens: int) -> int:
    """Tokens that a prompt may have so that an answer (or a quarter of the window) still fits.

    Args:
        window: the model's longest context in tokens.
        max_tokens: most tokens of the answer.
    """
    return window - min(max_tokens, window // 4)
