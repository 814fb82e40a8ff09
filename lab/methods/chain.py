"""The wiring of a LatentMAS team: who writes on which memory, and what of it goes to whom.

Source: arXiv 2511.20639, section 3. Used by the lane that streams events (`lab.methods.latentmas`),
by the ablations of a recorded run and by the ability table of the pocket models, so that all three
hand over the same slots. It knows neither prompts nor events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lab.engine.align import Aligned
from lab.engine.give import give_to
from lab.engine.memory import Keep, LatentMemory, merge_kv
from lab.engine.rollout import Thinking, generate_latent
from lab.models.host import Host
from lab.plan import LatentMASLane


@dataclass(frozen=True)
class Wiring:
    """What decides who receives which memory."""

    topology: str = "sequential"
    """``sequential``: one memory that every agent reads and writes on. ``hierarchical``: a memory
    per thinker, joined for the last agent. ``compat``: the official code's, see
    `lab.methods.latentmas`."""
    cache: Keep = "keep_all"
    """What a thinker's memory keeps when it is handed on; what stays keeps its positions, and in
    ``compat`` what follows does not go on from them."""
    steps: int = 1
    """Latent steps per thinker."""

    @classmethod
    def of(cls, plan: LatentMASLane) -> Wiring:
        """The wiring that a plan asks for."""
        return cls(topology=plan.topology, cache=plan.cache, steps=plan.steps)

    @property
    def fan_in(self) -> bool:
        """Whether the thinkers work side by side."""
        return self.topology == "hierarchical"

    def drops_cache(self, thinker: int, agents: int) -> bool:
        """Whether the receiver gets no memory at all: the official code's last agent at m = 0.

        Args:
            thinker: number of the one that hands over, from 0.
            agents: how many there are, the last one included.
        """
        return self.topology == "compat" and self.steps == 0 and thinker == agents - 2


class Chain:
    """The memories of a team while it works: `open` before each thinker, `close` after it, then
    `joined` for the last agent.

    Args:
        host: the model that all agents share.
        agents: how many there are, the last one, who speaks, included.
        rows: questions side by side.
    """

    def __init__(self, host: Host, wiring: Wiring, agents: int, rows: int = 1) -> None:
        self.host, self.wiring, self.agents, self.rows = host, wiring, agents, rows
        self._memories: list[LatentMemory] = []
        self._closed = 0

    def open(self) -> LatentMemory:
        """The memory that the next thinker writes on."""
        if self.wiring.fan_in or not self._memories:
            self._memories.append(LatentMemory(self.host, self.rows))
        return self._memories[-1]

    @property
    def latest(self) -> LatentMemory:
        """The memory that was opened last."""
        return self._memories[-1]

    def put(self, memory: LatentMemory) -> None:
        """What a thinker wrote elsewhere takes the place of the memory that was open."""
        self._memories[-1] = memory

    def close(self) -> LatentMemory | None:
        """What the thinker hands over, cut by the cache policy; None if the receiver gets
        nothing."""
        wiring, memory = self.wiring, self._memories[-1]
        if wiring.topology == "compat":
            # `_truncate_past` of the official code keeps the last positions of the cache alone and
            # numbers what follows by the cache's new length.
            if wiring.cache == "latent_only":
                memory.crop("last_agent")
            memory.crop(wiring.cache, carry_positions=wiring.cache == "keep_all")
        else:
            memory.crop(wiring.cache)
        dropped = wiring.drops_cache(self._closed, self.agents)
        self._closed += 1
        if dropped:
            self._memories = []
            return None
        return memory

    def joined(self) -> LatentMemory:
        """The memory on top of which the last agent speaks."""
        if not self._memories:
            return LatentMemory(self.host, self.rows)
        return merge_kv(self._memories) if self.wiring.fan_in else self._memories[-1]


def received(memory: LatentMemory, receiver: Host) -> LatentMemory:
    """What the last agent of a team starts from.

    Args:
        memory: what the thinkers left.
        receiver: the last agent's model; another one than the memory's reads it as it is.

    Raises:
        SpaceMismatch: if the receiver's shape has no place for it.
    """
    return memory if memory.host.digest == receiver.digest else give_to(memory, receiver)


@dataclass(frozen=True)
class Thinker:
    """One agent's turn, for all questions at once."""

    agent: str
    prompts: Sequence[Sequence[int]]
    """Token ids, one list per question."""
    steps: int


def think_through(
    host: Host,
    thinkers: Sequence[Thinker],
    wiring: Wiring,
    *,
    layer: int = -1,
    alignment: str = "auto",
    rows: int = 1,
    counts: Sequence[int] = (),
) -> LatentMemory:
    """The memory that the last agent of a team gets, for many questions at once.

    Args:
        thinkers: all agents but the last, in order.
        wiring: who receives what from whom; with ``counts`` its steps are the largest of them.
        layer: hidden state that is fed back.
        alignment: how it becomes an input embedding.
        rows: number of questions.
        counts: numbers of latent steps to try instead of the thinkers' own. Every question then
            has a row for each, neighbours together: what is thought once is shared, and the steps
            beyond a row's number are hidden before the next agent reads.
    """
    each = max(1, len(counts))
    chain = Chain(host, wiring, len(thinkers) + 1, rows * each)
    for thinker in thinkers:
        memory = chain.open()
        first = not memory.kv_len
        written = LatentMemory(host, rows) if first else memory
        generate_latent(
            host,
            [list(prompt) for prompt in thinker.prompts for _ in range(1 if first else each)],
            Thinking(max(counts, default=thinker.steps), layer, Aligned(alignment)),
            memory=written,
            agents=thinker.agent,
        )
        if first:
            chain.put(written.expand(each) if each > 1 else written)
        if counts:
            surplus = [max(counts) - count for count in counts]
            chain.latest.forget_last(surplus * rows)
        chain.close()
    memory = chain.joined()
    if 0 in counts and wiring.steps and wiring.topology == "compat":
        # where no step is taken the official code hands over no cache, see `Wiring.drops_cache`
        memory.forget_all([row for row in range(rows * each) if not counts[row % each]])
    return memory
