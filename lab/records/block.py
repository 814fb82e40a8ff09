"""What a run hands to the writer: the captured vectors of one agent's neighbouring positions, as
plain NumPy arrays.

It knows nothing of torch; the engine fills it, the writer turns it into rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lab.errors import BadInput
from lab.events import Kind
from lab.records.tensors import Raw
from lab.words import say


@dataclass(frozen=True)
class Lens:
    """What the head would say at every layer of every position of a block."""

    top_ids: np.ndarray
    """(layers, n, k) int32, most probable first."""
    top_logp: np.ndarray
    """(layers, n, k) float, nats."""
    entropy: np.ndarray
    """(layers, n) float, nats."""


@dataclass(frozen=True)
class CapturedBlock:
    """n positions of one agent, seen at the captured layers."""

    lane: str
    agent: str
    host: str
    kind: Kind
    layers: tuple[int, ...]
    """Indices into ``hidden_states``; 0 is the embedding."""
    hidden: np.ndarray | Raw
    """(layers, n, D); a `Raw` of type BF16 for bfloat16."""
    moments: np.ndarray
    """(n,) int, unique in the run."""
    steps: np.ndarray
    """(n,) int."""
    positions: np.ndarray
    """(n,) int, rotary positions."""
    token_ids: np.ndarray
    """(n,) int, -1 for none."""
    tokens: tuple[str, ...]
    """n texts."""
    logprobs: np.ndarray
    """(n,) nats, NaN where unknown."""
    entropies: np.ndarray
    """(n,) nats, NaN where unknown."""
    kv_lens: np.ndarray
    """(n,) int."""
    seconds: np.ndarray
    """(n,) lane seconds."""
    lens: Lens | None = None
    vocab: dict[int, str] = field(default_factory=dict)
    """Texts of the token ids in ``lens``."""

    def __post_init__(self) -> None:
        data = self.hidden.data if isinstance(self.hidden, Raw) else self.hidden
        n = len(self.tokens)
        if data.ndim != 3 or data.shape[:2] != (len(self.layers), n):
            raise BadInput(
                say(
                    "error.block.captured_block_hidden_shape",
                    agent=self.agent,
                    n=len(self.layers),
                    n2=n,
                    shape=tuple(data.shape),
                )
            )
        for name in (
            "moments",
            "steps",
            "positions",
            "token_ids",
            "logprobs",
            "entropies",
            "kv_lens",
            "seconds",
        ):
            if len(getattr(self, name)) != n:
                raise BadInput(
                    say(
                        "error.block.captured_block_entries_give",
                        agent=self.agent,
                        n=n,
                        name=name,
                        n2=len(getattr(self, name)),
                    )
                )

    @property
    def n(self) -> int:
        """Number of positions."""
        return len(self.tokens)
