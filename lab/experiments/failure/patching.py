"""Activation patching between the agents of a recorded run: a thought of one is given to another,
and that one is asked.

An agent that speaks finds the thought after what it was handed over, before its own prompt. One
that thinks has it in the place of its own thought of the same number and goes on from there; it is
then asked with the prompt of its lane's last agent, because it says nothing by itself. The same
agent without the thought and with random vectors of the same length are measured beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from lab import worlds
from lab.engine.align import Aligned
from lab.engine.memory import LatentMemory
from lab.engine.rollout import Thinking, generate_latent
from lab.errors import BadInput
from lab.events import PromptRead
from lab.experiments.failure.ablate import WORDS, target_of
from lab.experiments.interventions.vectors import noise, place, require_width
from lab.experiments.transfer.receiver import ask
from lab.experiments.transfer.relay_problems import answer_ids
from lab.methods import load_prompts
from lab.methods.replay import Replayed, lane_plan, replay
from lab.models.host import Host
from lab.models.hosts import Hosts, local
from lab.plan import ThinkingLane
from lab.records import Record
from lab.roster import AgentCard, lane_cards
from lab.words import say

Given = Literal["nothing", "thought", "random", "thoughts", "randoms"]
"""``thought``: the one alone; ``thoughts``: with all that its agent thought before it. ``random``
and ``randoms``: as many random vectors of the same lengths."""


@dataclass(frozen=True)
class ThoughtAt:
    """A thought of a record."""

    lane: str
    agent: str
    step: int
    """From 1."""


@dataclass(frozen=True)
class GivenAnswer:
    """What the receiver said."""

    given: Given
    answer: str
    correct: bool | None
    """None where the truth is unknown."""
    nll: float
    """Nats of the target, see `target_of`."""


@dataclass(frozen=True)
class Patched:
    """All that was measured on one thought and one receiver."""

    answers: tuple[GivenAnswer, ...]
    target: str
    sender: str
    """Model whose thought it is."""
    receiver: str
    """Model that was given it."""
    same_space: bool
    """Whether they are one model: only then are its numbers the receiver's own."""
    own_step: int
    """Number of the receiver's own thought that it replaced; 0 for one that speaks."""
    agrees: bool
    """Both lanes, run again, said what the record says."""


def give_thought(
    record: Record, thought: ThoughtAt, lane: str, agent: str, hosts: Hosts
) -> Patched:
    """Ask an agent with a thought of another (or of its own) in front of it, and with the controls.

    Args:
        record: a finished run.
        thought: which one is given.
        lane, agent: to whom.
        hosts: name as in the plan → host (a pool's ``get``).

    Raises:
        BadInput: if the agents or the thought are not in the record, or one is at an endpoint.
        SpaceMismatch: if the receiver reads vectors of another width.
        ModelUnavailable: if a model is not here, or is another one than the record's.
    """
    there, fed = _thought(record, thought, hosts)
    receiver = _Receiver(record, lane, agent, hosts)
    vectors = require_width(fed, there.host, receiver.there.host)
    answers = []
    for given, chosen in _choices(vectors).items():
        said, nll = receiver.answer(chosen, thought.step)
        answers.append(GivenAnswer(given, said, worlds.judge_asked(record.problem, said)[1], nll))
    return Patched(
        tuple(answers),
        receiver.target,
        there.host.name,
        receiver.there.host.name,
        there.host.digest == receiver.there.host.digest,
        receiver.place_of(1, thought.step),
        there.agrees and receiver.there.agrees,
    )


def _choices(vectors: Tensor) -> dict[Given, Tensor]:
    """What is given in turn, (1, n, D) each, of all thoughts up to the chosen one."""
    last = vectors[:, -1:]
    found: dict[Given, Tensor] = {
        "nothing": vectors[:, :0],
        "thought": last,
        "random": noise(last, torch.Generator().manual_seed(0)),
    }
    if vectors.shape[1] > 1:
        found["thoughts"] = vectors
        found["randoms"] = noise(vectors, torch.Generator().manual_seed(0))
    return found


