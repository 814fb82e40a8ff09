"""Ablate the memory of a recorded LatentMAS answer: the same run with one thing taken from its
hand-over.

The prompts are read from the record's events, the thoughts are thought again, then the last agent
answers on what is left. The answer's negative log-likelihood stands beside that of the run as it
was.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch

from lab import worlds
from lab.engine.memory import LatentMemory
from lab.errors import BadInput, LabError, SpaceMismatch
from lab.events import AgentFinished, AgentStarted, Kind, LaneFinished, PromptRead
from lab.experiments.interventions import caches
from lab.experiments.transfer.receiver import ask
from lab.experiments.transfer.relay_problems import answer_ids
from lab.methods import load_prompts
from lab.methods.chain import Thinker, Wiring, received, think_through
from lab.models.host import Host
from lab.models.hosts import Hosts
from lab.plan import LatentMASLane
from lab.records import Ablation, Record
from lab.roster import lane_cards, plan_of_lane
from lab.words import say

CONDITIONS = {
    "as it was": "the hand-over as it was",
    "none": "no hand-over",
    "prompt only": "only the slots of the prompts",
    "latents only": "only the slots of the thoughts",
    "wrong problem": "the thoughts of another problem",
    "noise": "random numbers of equal length",
    "foreign model": "the thoughts of another model",
}
FOREIGN = ("pocket-reseed", "pocket-same-embed", "pocket-textonly")
"""Models that may stand in as the foreign one; the first of equal shape that is on this machine."""
WORDS = 24
OTHER_SEED = 7919


@dataclass(frozen=True)
class AblationResult:
    """What the last agent says when something is missing."""

    condition: str
    title: str
    answer: str
    correct: bool | None
    """None where the truth is unknown."""
    nll: float
    """Nats of ``target``, given what was handed over."""
    target: str
    """The right answer; where the truth is unknown the answer of the run as it was."""
    slots: int
    """Slots that were handed over."""
    seconds: float
    note: str = ""

    def kept(self) -> Ablation:
        """What a record keeps of it."""
        return Ablation(
            answer=self.answer,
            correct=self.correct,
            target=self.target,
            nll=self.nll,
            note=self.note,
        )


@dataclass(frozen=True)
class _Turn:
    agent: str
    role: str
    ids: list[int]
    steps: int


def ablate(record: Record, lane: str, condition: str, hosts: Hosts) -> AblationResult:
    """Run the last agent of a LatentMAS lane again under one condition.

    Args:
        lane: the lane's id in the record.
        condition: a key of `CONDITIONS`.

    Raises:
        BadInput: for an unknown condition or a lane that hands over no latents.
        ModelUnavailable: if the lane's model (or a foreign one) is not on this machine.
    """
    if condition not in CONDITIONS:
        raise BadInput(
            say(
                "error.ablate.unknown_ablation_choose",
                condition=condition,
                names=", ".join(CONDITIONS),
            )
        )
    began = time.perf_counter()
    plan, turns = _recorded(record, lane)
    host = hosts(plan.host)
    *thinkers, speaker = turns
    memory, note = _handed_over(record, lane, plan, thinkers, host, condition, hosts)
    slots = memory.row_len(0)
    target = target_of(record, lane)
    reply = ask(host, memory, [speaker.ids], [answer_ids(host, target)], max_tokens=WORDS)
    answer = host.text(reply.said[0]).strip()
    return AblationResult(
        condition,
        CONDITIONS[condition],
        answer,
        worlds.judge_asked(record.problem, answer)[1],
        float(reply.nll[0]),
        target,
        slots,
        time.perf_counter() - began,
        note,
    )


def target_of(record: Record, lane: str) -> str:
    """What is scored: the right answer, or where the truth is unknown what the lane said.

    Raises:
        BadInput: if there is neither.
    """
    finished = [e for e in record.events if isinstance(e, LaneFinished) and e.lane == lane]
    truth = record.meta["problem"].get("truth")
    target = str(truth or (finished[-1].answer if finished else ""))
    if not target:
        raise BadInput(say("error.ablate.run_neither_known_truth"))
    return target


def _recorded(record: Record, lane: str) -> tuple[LatentMASLane, list[_Turn]]:
    """The lane's plan and the turns of its agents, from the events."""
    plan = plan_of_lane(record.plan, lane)
    started = [e for e in record.events if isinstance(e, AgentStarted) and e.lane == lane]
    prompts = {
        e.agent: list(e.ids) for e in record.events if isinstance(e, PromptRead) and e.lane == lane
    }
    steps = {
        e.agent: e.latent_steps
        for e in record.events
        if isinstance(e, AgentFinished) and e.lane == lane
    }
    roles = tuple(e.role for e in started)
    if isinstance(plan, LatentMASLane) and plan.is_control:
        raise BadInput(say("error.ablate.lane_s_hand_over"))
    if isinstance(plan, LatentMASLane) and plan.agents == roles and len(prompts) == len(roles):
        return plan, [
            _Turn(e.agent, e.role, prompts[e.agent], steps.get(e.agent, plan.steps))
            for e in started
        ]
    raise BadInput(say("error.ablate.lane_hands_over_no"))


