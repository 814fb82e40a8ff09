"""Linear maps between two models' hidden states, fitted on pairs and judged on texts that were held
out.

Ridge regression (any linear map), orthogonal Procrustes (rotation only), and their rank-k
bottlenecks. A map declares from how many pairs and prompts it came: with more dimensions than pairs
it always fits the pairs it saw, so the only figure that counts is R² on prompts that were left out.
Plain arrays; where states come from is not known here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import polar

from lab.errors import BadInput
from lab.words import say

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LinearMap:
    """``y ≈ (x - mean_in) @ matrix + mean_out``."""

    kind: str
    matrix: Array
    """(d_in, d_out)"""
    mean_in: Array
    """(d_in,)"""
    mean_out: Array
    """(d_out,)"""
    pairs: int
    """Tokens it was fitted on."""
    prompts: int
    """Texts these tokens came from."""
    seconds: float

    def __call__(self, x: Array) -> Array:
        """Map ``(..., d_in)`` to ``(..., d_out)``."""
        return (x - self.mean_in) @ self.matrix + self.mean_out

    @property
    def rank(self) -> int:
        """Numerical rank of the matrix."""
        return int(np.linalg.matrix_rank(self.matrix))

    def r2(self, x: Array, y: Array) -> float:
        """Share of the variance of ``y`` that the map explains; 1 is exact, below 0 is worse than
        the mean."""
        return float(1 - ((y - self(x)) ** 2).sum() / max(((y - y.mean(0)) ** 2).sum(), 1e-300))


def fit_ridge(x: Array, y: Array, strength: float = 1e-3, prompts: int = 0) -> LinearMap:
    """Ridge regression on centred pairs ``(n, d_in)`` → ``(n, d_out)``.

    Args:
        strength: λ as a share of the mean variance of the inputs, so that it means the same at any
            scale.
    """
    began = time.perf_counter()
    a, b, mean_in, mean_out = _centred(x, y)
    covariance = a.T @ a
    penalty = strength * np.trace(covariance) / len(covariance)
    matrix = np.linalg.solve(covariance + penalty * np.eye(len(covariance)), a.T @ b)
    return LinearMap(
        "ridge", matrix, mean_in, mean_out, len(x), prompts, time.perf_counter() - began
    )


def fit_procrustes(x: Array, y: Array, prompts: int = 0) -> LinearMap:
    """The orthogonal map (Schönemann 1966) with one scale; with unequal widths the nearest partial
    isometry."""
    began = time.perf_counter()
    a, b, mean_in, mean_out = _centred(x, y)
    isometry, stretch = polar(a.T @ b)  # for equal widths the rotation or reflection
    scale = np.trace(stretch) / max((a * a).sum(), 1e-300)
    return LinearMap(
        "procrustes",
        scale * isometry,
        mean_in,
        mean_out,
        len(x),
        prompts,
        time.perf_counter() - began,
    )


def bottleneck(full: LinearMap, x: Array, rank: int) -> LinearMap:
    """The map squeezed through ``rank`` numbers: projected on the strongest directions of what it
    says about ``x``.

    Reduced-rank regression (Izenman 1975) for a ridge map of the same ``x``.

    Raises:
        BadInput: if the rank is not between 1 and the width.
    """
    if not 1 <= rank <= full.matrix.shape[1]:
        raise BadInput(
            say("error.linear_maps.bottleneck_needs_rank", shape=full.matrix.shape[1], rank=rank)
        )
    said = (x - full.mean_in) @ full.matrix
    directions = np.linalg.svd(said, full_matrices=False)[2][:rank]
    return replace(
        full, kind=f"{full.kind}, rank {rank}", matrix=full.matrix @ directions.T @ directions
    )


def _centred(x: Array, y: Array) -> tuple[Array, Array, Array, Array]:
    if len(x) != len(y) or len(x) < 2:
        raise BadInput(say("error.linear_maps.fitting_map_needs_least", n=len(x), n2=len(y)))
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    return x - x.mean(0), y - y.mean(0), x.mean(0), y.mean(0)
