"""Linear geometry of captured vectors: cleaning, normalising, merging duplicates, principal
components, neighbours.

Works on plain arrays of one space; it knows nothing of records, agents or pictures. A vector that
cannot be drawn (NaN, infinite) is set aside and counted, never silently dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import orthogonal_procrustes
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from lab.errors import BadInput
from lab.words import Sayings, say

Norm = Literal["none", "l2", "zscore"]
NORMS = Sayings(
    {
        "l2": "said.geometry.each_vector_scaled_to_length",
        "none": "said.geometry.vectors_as_they_are_euclidean",
        "zscore": "said.geometry.each_dimension_centred_and_scaled",
    }
)
Floats = NDArray[np.floating]
Ints = NDArray[np.integer]


def metric_of(how: Norm) -> str:
    """The distance in which neighbours are counted under a normalisation: ``cosine`` or
    ``euclidean``."""
    return "cosine" if how == "l2" else "euclidean"


def finite_rows(x: Floats) -> NDArray[np.bool_]:
    """(n,) True where every entry of the row is a number."""
    return np.asarray(np.isfinite(x).all(axis=1))


def normalise(x: Floats, how: Norm) -> Floats:
    """Scale vectors before they are compared or projected.

    Args:
        x: (n, D).
        how: ``none``, ``l2`` (rows to length 1, zero rows stay zero) or ``zscore`` (columns,
            constant ones become 0).

    Raises:
        BadInput: for an unknown name.
    """
    x = np.asarray(x, dtype=np.float32)
    if how == "none":
        return x
    if how == "l2":
        unit: Floats = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
        return unit
    if how == "zscore":
        spread = x.std(axis=0)
        flat = spread <= 1e-7 * max(float(np.abs(x).max(initial=0.0)), 1e-12)
        scaled: Floats = (x - x.mean(axis=0)) / np.where(flat, np.inf, spread)
        return scaled
    raise BadInput(
        say("error.geometry.unknown_normalisation_choose_these", how=how, names=", ".join(NORMS))
    )


@dataclass(frozen=True)
class Merged:
    """Distinct vectors of a set."""

    keep: Ints
    """(u,) row of the first member of each group, ascending."""
    group: Ints
    """(n,) group of every row, an index into ``keep``."""
    counts: Ints
    """(u,) members per group."""


def merge_duplicates(x: Floats, tolerance: float = 1e-4) -> Merged:
    """Group rows that differ by less than ``tolerance`` times the median row length.

    Twenty equal vectors are one point with a count, not a blob. Rows are sorted along one random
    direction; only rows whose shadows there are closer than the tolerance can be duplicates, so no
    n × n table is made.
    """
    n = len(x)
    if n == 0:
        empty = np.zeros(0, dtype=np.int64)
        return Merged(empty, empty, empty)
    reach = tolerance * max(float(np.median(np.linalg.norm(x, axis=1))), 1e-12)
    direction = np.random.default_rng(0).standard_normal((x.shape[1],)).astype(np.float32)
    shadow = np.asarray(x @ (direction / np.linalg.norm(direction)))
    order = np.argsort(shadow, kind="stable")
    left, right = [], []
    step = 1
    alive = np.arange(n - 1)
    while len(alive):
        near = shadow[order[alive + step]] - shadow[order[alive]] <= reach
        alive = alive[near]
        i, j = order[alive], order[alive + step]
        same = np.linalg.norm(x[i] - x[j], axis=1) <= reach
        left.append(i[same])
        right.append(j[same])
        step += 1
        # A row already joined to its next neighbour reaches the rest through it.
        alive = alive[~same]
        alive = alive[alive + step < n]
    a, b = np.concatenate([*left, []]).astype(int), np.concatenate([*right, []]).astype(int)
    _, labels = connected_components(
        coo_matrix((np.ones(len(a)), (a, b)), shape=(n, n)), directed=False
    )
    _, keep, group, counts = np.unique(
        labels, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(keep)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return Merged(keep[order], rank[group], counts[order])


@dataclass(frozen=True)
class Projection:
    """Points on principal axes."""

    coords: Floats
    """(n, k)."""
    variance: Floats
    """(k,) share of the total variance that each axis holds, 0 to 1."""
    axes: Floats
    """(k, D) orthonormal rows."""
    centre: Floats
    """(D,)."""


def pca(x: Floats, k: int = 3) -> Projection:
    """Principal components of (n, D) vectors (scikit-learn), each axis signed so that its largest
    loading is positive.

    Raises:
        BadInput: with fewer than two vectors, or when all are equal.
    """
    if len(x) < 2:
        raise BadInput(say("error.geometry.map_needs_least_distinct", n=len(x)))
    from sklearn.decomposition import PCA

    k_fit = min(k, *x.shape)
    total = float(np.var(x, axis=0, ddof=1).sum())
    if total <= 0:
        raise BadInput(say("error.geometry.map_needs_distinct_points"))
    tall = x.shape[1] <= 1000 and x.shape[0] >= x.shape[1]
    solver = "covariance_eigh" if tall else "randomized" if min(x.shape) > 500 else "full"
    fitted = PCA(k_fit, svd_solver=solver, iterated_power=6, random_state=0).fit(x)
    axes = fitted.components_
    signs = np.sign(axes[np.arange(k_fit), np.abs(axes).argmax(axis=1)])
    axes = axes * np.where(signs == 0, 1, signs)[:, None]
    coords = (x - fitted.mean_) @ axes.T
    pad = k - k_fit
    return Projection(
        np.pad(coords, ((0, 0), (0, pad))),
        np.pad(fitted.explained_variance_ / total, (0, pad)),
        np.pad(axes, ((0, pad), (0, 0))),
        fitted.mean_,
    )


def neighbours(x: Floats, row: int, k: int, how: Norm = "l2") -> tuple[Ints, Floats]:
    """The k nearest rows to ``row`` in the original space, nearest first, without itself.

    Returns:
        Indices (≤k,) and distances (≤k,): cosine distance for ``l2``, else Euclidean after the
        normalisation.
    """
    z = normalise(x, how)
    far = 1.0 - z @ z[row] if how == "l2" else np.linalg.norm(z - z[row], axis=1)
    far = np.where(np.isfinite(far), far, np.inf)
    far[row] = np.inf
    order = np.argsort(far, kind="stable")[:k]
    order = order[np.isfinite(far[order])]
    return order, np.maximum(far[order], 0.0)


@dataclass(frozen=True)
class Rulers:
    """What rules a picture: single dimensions and single points that hold most of the variance."""

    dims: tuple[tuple[int, float], ...]
    """(dimension, share of the total variance), those above one quarter."""
    rows: tuple[tuple[int, float], ...]
    """(row, share of the total squared distance to the mean), those above one quarter."""


def rulers(x: Floats, threshold: float = 0.25) -> Rulers:
    """Find the massive dimensions and the outlying rows (such as the first-token sink) of (n, D)
    vectors."""
    squares = np.square(np.asarray(x, dtype=np.float64) - x.mean(axis=0))
    total = squares.sum()
    if len(x) < 8 or total <= 0:
        return Rulers((), ())
    by_dim, by_row = squares.sum(axis=0) / total, squares.sum(axis=1) / total
    return Rulers(_largest(by_dim, threshold), _largest(by_row, threshold))


def _largest(shares: Floats, threshold: float) -> tuple[tuple[int, float], ...]:
    return tuple(
        (int(i), float(shares[i])) for i in np.argsort(-shares)[:3] if shares[i] >= threshold
    )


def procrustes(moving: Floats, fixed: Floats) -> Floats:
    """The rotation or reflection R (k, k) that brings ``moving @ R`` nearest to ``fixed`` in least
    squares.

    Schönemann 1966. Distances within the moving set are kept; only its orientation changes.
    """
    rotation, _ = orthogonal_procrustes(
        np.asarray(moving, np.float64), np.asarray(fixed, np.float64)
    )
    return np.asarray(rotation)