def _handed_over(
    record: Record,
    lane: str,
    plan: LatentMASLane,
    thinkers: list[_Turn],
    host: Host,
    condition: str,
    hosts: Hosts,
) -> tuple[LatentMemory, str]:
    if condition == "none":
        return LatentMemory(host), ""
    note = ""
    if condition == "wrong problem":
        thinkers, note = _elsewhere(record, lane, plan, thinkers, host)
    if condition == "foreign model":
        foreign = _foreign(host, hosts)
        memory = received(_think(plan, thinkers, foreign), host)
        return memory, say("said.ablate.thought_by", name=foreign.name)
    memory = _think(plan, thinkers, host)
    if condition in ("prompt only", "latents only"):
        kind: Kind = "prompt" if condition == "prompt only" else "latent"
        memory.crop(memory.columns(kind=kind))
    elif condition == "noise":
        memory = caches.noise(memory, torch.Generator().manual_seed(0))
    return memory, note


def _think(plan: LatentMASLane, thinkers: list[_Turn], host: Host) -> LatentMemory:
    """The memory before the last agent, thought again."""
    return think_through(
        host,
        [Thinker(turn.agent, [turn.ids], turn.steps) for turn in thinkers],
        Wiring.of(plan),
        layer=plan.layer,
        alignment=plan.alignment,
    )


def _elsewhere(
    record: Record, lane: str, plan: LatentMASLane, thinkers: list[_Turn], host: Host
) -> tuple[list[_Turn], str]:
    """The same thinkers in front of another problem of the same world with another answer."""
    known = record.meta["problem"]
    if not known.get("world"):
        raise BadInput(say("error.ablate.another_problem_can_only"))
    prompts, seed = (
        load_prompts(record.meta["plan"].get("prompts", "pocket")),
        int(known.get("seed") or 0),
    )
    other = next(
        p
        for i in range(1, 50)
        if (
            p := worlds.make_problem(
                known["world"], seed + OTHER_SEED * i, depth=known.get("depth")
            )
        ).truth
        != known.get("truth")
    )
    cards = lane_cards(plan, lane, record.problem.facts_for)
    out = []
    for turn, card in zip(thinkers, cards, strict=False):  # the last card is the speaker's
        facts = other.facts if card.sees_facts else ""
        messages = prompts.messages(turn.role, other.question, facts)
        out.append(
            _Turn(turn.agent, turn.role, host.render(messages, **prompts.template), turn.steps)
        )
    return out, f"{other.text} (right there: {other.truth})"


def _foreign(host: Host, hosts: Hosts) -> Host:
    for name in FOREIGN:
        try:
            other = hosts(name)
        except LabError:
            continue
        shape = (other.n_layers, other.n_kv_heads, other.head_dim, other.vocab_size)
        if other.digest != host.digest and shape == (
            host.n_layers,
            host.n_kv_heads,
            host.head_dim,
            host.vocab_size,
        ):
            return other
    raise SpaceMismatch(
        say(
            "error.ablate.no_other_model_s",
            name=host.name,
            names=", ".join(FOREIGN),
            foreign=FOREIGN[0],
        )
    )
