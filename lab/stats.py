"""Figures with their intervals: Wilson for rates, bootstrap for means, paired differences, rates
against chance.

Everything takes plain arrays of per-problem values; what a value means, and which condition it came
from, is not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lab.errors import BadInput

Z95 = 1.959963984540054
RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int

    @property
    def half(self) -> float:
        """Half the width of the interval: what stands behind “±”."""
        return (self.high - self.low) / 2

    def __str__(self) -> str:
        return f"{self.value:.3g} [{self.low:.3g}, {self.high:.3g}], n = {self.n}"


def wilson(successes: int, n: int, z: float = Z95) -> Estimate:
    """A rate with its Wilson score interval (Wilson 1927, eq. for the inverted score test).

    Raises:
        BadInput: if ``n`` is below one or ``successes`` is not in 0…n.
    """
    if n < 1 or not 0 <= successes <= n:
        raise BadInput(
            f"A rate needs 0 to n successes of n ≥ 1, got {successes} of {n}; run at least one "
            "problem."
        )
    p, z2 = successes / n, z * z
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = z * np.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low = 0.0 if successes == 0 else float(max(centre - half, 0.0))
    high = 1.0 if successes == n else float(min(centre + half, 1.0))
    return Estimate(p, low, high, n)


def rate(hits: ArrayLike) -> Estimate:
    """Wilson estimate of a sequence of hits and misses ``(n,)``; missing values (NaN) are left out
    of n."""
    x = _finite(hits)
    return wilson(int(np.count_nonzero(x)), len(x))


def mean(values: ArrayLike, seed: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """Mean of ``(n,)`` values with a percentile bootstrap interval (Efron 1979); NaN values are
    left out of n."""
    return bootstrap(
        _finite(values)[:, None], lambda rows: rows[..., 0].mean(axis=-1), seed, resamples
    )


def paired_difference(a: ArrayLike, b: ArrayLike, seed: int = 0) -> Estimate:
    """Mean of ``a - b`` over the same problems ``(n,)``, bootstrapped over problems, so that their
    spread cancels.

    Raises:
        BadInput: if the two are not equally long.
    """
    x, y = np.asarray(a, float), np.asarray(b, float)
    if x.shape != y.shape:
        raise BadInput(
            f"A paired difference needs the same problems on both sides, got {x.size} and {y.size}."
        )
    return mean(x - y, seed)


def ratio_of_means(a: ArrayLike, b: ArrayLike, seed: int = 0) -> Estimate:
    """``mean(a) / mean(b)`` over the same problems, bootstrapped over problems."""
    pairs = np.stack([np.asarray(a, float), np.asarray(b, float)], axis=1)
    return bootstrap(
        pairs, lambda rows: rows[..., 0].mean(axis=-1) / rows[..., 1].mean(axis=-1), seed
    )


def bootstrap(
    rows: NDArray[np.float64],
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Percentile bootstrap of any statistic of problems.

    Args:
        rows: ``(n, columns)``, one row per problem; rows are drawn together.
        statistic: maps ``(..., n, columns)`` to ``(...)``.
    """
    n = len(rows)
    if n < 1:
        raise BadInput(
            "A mean needs at least one problem with a finite value, got none; run more problems."
        )
    value = float(statistic(rows[None])[0])
    rng = np.random.default_rng(seed)
    chunk = max(1, 2_000_000 // (n * rows.shape[1]))
    draws = [
        statistic(rows[rng.integers(0, n, size=(min(chunk, resamples - done), n))])
        for done in range(0, resamples, chunk)
    ]
    low, high = np.quantile(np.concatenate(draws), [0.025, 0.975])
    return Estimate(value, float(min(low, value)), float(max(high, value)), n)


def at_chance(estimate: Estimate, chance: float) -> bool:
    """Whether the interval of a rate reaches down to ``chance``: no better than guessing, as far as
    n tells."""
    return estimate.low <= chance


def _finite(values: ArrayLike) -> NDArray[np.float64]:
    x = np.asarray(values, dtype=float).ravel()
    return x[np.isfinite(x)]
