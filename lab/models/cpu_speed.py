"""In which dtype this processor computes a large model fastest: measured once per machine and kept,
so that a model is the same at every start.
"""

from __future__ import annotations

import functools
import json
import os
import platform
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from lab.files import user_cache

LAYERS, WIDTH, HIDDEN = 12, 576, 1536
"""Products that are timed: the weights of a small model's layers, more than a cache holds."""
ROWS, ROUNDS = (1, 16), 9
GAIN = 1.2
"""bfloat16 is taken where it is so much faster for one row and for a batch."""


@functools.cache
def cpu_dtype() -> tuple[torch.dtype, str]:
    """The dtype and the reason for it, with the measured times.

    The times are kept beside the fetched models, by processor, threads and version of torch; who
    deletes ``cpu.json`` there has them measured anew.
    """
    file = user_cache("cpu.json")
    key = f"{processor()}, {torch.get_num_threads()} threads, torch {torch.__version__}"
    known = _kept(file)
    if key not in known:
        known[key] = measure()
        _keep(file, known)
    return choose(known[key])


def choose(times: dict[str, list[float]]) -> tuple[torch.dtype, str]:
    """The dtype for measured times, and the reason.

    Args:
        times: ms per dtype's name, for one row and for a batch of 16.
    """
    full, half = times["float32"], times["bfloat16"]
    said = (
        f"measured on this CPU: layers for one row take {half[0]:.3g} ms in bfloat16 and "
        f"{full[0]:.3g} in float32, for {ROWS[1]} rows {half[1]:.3g} and {full[1]:.3g}"
    )
    faster = all(a >= GAIN * b for a, b in zip(full, half, strict=True))
    return (torch.bfloat16 if faster else torch.float32), said


@torch.no_grad()
def measure() -> dict[str, list[float]]:
    """The shortest of some rounds in ms, per dtype for every number of rows; dtypes take turns."""
    shapes = ((3 * WIDTH, WIDTH), (2 * HIDDEN, WIDTH))
    weights = {
        dtype: [torch.randn(shape, dtype=dtype) for _ in range(LAYERS) for shape in shapes]
        for dtype in (torch.float32, torch.bfloat16)
    }
    out: dict[str, list[float]] = {"float32": [], "bfloat16": []}
    for rows in ROWS:
        best = dict.fromkeys(weights, float("inf"))
        for _ in range(ROUNDS):
            for dtype, own in weights.items():
                x = torch.ones((rows, WIDTH), dtype=dtype)
                began = time.perf_counter()
                for weight in own:
                    F.linear(x, weight)
                best[dtype] = min(best[dtype], time.perf_counter() - began)
        for dtype, seconds in best.items():
            out[str(dtype).removeprefix("torch.")].append(1e3 * seconds)
    return out


def processor() -> str:
    """What kind of processor this is."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    said = dict(line.split(":", 1) for line in lines if ":" in line)
    table = {name.strip(): value.strip() for name, value in said.items()}
    parts = [table.get(name, "") for name in ("model name", "cpu family", "model", "stepping")]
    return " ".join(part for part in parts if part) or platform.machine()


def _kept(file: Path) -> dict[str, dict[str, list[float]]]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _keep(file: Path, times: dict[str, dict[str, list[float]]]) -> None:
    """Write them where that is possible; a machine without a place for them measures at every
    start."""
    part = file.with_suffix(f".{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(times, indent=1), encoding="utf-8")
        os.replace(part, file)
    except OSError:
        return
