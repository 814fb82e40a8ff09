"""UMAP, tamed: one lock, a warm-up in the background, a cache by content, and a reason where it cannot be used.

numba's ``workqueue`` threads abort the whole process when two calls meet, so every call in the process goes through one
lock. The import takes seconds and the first fit compiles; `warm_up` does both before somebody waits for them. The
module knows nothing of records; equal content gives equal coordinates without a second fit.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
import warnings
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from lab.errors import BadInput
from lab.panels.geometry import Floats, Norm, metric_of, normalise

LEAST_POINTS = 15
"""Below it the neighbour graph is the whole set and the picture shows the method, not the data."""
MOST_CACHED = 64

_LOCK = threading.Lock()
_CACHE: OrderedDict[str, Floats] = OrderedDict()
_READY = threading.Event()
_WARMING = threading.Event()


@dataclass(frozen=True)
class UmapSettings:
    """Parameters of a fit; every one is part of the caption and of the cache key."""

    n_neighbors: int = 15
    min_dist: float = 0.1
    dims: int = 2
    seed: int = 0
    norm: Norm = "l2"

    def __post_init__(self) -> None:
        if not 2 <= self.n_neighbors <= 200:
            raise BadInput(f"UMAP neighbours: expected 2 to 200, got {self.n_neighbors}; 15 is a good start.")
        if not 0.0 <= self.min_dist <= 0.99:
            raise BadInput(f"UMAP min_dist: expected 0 to 0.99, got {self.min_dist}; 0.1 is a good start.")
        if self.dims not in (2, 3):
            raise BadInput(f"UMAP dimensions: expected 2 or 3, got {self.dims}; choose one of these.")

    def text(self, n: int) -> str:
        """The settings as one caption phrase for ``n`` points."""
        near = min(self.n_neighbors, n - 1)
        return (
            f"UMAP, {near} neighbours, min_dist {self.min_dist:g}, {metric_of(self.norm)} distance, "
            f"{self.dims} dimensions, seed {self.seed}"
        )


def ready() -> bool:
    """True once UMAP is imported and compiled."""
    return _READY.is_set()


def warm_up() -> None:
    """Import and compile UMAP in a background thread; returns at once, later calls do nothing."""
    if _WARMING.is_set():
        return
    _WARMING.set()
    threading.Thread(target=_compile, name="umap-warm-up", daemon=True).start()


def _compile() -> None:
    points = np.random.default_rng(0).standard_normal((40, 8)).astype(np.float32)
    for norm in ("l2", "none"):
        fit(points, UmapSettings(norm=norm))  # type: ignore[arg-type]
    _READY.set()


def fit(x: Floats, settings: UmapSettings) -> Floats:
    """Coordinates (n, dims) of the (n, D) distinct, finite raw vectors.

    Deterministic on one machine and library version. Vectors that are compared must be fitted together.

    Raises:
        BadInput: with fewer than 15 vectors.
    """
    if len(x) < LEAST_POINTS:
        raise BadInput(
            f"UMAP needs at least {LEAST_POINTS} distinct points, got {len(x)}: with fewer, all are neighbours of "
            "all; choose more agents, kinds or steps, or use PCA."
        )
    key = _key(x, settings)
    with _LOCK:
        if key in _CACHE:
            _CACHE.move_to_end(key)
            return _CACHE[key]
        coords = _fit(normalise(x, settings.norm), settings)
        _CACHE[key] = coords
        while len(_CACHE) > MOST_CACHED:
            _CACHE.popitem(last=False)
    return coords


def _fit(z: Floats, s: UmapSettings) -> Floats:
    os.environ.setdefault("NUMBA_THREADING_LAYER", "workqueue")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import umap

        model = umap.UMAP(
            n_neighbors=min(s.n_neighbors, len(z) - 1), min_dist=s.min_dist, n_components=s.dims,
            metric=metric_of(s.norm), random_state=s.seed, n_jobs=1,
        )  # fmt: skip
        return np.asarray(model.fit_transform(np.ascontiguousarray(z, dtype=np.float32)), dtype=np.float32)


def _key(x: Floats, settings: UmapSettings) -> str:
    digest = hashlib.sha256(repr((x.shape, settings)).encode())
    digest.update(np.ascontiguousarray(x, dtype=np.float32))
    return digest.hexdigest()


def is_cached(x: Floats, settings: UmapSettings) -> bool:
    """True if `fit` would answer at once."""
    return _key(x, settings) in _CACHE


def expected_seconds(n: int) -> float:
    """A rough wait for a warm fit of n points on two cores (measured: 0.06 s at 60, 7.6 s at 2,000)."""
    return 0.05 + 7.6 * (n / 2000) ** 1.3


def wait_ready(timeout: float) -> bool:
    """Block until the warm-up is done or ``timeout`` seconds have passed."""
    end = time.monotonic() + timeout
    return _READY.wait(max(0.0, end - time.monotonic()))
