"""Experiment “plane”: m latent steps × n proposers × layers; where does depth pay, where breadth?

Every proposer reads the question (and, on the ledger, the facts), thinks m latent steps, and then
either writes a draft or hands over its cache as it is (KV-MoA). Drafts are voted on, or read by a
judge who never sees the facts; caches are joined and read by the same judge. Cost is counted in
passes that write something, a latent step or a token, so that settings of equal cost can be
compared. Beside them stand the judge alone, drafts and caches of another question, and proposers
that think in words.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from pydantic import Field

from lab import worlds
from lab.engine.decode import generate_text
from lab.engine.give import give_to
from lab.engine.memory import LatentMemory
from lab.experiments.harness.driver import Watch
from lab.experiments.moa.team import Arm, Member, fill_parts, majority
from lab.experiments.transfer.conditions import Think
from lab.experiments.transfer.relay_problems import other_row
from lab.experiments.transfer.sender import Thoughts, think
from lab.models.host import Host
from lab.models.hosts import Hosts
from lab.plan import Decoding, Strict
from lab.records.results import Metric, ResultTable
from lab.worlds.prompts import pocket_prompts

METRICS = (
    Metric("accuracy", "share", "rate", "high"),
    Metric("passes", "passes", "mean", "low"),
    Metric("bytes", "bytes", "mean", "low"),
)
"""``passes``: latent steps and tokens written by all agents together; ``bytes``: what reaches the
judge."""
World = Literal["ledger", "almanac"]


class Settings(Strict):
    """The plane."""

    n: int = Field(120, ge=2, le=720)
    seed: int = Field(0, ge=0)
    worlds: tuple[World, ...] = ("ledger", "almanac")
    steps: tuple[int, ...] = Field((0, 4, 8, 16, 24, 36), min_length=1)
    sizes: tuple[int, ...] = Field((1, 2, 3, 6), min_length=1)
    """Proposers side by side; caches are joined for as many as there are different models."""
    layers: tuple[int, ...] = Field((1, 2, 3), min_length=1)
    """Layers of proposers that write; those of a later one read the drafts before."""
    deep_sizes: tuple[int, ...] = (1, 3)
    """Proposers of a layer where there are several layers, as far as they are among ``sizes``."""
    proposers: tuple[str, ...] = Field(
        ("pocket-scholar-1", "pocket-scholar-2", "pocket-scholar-3"), min_length=1
    )
    aggregator: str = "pocket-base"
    heat: float = Field(0.7, gt=0.0, le=5.0)
    """Temperature of a model that stands in a layer a second time."""
    max_tokens: int = Field(48, ge=1, le=256)


@dataclass(frozen=True)
class Drafts:
    """What one proposer wrote, by question."""

    texts: list[str]
    passes: list[int]
    """Latent steps and tokens."""


@dataclass
class Stand:
    """One world's questions, with what was thought and written about them."""

    settings: Settings
    hosts: Hosts
    world: World
    problems: list[worlds.Problem]
    thoughts: dict[str, Thoughts] = field(default_factory=dict)
    drafts: dict[tuple[Member, int], Drafts] = field(default_factory=dict)
    stacks: dict[tuple[int, int, int], list[list[Drafts]]] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, hosts: Hosts, world: World) -> Stand:
        """The questions of one world.

        Args:
            settings, hosts, world: what is measured.
        """
        depth = 1 if world == "almanac" else None
        made = worlds.make_problems(world, settings.n, seed=settings.seed, depth=depth)
        return cls(settings, hosts, world, made)

    def members(self, size: int) -> list[Member]:
        """The proposers of a layer; models take turns, sampled from their second turn on."""
        names = self.settings.proposers
        return [
            Member(names[i % len(names)], i // len(names), self.settings.heat * (i >= len(names)))
            for i in range(size)
        ]

    def think(self, name: str, steps: int) -> Thoughts:
        """A model's thoughts about all questions, from one rollout of the longest kind."""
        if name not in self.thoughts:
            host = self.hosts(name)
            prompts = [host.render(self._asked("solver", p, p.facts)) for p in self.problems]
            self.thoughts[name] = think(host, prompts, max(self.settings.steps), Think())
        return self.thoughts[name].first(steps)

    def written(self, member: Member, steps: int) -> Drafts:
        """A proposer of the first layer: thinks, then writes (kept)."""
        key = (member, steps)
        if key not in self.drafts:
            memory = self.think(member.name, steps).memory.fork()
            self.drafts[key] = self._write(member, memory, steps)
        return self.drafts[key]

    def stack(self, size: int, steps: int, layers: int) -> list[list[Drafts]]:
        """The drafts of every layer (kept); a stack of more layers goes on from one of fewer."""
        key = (size, steps, layers)
        if key not in self.stacks:
            members = self.members(size)
            if layers == 1:
                self.stacks[key] = [[self.written(one, steps) for one in members]]
            else:
                before = self.stack(size, steps, layers - 1)
                read = by_question(before[-1])
                self.stacks[key] = [*before, [self.refined(one, steps, read) for one in members]]
        return self.stacks[key]

    def refined(self, member: Member, steps: int, read: Sequence[Sequence[str]]) -> Drafts:
        """A proposer of a later layer: reads drafts, thinks, then writes."""
        host, made = self.hosts(member.name), pocket_prompts()
        prompts = [
            host.render(made.messages("proposer", p.question, p.facts, drafts=texts))
            for p, texts in zip(self.problems, read, strict=True)
        ]
        memory = think(host, prompts, steps, Think()).memory
        return self._write(member, memory, steps)

    def in_words(self, member: Member) -> Drafts:
        """A proposer that thinks in words instead of latents."""
        host = self.hosts(member.name)
        prompts = [host.render(self._asked("solver", p, p.facts)) for p in self.problems]
        return self._drafts(host, prompts, None, member, 0)

    def _write(self, member: Member, memory: LatentMemory, steps: int) -> Drafts:
        host = self.hosts(member.name)
        prompts = [host.render(self._asked("judger", p, "")) for p in self.problems]
        return self._drafts(host, prompts, memory, member, steps)

    def _drafts(
        self,
        host: Host,
        prompts: list[list[int]],
        memory: LatentMemory | None,
        member: Member,
        steps: int,
    ) -> Drafts:
        decodings = [
            Decoding(
                max_tokens=self.settings.max_tokens,
                temperature=member.temperature,
                seed=member.seed * 100_003 + i,
            )
            for i in range(len(prompts))
        ]
        got = generate_text(host, prompts, memory, decodings, member.name)
        return Drafts([t.strip() for t in got.texts], [steps + len(ids) for ids in got.ids])

    @staticmethod
    def _asked(role: str, problem: worlds.Problem, facts: str) -> list[dict[str, str]]:
        return pocket_prompts().messages(role, problem.question, facts)

    def judge(self, drafts: Sequence[Sequence[str]] | None, memory: LatentMemory | None) -> Drafts:
        """The judge's answers from drafts (by question) or from a memory, without the facts."""
        host, made = self.hosts(self.settings.aggregator), pocket_prompts()
        prompts = []
        for i, p in enumerate(self.problems):
            texts = list(drafts[i]) if drafts is not None else []
            if texts and self.world == "almanac":
                messages = made.messages("aggregator", p.question, "", drafts=texts)
            else:
                messages = made.messages(
                    "judger", p.question, "", heard=[("solver", text) for text in texts]
                )
            prompts.append(host.render(messages))
        return self._drafts(host, prompts, memory, Member("judge"), 0)

    def rows(
        self,
        said: Drafts,
        helpers: Sequence[Drafts | int],
        size: Sequence[int],
        place: dict[str, Any],
    ) -> list[dict[str, Any]]:
        """Per-question rows.

        Args:
            said: the judge's answers.
            helpers: the proposers' drafts, or the passes of each where none were written.
            size: bytes that reached the judge, by question.
            place: ``m``, ``proposers``, ``layers`` of the setting.
        """
        return [
            {
                "problem": p.seed,
                "accuracy": float(worlds.check(p, said.texts[i]).correct),
                "passes": float(
                    said.passes[i] + sum(h if isinstance(h, int) else h.passes[i] for h in helpers)
                ),
                "bytes": float(size[i]),
                "said": said.texts[i],
                "world": self.world,
                **place,
            }
            for i, p in enumerate(self.problems)
        ]


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Every point of the plane with its controls, world after world."""
    for name in dict.fromkeys((*settings.proposers, settings.aggregator)):
        table.host(name, hosts(name).info())
    parts = []
    for world in settings.worlds:
        parts += arms(Stand.of(settings, hosts, world))
    fill_parts(table, watch, parts)


def arms(stand: Stand) -> list[Arm]:
    """The conditions of one world.

    Args:
        stand: its questions.
    """
    settings, world = stand.settings, stand.world
    most = min(3, len(settings.proposers))
    parts = [
        Arm(f"{world}: judge alone", "floor", partial(_alone, stand), "none"),
        Arm(f"{world}: drafts of another question", "control", partial(_other_drafts, stand, most)),
        Arm(
            f"{world}: caches of another question",
            "control",
            partial(_joined, stand, most, max(settings.steps), True),
            "kv",
        ),
    ]
    parts += [
        Arm(f"{world}: {size} in words", "", partial(_in_words, stand, size))
        for size in settings.sizes
    ]
    for steps in settings.steps:
        for layers in settings.layers:
            for size in settings.sizes:
                if layers > 1 and size not in settings.deep_sizes:
                    continue
                name = f"{world}: {steps} steps × {size} × {layers}"
                where = (stand, size, steps, layers)
                parts += [
                    Arm(name, "method", partial(_written, *where)),
                    Arm(name, "method", partial(_vote, *where), "vote"),
                ]
        parts += [
            Arm(
                f"{world}: {steps} steps × {size} × 1",
                "method",
                partial(_joined, stand, size, steps),
                "kv",
            )
            for size in settings.sizes
            if size <= len(settings.proposers)
        ]
    return parts


Rows = list[dict[str, Any]]


def _alone(stand: Stand) -> Rows:
    said = stand.judge(None, None)
    return stand.rows(said, [], [0] * len(said.texts), {"m": 0, "proposers": 0, "layers": 0})


def _in_words(stand: Stand, size: int) -> Rows:
    place = {"m": -1, "proposers": size, "layers": 1}
    return _read(stand, [stand.in_words(one) for one in stand.members(size)], [], place)


def _written(stand: Stand, size: int, steps: int, layers: int) -> Rows:
    *before, now = stand.stack(size, steps, layers)
    place = {"m": steps, "proposers": size, "layers": layers}
    return _read(stand, now, [draft for layer in before for draft in layer], place)


def _voted(stand: Stand, drafts: Sequence[Sequence[Drafts]], place: dict[str, Any]) -> Rows:
    """The most frequent value of the last layer's drafts, ties by lot; nobody reads anything."""
    rng = random.Random(stand.settings.seed)
    last = drafts[-1]
    texts = []
    for i in range(len(stand.problems)):
        values = [worlds.extract_answer(stand.world, one.texts[i]) for one in last]
        texts.append(last[majority(values, rng)].texts[i])
    said = Drafts(texts, [0] * len(texts))
    size = [sum(len(one.texts[i].encode()) for one in last) for i in range(len(texts))]
    return stand.rows(said, [one for layer in drafts for one in layer], size, place)


def _vote(stand: Stand, size: int, steps: int, layers: int) -> Rows:
    place = {"m": steps, "proposers": size, "layers": layers}
    return _voted(stand, stand.stack(size, steps, layers), place)


def _other_drafts(stand: Stand, size: int) -> Rows:
    most = max(stand.settings.steps)
    drafts = [stand.written(one, most) for one in stand.members(size)]
    others = other_row([p.truth for p in stand.problems], stand.settings.seed)
    moved = [Drafts([d.texts[o] for o in others], [d.passes[o] for o in others]) for d in drafts]
    return _read(stand, moved, [], {"m": most, "proposers": size, "layers": 1})


def _read(stand: Stand, drafts: list[Drafts], before: list[Drafts], place: dict[str, Any]) -> Rows:
    read = by_question(drafts)
    said = stand.judge(read, None)
    size = [sum(len(text.encode()) for text in texts) for texts in read]
    return stand.rows(said, [*before, *drafts], size, place)


def by_question(drafts: Sequence[Drafts]) -> list[list[str]]:
    """Texts by proposer → texts by question; drafts that say nothing drop out.

    Args:
        drafts: of all proposers of a layer.
    """
    return [[text for text in row if text] for row in zip(*(d.texts for d in drafts), strict=True)]


def _joined(stand: Stand, size: int, steps: int, other: bool = False) -> Rows:
    judge = stand.hosts(stand.settings.aggregator)
    names = stand.settings.proposers[:size]
    rows = other_row([p.truth for p in stand.problems], stand.settings.seed)
    memories = []
    for name in names:
        memory = stand.think(name, steps).memory
        memories.append(give_to(memory.select_rows(rows) if other else memory, judge))
    joined = LatentMemory.merge_kv(memories)
    size_of = [joined.row_bytes(row) for row in range(joined.rows)]
    place = {"m": steps, "proposers": size, "layers": 1}
    return stand.rows(stand.judge(None, joined), [steps] * size, size_of, place)
