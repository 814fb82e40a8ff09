"""UMAP in a process of its own: ``python -m lab.panels.states.umap_worker`` reads jobs from stdin
and answers on stdout.

numba compiles for many seconds while it holds the interpreter's lock; in the page's own process
everybody would wait. Here only the worker does. One job at a time, so numba's thread layer never
meets itself. The worker ends when its stdin closes.
"""

from __future__ import annotations

import os
import pickle
import sys
import warnings
from typing import Any

import numpy as np


def fit(x: np.ndarray, settings: dict[str, Any]) -> np.ndarray:
    """Coordinates (n, k) float32 of (n, D) vectors; ``settings`` are the arguments of
    ``umap.UMAP``."""
    os.environ.setdefault("NUMBA_THREADING_LAYER", "workqueue")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import umap

        model = umap.UMAP(n_jobs=1, **settings)
        return np.asarray(
            model.fit_transform(np.ascontiguousarray(x, dtype=np.float32)), dtype=np.float32
        )


def main() -> None:
    """Serve jobs until stdin closes."""
    if hasattr(os, "nice"):
        os.nice(10)  # compiling must not slow the page that waits for it
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not stand between the answers
    jobs = sys.stdin.buffer
    while True:
        try:
            x, settings = pickle.load(jobs)
        except EOFError:
            return
        try:
            answer: Any = fit(x, settings)
        except Exception as error:  # noqa: BLE001 (the other side raises it as a sentence)
            answer = f"{type(error).__name__}: {error}"
        pickle.dump(answer, answers, protocol=5)
        answers.flush()


if __name__ == "__main__":
    main()
