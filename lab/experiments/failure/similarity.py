"""How alike are two sets of hidden states? Five measures, each beside the same number for shuffled
pairs.

Row i of both sets belongs to the same token of the same text. Two measures ignore the coordinates
(CKA, mutual nearest neighbours): a rotated copy counts as equal. Three are about coordinates
(cosine, principal angles, norm): these decide whether a state can be handed over. Plain arrays
only; whose states they are is not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import subspace_angles

from lab.errors import BadInput
from lab.words import say

Array = NDArray[np.float64]
SHUFFLES = 20
MAX_ROWS = 1500
"""Gram matrices are n × n; more rows than this are drawn at random, and said so by the caller's
n."""


@dataclass(frozen=True)
class Likeness:
    """One figure and what it is for pairs that do not belong together."""

    name: str
    value: float
    null: float
    """Mean over shuffled pairs."""
    null_high: float
    """95 % quantile over shuffled pairs."""
    unit: str
    needs_coordinates: bool
    """True: changes when one side is rotated."""


def principal_angles(x: Array, y: Array, rank: int = 10) -> Array:
    """Angles (degrees, ascending) between the subspaces of the ``rank`` strongest directions of
    both sets.

    Björck & Golub 1973. Needs equal widths: the angle between directions of different spaces does
    not exist.
    """
    _same_width(x, y)
    angles = subspace_angles(_directions(x, rank).T, _directions(y, rank).T)
    degrees: Array = np.degrees(angles[::-1])
    return degrees


def centred_cosine(x: Array, y: Array) -> float:
    """Mean cosine of the pairs after each set's own mean is removed (a shared offset is no
    agreement)."""
    _same_width(x, y)
    a, b = x - x.mean(0), y - y.mean(0)
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(((a * b).sum(1) / np.maximum(norms, 1e-12)).mean())


def norm_ratio(x: Array, y: Array) -> float:
    """Mean L2 norm of ``y`` over the mean norm of ``x``."""
    return float(np.linalg.norm(y, axis=1).mean() / max(np.linalg.norm(x, axis=1).mean(), 1e-12))


def compare(x: Array, y: Array, k: int = 10, rank: int = 10, seed: int = 0) -> list[Likeness]:
    """All measures of paired states, each with its shuffled-pair null; coordinate ones only where
    widths agree.

    Linear CKA is debiased: 1 for a rotated or rescaled copy, near 0 for unrelated states also where
    d > n (unbiased HSIC, Song et al. 2012, eq. 4, as in Nguyen et al. 2021). Mutual nearest
    neighbours are the share of the k nearest (cosine, mean removed) that a row has in both sets
    (Huh et al. 2024, section 2).

    Args:
        x: ``(n, d)`` states of the sender.
        y: ``(n, e)`` states of the receiver on the same tokens.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    _paired(x, y, max(4, k + 2))
    rng = np.random.default_rng(seed)
    if len(x) > MAX_ROWS:
        rows = rng.choice(len(x), MAX_ROWS, replace=False)
        x, y = x[rows], y[rows]
    kx, ky = _gram(x), _gram(y)
    scale = np.sqrt(max(_hsic(kx, kx) * _hsic(ky, ky), 1e-300))
    nx, ny = _neighbours(x, k), _neighbours(y, k)
    orders = [rng.permutation(len(y)) for _ in range(SHUFFLES)]

    def neighbours(order: NDArray[np.int64]) -> float:
        place = np.argsort(order)
        return float((nx[:, :, None] == place[ny[order]][:, None, :]).any(axis=2).mean())

    def cka(order: NDArray[np.int64]) -> float:
        return float(_hsic(kx, ky[np.ix_(order, order)]) / scale)

    out = [
        _measure("linear CKA", "", False, cka, orders),
        _measure("mutual nearest neighbours", "share", False, neighbours, orders),
    ]
    if x.shape[1] == y.shape[1]:
        angles = float(principal_angles(x, y, rank).mean())
        free = _random_angles(x.shape[1], rank, rng)
        out += [
            _measure(
                "cosine, mean removed", "", True, lambda order: centred_cosine(x, y[order]), orders
            ),
            Likeness(f"principal angles, rank {rank}", angles, free, free, "degrees", True),
        ]
    return [*out, Likeness("norm ratio", norm_ratio(x, y), 1.0, 1.0, "", True)]


def _measure(
    name: str,
    unit: str,
    coordinates: bool,
    of: Callable[[NDArray[np.int64]], float],
    orders: list[NDArray[np.int64]],
) -> Likeness:
    null = [of(order) for order in orders]
    value = of(np.arange(len(orders[0])))
    return Likeness(
        name, value, float(np.mean(null)), float(np.quantile(null, 0.95)), unit, coordinates
    )


def _random_angles(width: int, rank: int, rng: np.random.Generator) -> float:
    """Mean angle of two random subspaces: shuffling pairs does not change subspaces, so this is
    their null."""
    u, _ = np.linalg.qr(rng.normal(size=(width, rank)))
    v, _ = np.linalg.qr(rng.normal(size=(width, rank)))
    return float(np.degrees(subspace_angles(u, v)).mean())


def _gram(x: Array) -> Array:
    gram: Array = (x - x.mean(0)) @ (x - x.mean(0)).T
    np.fill_diagonal(gram, 0.0)
    return gram


def _hsic(k: Array, q: Array) -> float:
    """Unbiased HSIC of two Gram matrices with zero diagonals (Song et al. 2012, eq. 4)."""
    n = len(k)
    ks, qs = k.sum(0), q.sum(0)
    trace = float((k * q).sum())
    sums = float(ks.sum()) * float(qs.sum()) / ((n - 1) * (n - 2))
    return (trace + sums - 2 * float(ks @ qs) / (n - 2)) / (n * (n - 3))


def _neighbours(x: Array, k: int) -> NDArray[np.int64]:
    a = x - x.mean(0)
    a = a / np.maximum(np.linalg.norm(a, axis=1, keepdims=True), 1e-12)
    similar = a @ a.T
    np.fill_diagonal(similar, -np.inf)
    return np.argpartition(-similar, k, axis=1)[:, :k]


def _directions(x: Array, rank: int) -> Array:
    return np.linalg.svd(x - x.mean(0), full_matrices=False)[2][:rank]


def _paired(x: Array, y: Array, least: int) -> None:
    if len(x) != len(y) or len(x) < least:
        raise BadInput(
            say("error.similarity.comparing_states_needs_pairs", least=least, n=len(x), n2=len(y))
        )


def _same_width(x: Array, y: Array) -> None:
    _paired(x, y, 2)
    if x.shape[1] != y.shape[1]:
        raise BadInput(
            say("error.similarity.states_width_no_common", shape=x.shape[1], shape2=y.shape[1])
        )
