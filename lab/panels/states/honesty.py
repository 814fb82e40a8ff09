"""How far a flat map may be believed: three numbers, each beside the same number for shuffled data.

- *Trustworthiness* (Venna & Kaski 2001): are neighbours on the map neighbours in the original
  space? 1 is best.
- *Neighbour recall@k*: the share of a point's k original neighbours that are its k neighbours on
  the map.
- *Stability*: Jaccard overlap of the k map neighbours between two maps of the same points (two
  seeds for UMAP; two halves of the points for PCA, which has no seed).

Noise scores far above zero on all three, so the bare number means nothing; the control is the data
with every dimension permuted on its own, mapped in the same way. The module draws nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lab.errors import BadInput
from lab.panels.states.geometry import Floats, Ints, Norm, metric_of, normalise
from lab.panels.style import number
from lab.words import say

Mapper = Callable[[Floats, int], Floats]
"""(raw vectors (n, D), seed) → coordinates (n, k), normalisation included."""
MOST_POINTS = 1500
"""Above it a random subset is mapped and measured: the cost grows with the square."""


@dataclass(frozen=True)
class Measure:
    """One number of the strip."""

    name: str
    value: float
    shuffled: float
    """The same number for shuffled data mapped in the same way."""

    @property
    def text(self) -> str:
        return say(
            "said.honesty.shuffled",
            name=self.name,
            value=number(self.value),
            shuffled=number(self.shuffled),
        )


@dataclass(frozen=True)
class HonestyStrip:
    """The honesty strip of one map."""

    measures: tuple[Measure, ...]
    k: int
    n: int
    sentence: str


def nearest(x: Floats, k: int, metric: str = "euclidean") -> Ints:
    """(n, k) indices of the k nearest other rows, nearest first."""
    from sklearn.neighbors import NearestNeighbors

    found = NearestNeighbors(n_neighbors=k, metric=metric, algorithm="brute").fit(x)
    nearest: Ints = found.kneighbors(return_distance=False)
    return nearest


def recall(original: Ints, mapped: Ints) -> float:
    """Mean share of the (n, k) original neighbours that appear among the (n, k) mapped ones."""
    return float(_common(original, mapped).mean() / original.shape[1])


def jaccard(a: Ints, b: Ints) -> float:
    """Mean Jaccard overlap of two (n, k) neighbour tables."""
    both = _common(a, b)
    return float((both / (2 * a.shape[1] - both)).mean())


def _common(a: Ints, b: Ints) -> Floats:
    common: Floats = (a[:, :, None] == b[:, None, :]).any(axis=2).sum(axis=1).astype(float)
    return common


def trustworthiness(x: Floats, coords: Floats, k: int, metric: str = "euclidean") -> float:
    """scikit-learn's trustworthiness; k must be below n / 2."""
    from sklearn.manifold import trustworthiness as sk_trust

    return float(sk_trust(x, coords, n_neighbors=k, metric=metric))


def shuffled(x: Floats, seed: int = 0) -> Floats:
    """Every column permuted on its own: the same values per dimension, no relation between
    dimensions."""
    return np.random.default_rng(seed).permuted(x, axis=0)


def honesty(
    x: Floats,
    mapper: Mapper,
    how: Norm,
    *,
    seed: int = 0,
    k: int = 10,
    half_split: bool = False,
    most: int = MOST_POINTS,
) -> HonestyStrip:
    """Measure a map against its shuffled control.

    Args:
        x: (n, D) distinct raw vectors, finite.
        mapper: the map under test, normalisation included.
        how: normalisation that says in which distance original neighbours are counted.
        half_split: the map has no seed (PCA): fit on two halves of the points instead. The mapper
            is then called with seeds ``-1`` and ``-2`` and must fit on the even or the odd rows and
            place all.

    Raises:
        BadInput: with fewer than 6 points.
    """
    if len(x) < 6:
        raise BadInput(say("error.honesty.too_few_points_measure", n=len(x)))
    if len(x) > most:
        x = x[np.sort(np.random.default_rng(seed).choice(len(x), most, replace=False))]
    n = len(x)
    k = min(k, (n - 1) // 2)
    seeds = (-1, -2) if half_split else (seed, seed + 1)
    real = _numbers(x, mapper, how, k, seed, seeds)
    control = _numbers(shuffled(x, seed), mapper, how, k, seed, seeds)
    names = (
        say("said.honesty.trustworthiness"),
        say("said.honesty.neighbour_recall", k=k),
        say("said.honesty.half_to_half_stability")
        if half_split
        else say("said.honesty.seed_to_seed_stability"),
    )
    measures = tuple(Measure(name, a, b) for name, a, b in zip(names, real, control, strict=True))
    return HonestyStrip(measures, k, n, verdict(measures))


def _numbers(
    x: Floats, mapper: Mapper, how: Norm, k: int, seed: int, seeds: tuple[int, int]
) -> tuple[float, float, float]:
    metric = metric_of(how)
    space = normalise(x, how)
    first = mapper(x, seeds[0])
    coords = first if seeds[0] == seed else mapper(x, seed)
    stability = jaccard(nearest(first, k), nearest(mapper(x, seeds[1]), k))
    return (
        trustworthiness(space, coords, k, metric),
        recall(nearest(space, k, metric), nearest(coords, k)),
        stability,
    )


def verdict(measures: tuple[Measure, ...]) -> str:
    """One sentence on what may be concluded from the map."""
    trust, found, stable = measures
    if found.value - found.shuffled < 0.1 and trust.value - trust.shuffled < 0.05:
        if found.value >= 0.6:
            return say("said.honesty.the_map_is_faithful_but")
        return say("said.honesty.this_map_is_hardly_better")
    if found.value >= 0.6 and trust.value >= 0.9:
        first = say("said.honesty.points_close_together_here_are")
    else:
        first = say("said.honesty.coarse_groups_may_be_read")
    if stable.value < 0.4 or stable.value - stable.shuffled < 0.1:
        return say("said.honesty.but_the_arrangement_changes_when", first=first)
    return say("said.honesty.sizes_of_groups_and_gaps", first=first)
