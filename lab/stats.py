"""Figures with their intervals: Wilson for rates, bootstrap for means, paired differences, rates
against chance.

The arithmetic is scipy's. Everything takes plain arrays of per-problem values; what a value means,
and which condition it came from, is not known here.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lab.errors import BadInput

Floats = NDArray[np.float64]
RESAMPLES = 2000
VALUES_AT_ONCE = 2_000_000
"""Resampled values in memory at one time."""


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


@functools.lru_cache(maxsize=4096)
def wilson(successes: int, n: int) -> Estimate:
    """A rate with its Wilson score interval (Wilson 1927, eq. for the inverted score test).

    Raises:
        BadInput: if ``n`` is below one or ``successes`` is not in 0…n.
    """
    from scipy.stats import binomtest

    if n < 1 or not 0 <= successes <= n:
        raise BadInput(
            f"A rate needs 0 to n successes of n ≥ 1, got {successes} of {n}; run at least one "
            "problem."
        )
    value = successes / n
    # Tested against the rate itself, where scipy need not search for a p-value nobody asks for.
    interval = binomtest(successes, n, value).proportion_ci(0.95, "wilson")
    return Estimate(value, float(interval.low), float(interval.high), n)


def rate(hits: ArrayLike) -> Estimate:
    """Wilson estimate of a sequence of hits and misses ``(n,)``; missing values (NaN) are left out
    of n."""
    x = _finite(hits)
    return wilson(int(np.count_nonzero(x)), len(x))


def mean(values: ArrayLike, seed: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """Mean of ``(n,)`` values with a percentile bootstrap interval (Efron 1979); NaN values are
    left out of n."""
    return _mean_of(_finite(values).tobytes(), seed, resamples)


def of_metric(kind: str, values: ArrayLike) -> Estimate:
    """A metric's figure.

    Args:
        kind: ``"rate"`` (hits and misses) or ``"mean"``.
        values: ``(n,)``, one per problem.
    """
    return rate(values) if kind == "rate" else mean(values)


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

    def ratio(x: Floats, y: Floats, axis: int = -1) -> Floats:
        return np.asarray(x.mean(axis=axis) / y.mean(axis=axis))

    return bootstrap([np.asarray(a, float), np.asarray(b, float)], ratio, seed)


def bootstrap(
    columns: Sequence[Floats],
    statistic: Callable[..., Any],
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Percentile bootstrap of any statistic of problems (Efron 1979).

    Args:
        columns: arrays ``(n,)`` of values of the same problems; problems are drawn with all their
            values.
        statistic: ``statistic(*columns, axis)``, a figure along ``axis``.

    Raises:
        BadInput: if there is no problem.
    """
    from scipy.stats import bootstrap as resample

    n = len(columns[0])
    if n < 1:
        raise BadInput(
            "A mean needs at least one problem with a finite value, got none; run more problems."
        )
    value = float(statistic(*columns, axis=-1))
    if n == 1:
        return Estimate(value, value, value, n)
    found = resample(
        columns,
        statistic,
        n_resamples=resamples,
        batch=max(1, VALUES_AT_ONCE // (n * len(columns))),
        vectorized=True,
        paired=True,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Estimate(value, float(min(found.low, value)), float(max(found.high, value)), n)


@functools.lru_cache(maxsize=2048)
def _mean_of(values: bytes, seed: int, resamples: int) -> Estimate:
    """The same values give the same interval: a result shown again is not resampled."""
    return bootstrap([np.frombuffer(values, np.float64)], np.mean, seed, resamples)


def _finite(values: ArrayLike) -> Floats:
    x: Floats = np.asarray(values, dtype=np.float64).ravel()
    kept: Floats = x[np.isfinite(x)]
    return kept