def _thought(record: Record, thought: ThoughtAt, hosts: Hosts) -> tuple[Replayed, Tensor]:
    """The sender before it reads, and its thoughts up to the wanted one as they were fed, (1, k,
    D)."""
    plan = _thinking(record, thought.lane)
    there = replay(record, thought.lane, thought.agent, hosts, "latent", thought.step)
    start = replay(record, thought.lane, thought.agent, hosts, "start")
    thinking = Thinking(thought.step, plan.layer, Aligned(plan.alignment))
    ids = _prompt(record, thought.lane, thought.agent)
    return there, generate_latent(start.host, [ids], thinking, start.memory).fed


def _thinking(record: Record, lane: str) -> ThinkingLane:
    plan = lane_plan(record, lane)
    if not isinstance(plan, ThinkingLane):
        raise BadInput(say("error.patching.lane_no_thoughts", lane=lane))
    return plan


def _prompt(record: Record, lane: str, agent: str) -> list[int]:
    read = (e for e in record.events if isinstance(e, PromptRead))
    return next((list(e.ids) for e in read if (e.lane, e.agent) == (lane, agent)), [])


class _Receiver:
    """An agent as the record found it, asked again and again."""

    def __init__(self, record: Record, lane: str, agent: str, hosts: Hosts) -> None:
        cards = {
            c.name: c for c in lane_cards(lane_plan(record, lane), lane, record.problem.facts_for)
        }
        if agent not in cards:
            raise BadInput(say("error.patching.no_agent", agent=agent, lane=lane))
        self.record, self.lane, self.card = record, lane, cards[agent]
        local(hosts(self.card.host))
        self.there = replay(record, lane, agent, hosts, "start")
        self.own = _prompt(record, lane, agent)
        self.target = target_of(record, lane)
        self.thinks = self.card.max_tokens == 0
        self.asked = self._question(list(cards.values())[-1]) if self.thinks else self.own

    def _question(self, last: AgentCard) -> list[int]:
        """The prompt of the lane's last agent, for this agent's model."""
        problem, prompts = self.record.problem, load_prompts(self.record.plan.prompts)
        facts = problem.facts if last.sees_facts else ""
        messages = prompts.messages(last.role, problem.question, facts)
        return self.there.host.render(messages, **prompts.template)

    def place_of(self, number: int, step: int) -> int:
        """Number of its own thought that the first of so many given ones replaces, from 1; 0 for
        one that speaks.

        Args:
            number: of thoughts given.
            step: of the sender's that is the last of them.
        """
        return max(1, min(step, self.card.steps) - number + 1) if self.thinks else 0

    def answer(self, given: Tensor, step: int) -> tuple[str, float]:
        """What it says, and the nats of the target.

        Args:
            given: (1, n, D) vectors, in place of the sender's thoughts up to ``step``.
        """
        host, memory = self.there.host, self.there.memory.fork()
        if self.thinks:
            memory = self._thought(memory, given, self.place_of(given.shape[1], step))
        else:
            memory = place(memory, given)
        most = WORDS if self.thinks else max(WORDS, self.card.max_tokens)
        reply = ask(host, memory, [self.asked], [answer_ids(host, self.target)], most)
        return host.text(reply.said[0]).strip(), float(reply.nll[0])

    def _thought(self, memory: LatentMemory, given: Tensor, first: int) -> LatentMemory:
        """Its memory after it has read its prompt and thought, given vectors among its own."""
        plan = _thinking(self.record, self.lane)
        own = Aligned(plan.alignment)
        number = given.shape[1]
        steps = max(self.card.steps, first + number - 1) if number else self.card.steps
        taken = iter(range(1, steps + 1))

        def feed(host: Host, hidden: Tensor, layer: int) -> Tensor:
            at = next(taken) - first
            return given[:, at] if 0 <= at < number else own(host, hidden, layer)

        thinking = Thinking(steps, plan.layer, feed)
        return generate_latent(self.there.host, [self.own], thinking, memory, self.card.name).memory
