"""UMAP, tamed: one worker process, warmed up in the background, a cache by content, a reason where
it cannot be used.

Every fit of the lab goes through one lock to one worker (`lab.panels.states.umap_worker`), which
`warm_up` starts before somebody waits for it. The module knows nothing of records; equal content
gives equal coordinates without a second fit.
"""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from lab.errors import BadInput, LabError
from lab.files import IMPORT_ROOT
from lab.panels.states.geometry import Floats, Norm, metric_of, normalise
from lab.words import say

LEAST_POINTS = 15
"""Below it the neighbour graph is the whole set and the picture shows the method, not the data."""
MOST_CACHED = 64

_LOCK = threading.Lock()
_CACHE: OrderedDict[str, Floats] = OrderedDict()
_READY = threading.Event()
_WARMING = threading.Event()


class _Worker:
    """The process that fits; used under the lock only."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self, x: Floats, settings: dict[str, object]) -> Floats:
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lab.panels.states.umap_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=IMPORT_ROOT,
            )
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            pickle.dump((x, settings), self.process.stdin, protocol=5)
            self.process.stdin.flush()
            answer: Floats | str = pickle.load(self.process.stdout)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
            self.process.kill()
            raise LabError(
                say("error.umap_fit.umap_stopped_unexpectedly_try", name=type(error).__name__)
            ) from error
        if isinstance(answer, str):
            raise LabError(say("error.umap_fit.umap_could_not_map", answer=answer[:160]))
        return answer


_WORKER = _Worker()


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
            raise BadInput(
                say("error.umap_fit.umap_neighbours_good_start", n_neighbors=self.n_neighbors)
            )
        if not 0.0 <= self.min_dist <= 0.99:
            raise BadInput(say("error.umap_fit.umap_min_dist_good", min_dist=self.min_dist))
        if self.dims not in (2, 3):
            raise BadInput(say("error.umap_fit.umap_dimensions_choose_these", dims=self.dims))

    def text(self, n: int) -> str:
        """The settings as one caption phrase for ``n`` points."""
        near = min(self.n_neighbors, n - 1)
        return (
            f"UMAP, {near} neighbours, min_dist {self.min_dist:g}, {metric_of(self.norm)} "
            "distance, "
            f"{self.dims} dimensions, seed {self.seed}"
        )


def ready() -> bool:
    """True once UMAP is imported and compiled."""
    return _READY.is_set()


def warm_up() -> None:
    """Let the worker import and compile UMAP; returns at once, later calls do nothing."""
    if _WARMING.is_set():
        return
    _WARMING.set()
    threading.Thread(target=_compile, name="umap-warm-up", daemon=True).start()


def _compile() -> None:
    points = np.random.default_rng(0).standard_normal((40, 8)).astype(np.float32)
    for norm in ("l2", "none"):
        fit(points, UmapSettings(norm=norm))
    _READY.set()


def fit(x: Floats, settings: UmapSettings) -> Floats:
    """Coordinates (n, dims) of the (n, D) distinct, finite raw vectors.

    Deterministic on one machine and library version. Vectors that are compared must be fitted
    together.

    Raises:
        BadInput: with fewer than 15 vectors.
    """
    if len(x) < LEAST_POINTS:
        raise BadInput(
            say("error.umap_fit.umap_needs_least_distinct", least_points=LEAST_POINTS, n=len(x))
        )
    key = _key(x, settings)
    with _LOCK:
        if key in _CACHE:
            _CACHE.move_to_end(key)
            return _CACHE[key]
        z = np.ascontiguousarray(normalise(x, settings.norm), dtype=np.float32)
        coords = _WORKER.ask(z, _arguments(len(z), settings))
        _CACHE[key] = coords
        while len(_CACHE) > MOST_CACHED:
            _CACHE.popitem(last=False)
    return coords


def _arguments(n: int, s: UmapSettings) -> dict[str, object]:
    return {
        "n_neighbors": min(s.n_neighbors, n - 1),
        "min_dist": s.min_dist,
        "n_components": s.dims,
        "metric": metric_of(s.norm),
        "random_state": s.seed,
    }


def _key(x: Floats, settings: UmapSettings) -> str:
    digest = hashlib.sha256(repr((x.shape, settings)).encode())
    digest.update(np.ascontiguousarray(x, dtype=np.float32).tobytes())
    return digest.hexdigest()


def wait_ready(timeout: float) -> bool:
    """Block until the warm-up is done; False if it is not done after ``timeout`` seconds."""
    return _READY.wait(timeout)
