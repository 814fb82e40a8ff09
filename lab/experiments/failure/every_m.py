"""Every m at once: a LatentMAS team whose thinkers take 0, 1, 2 … latent steps, a row of the batch
for each.

A row's surplus steps are hidden before the next agent reads, so that every row is the run that its
own m would have been. Beside it stand the floor (the last agent alone) and the ceiling (the same
agents handing over words).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lab import worlds
from lab.engine.decode import generate_text
from lab.engine.memory import LatentMemory
from lab.errors import ModelUnavailable
from lab.methods import load_prompts
from lab.methods.chain import Thinker, Wiring, think_through
from lab.methods.textmas import talk_through
from lab.models.host import Host
from lab.models.hosts import Hosts
from lab.plan import Decoding, LatentMASLane, PlanProblem, TextMASLane
from lab.records.step_sweeps import (
    MOST,
    TEAM,
    AnswerSweep,
    ProblemAsked,
    RateAsked,
    RateSweep,
    SweepReply,
    ThinkingTeam,
)
from lab.roster import AgentCard, lane_cards
from lab.words import say
from lab.worlds.prompts import PromptSet

FIRST_SEED = 500_000
"""Of the problems of a rate: held out from training, and far from those of the presets."""
AT_ONCE = 8
"""Problems of a rate that are answered side by side, each with every m."""
ANSWER = Decoding(max_tokens=24)
THOUGHT = Decoding(max_tokens=64)


def sweep_answers(asked: ProblemAsked, hosts: Hosts, most: int = MOST) -> AnswerSweep:
    """The answers to one problem for m = 0 … ``most``.

    Args:
        hosts: name as in the plan → host.

    Raises:
        ModelUnavailable: if the model is not here, or is another one than was asked for.
    """
    problem = PlanProblem(question=asked.question, facts=asked.facts, truth=asked.truth)
    stand = _Stand(asked.team, hosts, [problem])
    at = stand.latent(range(most + 1))
    return AnswerSweep(asked=asked, at=tuple(at), nothing=stand.alone()[0], text=stand.words()[0])


def sweep_rates(
    asked: RateAsked,
    hosts: Hosts,
    most: int = MOST,
    progress: Callable[[float], Any] = lambda _: None,
) -> RateSweep:
    """Right answers among problems of a kind for m = 0 … ``most``.

    Args:
        hosts: name as in the plan → host.
        progress: told the share that is done.

    Raises:
        ModelUnavailable: if the model is not here, or is another one than was asked for.
    """
    total: RateSweep | None = None
    for start in range(0, asked.n, AT_ONCE):
        part = asked.model_copy(update={"n": min(AT_ONCE, asked.n - start)})
        total = joined(total, rates_from(part, hosts, start, most))
        progress(total.asked.n / asked.n)
    assert total is not None
    return total


def rates_from(asked: RateAsked, hosts: Hosts, start: int, most: int = MOST) -> RateSweep:
    """A part of `sweep_rates`: ``asked.n`` problems from number ``start`` on.

    Args:
        asked, hosts, most: as there.
    """
    made = worlds.make_problems(
        asked.world,
        asked.n,
        seed=FIRST_SEED + start,
        depth=asked.depth,
        distractors=asked.distractors,
    )
    problems = [
        PlanProblem(
            question=p.question,
            facts=p.facts,
            truth=p.truth,
            world=p.world,
            seed=p.seed,
            depth=asked.depth,
        )
        for p in made
    ]
    stand, counts = _Stand(asked.team, hosts, problems), range(most + 1)
    right = [0] * len(counts)
    for place, reply in enumerate(stand.latent(counts)):
        right[place % len(counts)] += bool(reply.correct)
    nothing = sum(bool(reply.correct) for reply in stand.alone())
    text = sum(bool(reply.correct) for reply in stand.words())
    return RateSweep(asked=asked, at=tuple(right), nothing=nothing, text=text)


def joined(one: RateSweep | None, more: RateSweep) -> RateSweep:
    """Two parts as one; the first may be missing."""
    if one is None:
        return more
    return RateSweep(
        asked=one.asked.model_copy(update={"n": one.asked.n + more.asked.n}),
        at=tuple(a + b for a, b in zip(one.at, more.at, strict=True)),
        nothing=one.nothing + more.nothing,
        text=one.text + more.text,
    )


@dataclass
class _Stand:
    """Some problems in front of one team."""

    team: ThinkingTeam
    hosts: Hosts
    problems: Sequence[PlanProblem]

    def __post_init__(self) -> None:
        self.host: Host = self.hosts(self.team.host)
        if self.host.digest != self.team.digest:
            raise ModelUnavailable(
                say(
                    "error.every_m.not_model_record_digest",
                    host=self.team.host,
                    digest=self.team.digest[:12],
                    digest2=self.host.digest[:12],
                )
            )
        self.prompts: PromptSet = load_prompts(self.team.prompts)
        self.plan = LatentMASLane.model_validate(self.team.model_dump(include=set(TEAM)))
        *self.thinkers, self.speaker = self._cards(self.plan)

    def latent(self, counts: Sequence[int]) -> list[SweepReply]:
        """Replies by problem and, within it, by number of latent steps."""
        n = len(self.problems)
        thinkers = [
            Thinker(card.name, [self._ids(card, i) for i in range(n)], max(counts))
            for card in self.thinkers
        ]
        memory = think_through(
            self.host,
            thinkers,
            Wiring(self.plan.topology, self.plan.cache, max(counts)),
            layer=self.plan.layer,
            alignment=self.plan.alignment,
            rows=n,
            counts=counts,
        )
        return self._said(memory, len(counts))

    def alone(self) -> list[SweepReply]:
        """Replies by problem of the last agent, to whom nothing is handed over."""
        return self._said(LatentMemory(self.host, len(self.problems)), 1)

    def words(self) -> list[SweepReply]:
        """Replies by problem of the same agents when they hand over words."""
        plan = TextMASLane(host=self.team.host, agents=self.team.agents)
        texts = talk_through(self.host, self._cards(plan), self._ids, THOUGHT, len(self.problems))
        return [self._judged(i, text) for i, text in enumerate(texts)]

    def _cards(self, plan: LatentMASLane | TextMASLane) -> tuple[AgentCard, ...]:
        first = self.team.facts_for == "first"
        return lane_cards(plan, facts_for="first" if first else "everyone")

    def _ids(self, card: AgentCard, i: int, heard: Sequence[tuple[str, str]] = ()) -> list[int]:
        problem = self.problems[i]
        facts = problem.facts if card.sees_facts else ""
        messages = self.prompts.messages(card.role, problem.question, facts, heard)
        return self.host.render(messages, **self.prompts.template)

    def _said(self, memory: LatentMemory, each: int) -> list[SweepReply]:
        """What the last agent says on top of a memory, which is used up."""
        handed = [(memory.row_len(row), memory.row_bytes(row)) for row in range(memory.rows)]
        prompts = [
            ids for i in range(len(self.problems)) for ids in [self._ids(self.speaker, i)] * each
        ]
        texts = generate_text(self.host, prompts, memory, ANSWER, self.speaker.name).texts
        return [self._judged(row // each, text, *handed[row]) for row, text in enumerate(texts)]

    def _judged(self, i: int, text: str, slots: int = 0, size: int = 0) -> SweepReply:
        answer = text.strip()
        value, correct = worlds.judge_asked(self.problems[i], answer)
        return SweepReply(answer=answer, value=value, correct=correct, slots=slots, bytes=size)
