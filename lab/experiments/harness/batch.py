"""Some problems at once, and everything that was already worked out about them: the sender's
prompts are read once, its thoughts and words made once, and shared by every condition.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from torch import Tensor

from lab.engine.decode import generate_text, without_end
from lab.engine.memory import LatentMemory
from lab.engine.prompt import read_prompts
from lab.experiments.transfer.conditions import Channel, Think
from lab.experiments.transfer.relay_problems import Prompts, Relay, other_row
from lab.experiments.transfer.sender import Thoughts, think
from lab.models.host import Host
from lab.plan import Decoding

MAX_WORDS = 48
"""Most words of a thought in text."""


@dataclass
class Batch:
    """Some problems and everything that was already worked out about them."""

    relays: list[Relay]
    prompts: Prompts
    steps: int
    """Latent steps where a condition does not say."""
    longest: int
    """Longest rollout that any condition wants."""
    seed: int
    deep: bool = True
    """Keep the states of all layers while thinking: only conditions that read other layers want
    them."""
    others: list[int] = field(init=False)
    thoughts: dict[tuple[str, str], Thoughts] = field(default_factory=dict)
    words: dict[tuple[str, str], tuple[list[list[int]], float]] = field(default_factory=dict)
    right: dict[tuple[str, Channel], Tensor] = field(default_factory=dict)
    pages: dict[tuple[str, tuple[tuple[int, ...], ...]], LatentMemory] = field(default_factory=dict)
    """What was read, by model and prompts; `read` gives copies."""

    def __post_init__(self) -> None:
        self.others = other_row([r.truth for r in self.relays], self.seed)

    def ids(self, host: Host, which: str, facts: bool = True) -> list[list[int]]:
        """Prompts of all problems for one host."""
        return [self.prompts.ids(host, which, r, facts=facts) for r in self.relays]

    def read(self, host: Host, prompts: list[list[int]]) -> LatentMemory:
        """A memory of its own that has read these prompts; they are read at the first call."""
        key = (host.digest, tuple(map(tuple, prompts)))
        if key not in self.pages:
            memory = LatentMemory(host, len(prompts))
            read_prompts(host, prompts, memory, ("sender",) * len(prompts), None)
            self.pages[key] = memory
        return self.pages[key].fork()

    def think(self, host: Host, how: Think) -> Thoughts:
        """The sender's thoughts, from the longest rollout of its kind."""
        steps = self.steps if how.steps is None else how.steps
        key = (host.digest, how.model_copy(update={"steps": None}).model_dump_json())
        if key not in self.thoughts:
            prompts, memory = self.ids(host, "sender"), None
            if how.layer == -1:  # an inner layer's states over the prompt are not in a memory
                memory, prompts = self.read(host, prompts), [[] for _ in prompts]
            self.thoughts[key] = think(
                host, prompts, max(self.longest, steps), how, self.deep, memory
            )
        return self.thoughts[key].first(steps)

    def speak(self, host: Host, which: str) -> tuple[list[list[int]], float]:
        """The sender's words (ids) and the seconds they took."""
        key = (host.digest, which)
        if key not in self.words:
            began = time.perf_counter()
            decoding = Decoding(max_tokens=MAX_WORDS)
            memory = self.read(host, self.ids(host, which))
            empty: list[list[int]] = [[] for _ in self.relays]
            result = generate_text(host, empty, memory, decoding, "sender", spend_memory=True)
            said = without_end(host, result.ids)
            self.words[key] = said, time.perf_counter() - began
        return self.words[key]
