"""What a problem of a world is, and which problems are held out. Knows nothing of any particular
world.

Held-out problems live in their own seed range (below `HELD_OUT_SEEDS`), and the split is also kept
by content: a text belongs to the held-out side exactly when its checksum is divisible by
`HELD_OUT_SHARE`. So no problem on which a model is measured can have been in its training, however
many texts were drawn.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass, field

WORLDS = ("ledger", "almanac")
HELD_OUT_SEEDS = 1_000_000
"""Seeds from 0 to here (exclusive) make held-out problems; all others make training problems."""
HELD_OUT_SHARE = 16
"""One text in so many belongs to the held-out side."""


@dataclass(frozen=True)
class Claim:
    """One checkable statement: (entity, attribute, value), or one step of arithmetic as (step, left
    side, result)."""

    entity: str
    attribute: str
    value: str


@dataclass(frozen=True)
class Problem:
    """One question of a world with everything needed to judge an answer."""

    world: str
    seed: int
    question: str
    truth: str
    """The right value in its shortest form: a number, or a word."""
    answer: str
    """The right answer as a model of the zoo words it."""
    thought: str
    """The whole way to the answer, as text."""
    facts: str = ""
    plan: str = ""
    """What a planner should write: the events that count, in order (ledger only)."""
    depth: int = 1
    """Ledger: events that touch the box asked for. Almanac: attributes asked for."""
    claims: tuple[Claim, ...] = field(default=())

    @property
    def text(self) -> str:
        """Facts and question in one line, as a single agent reads them."""
        return f"{self.facts} {self.question}".strip()


@dataclass(frozen=True)
class Verdict:
    """Judgement of one answer."""

    correct: bool
    value: str | None
    """What was understood as the answer; None if nothing could be."""
    why: str


def is_held_out(text: str) -> bool:
    """Whether a text belongs to the held-out side of the split."""
    return zlib.crc32(text.encode()) % HELD_OUT_SHARE == 0


def generator_for(world: str, seed: int, attempt: int) -> random.Random:
    """The random generator of one attempt at one seed of one world."""
    return random.Random(f"{world}/{seed}/{attempt}")
