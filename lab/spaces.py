"""Where a vector lives: model, layer and point.

A coordinate is a selector, not an annotation: vectors are compared, projected together or injected
only when their spaces agree, or when the caller names the map that crosses them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lab.errors import SpaceMismatch
from lab.words import say

Point = Literal["embed", "residual", "final_norm"]


@dataclass(frozen=True)
class Space:
    """The address of a hidden-state vector."""

    model: str
    """Digest of the model's weights and config."""
    layer: int
    """0 is the embedding output; ``n_layers`` is the last block."""
    point: Point
    """``embed`` (layer 0), ``residual`` (after a block, before the final norm), ``final_norm``
    (read by the head)."""

    def __str__(self) -> str:
        return f"{self.model[:12]} layer {self.layer} ({self.point})"


def space_of_layer(model: str, layer: int, n_layers: int) -> Space:
    """The space of ``hidden_states[layer]`` as transformers returns it (the last one is after the
    final norm).

    Raises:
        SpaceMismatch: if the layer does not exist.
    """
    if not 0 <= layer <= n_layers:
        raise SpaceMismatch(
            say("error.spaces.layer_does_not_exist", layer=layer, n_layers=n_layers)
        )
    point: Point = "embed" if layer == 0 else "final_norm" if layer == n_layers else "residual"
    return Space(model, layer, point)


def require_same(a: Space, b: Space, purpose: str) -> None:
    """Raise `SpaceMismatch` unless both spaces are the same one.

    Args:
        purpose: what was about to be done, as a verb phrase (“draw both on one map”).
    """
    if a != b:
        raise SpaceMismatch(say("error.spaces.cannot_space_name_fitted", purpose=purpose, a=a, b=b))
