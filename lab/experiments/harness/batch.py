"""Some problems at once, and everything that was already worked out about them: the sender's
thoughts and words are made once and shared by every condition.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from torch import Tensor

from lab.engine.decode import generate_text, without_end
from lab.experiments.transfer.conditions import Think
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
    right: dict[tuple[str, str, str], Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.others = other_row([r.truth for r in self.relays], self.seed)

    def ids(self, host: Host, which: str, facts: bool = True) -> list[list[int]]:
        """Prompts of all problems for one host."""
        return [self.prompts.ids(host, which, r, facts=facts) for r in self.relays]

    def think(self, host: Host, how: Think) -> Thoughts:
        """The sender's thoughts, from the longest rollout of its kind."""
        steps = self.steps if how.steps is None else how.steps
        key = (host.digest, how.model_copy(update={"steps": None}).model_dump_json())
        if key not in self.thoughts:
            self.thoughts[key] = think(
                host, self.ids(host, "sender"), max(self.longest, steps), how, self.deep
            )
        return self.thoughts[key].first(steps)

    def speak(self, host: Host, which: str) -> tuple[list[list[int]], float]:
        """The sender's words (ids) and the seconds they took."""
        key = (host.digest, which)
        if key not in self.words:
            began = time.perf_counter()
            decoding = Decoding(max_tokens=MAX_WORDS)
            result = generate_text(host, self.ids(host, which), None, decoding, "sender")
            said = without_end(host, result.ids)
            self.words[key] = said, time.perf_counter() - began
        return self.words[key]
