"""The record's schema: names of its files, columns of its points, its version. Reader and writer
share nothing else.

A record is a folder::

    record.json         what was run with what; status; totals; notes on what was left out
    events.jsonl        one event per line, appended and flushed as it happens
    tokens.json         words of the token ids that occur, by host
    points.parquet      a row per captured vector
    states.safetensors  the vectors and their stored lens, by host
    parts/              numbered pieces of the last two while the run is going on
    ablations.json      answers without parts of a hand-over, if any were measured afterwards
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

SCHEMA = 1
Status = Literal["running", "finished", "failed", "cancelled", "interrupted"]
"""``interrupted`` is never written: it is what a reader calls a running record whose writer is
gone."""

META = "record.json"
EVENTS = "events.jsonl"
TOKENS = "tokens.json"
POINTS = "points.parquet"
STATES = "states.safetensors"
ABLATIONS = "ablations.json"
PARTS = "parts"
LOCK = "writer.lock"
RESERVE = "reserve"
"""A few kilobytes kept free for the last words of a run on a disk that fills up."""

POINTS_SCHEMA = pa.schema(
    [
        ("point_id", pa.int64()),  # row number in this table
        ("moment", pa.int64()),  # one position of one agent, all its layers
        ("lane", pa.string()),
        ("method", pa.string()),
        ("agent", pa.string()),
        ("role", pa.string()),
        ("host", pa.string()),
        ("kind", pa.string()),  # prompt | latent | token
        ("step", pa.int32()),
        ("position", pa.int32()),  # rotary position
        ("layer", pa.int16()),  # index into hidden_states; 0 is the embedding
        ("token", pa.string()),  # read or said here; for a latent the would-be word
        ("token_id", pa.int32()),  # -1 where there is none
        ("logprob", pa.float32()),  # nats, of that token
        ("entropy", pa.float32()),  # nats, of the next-token distribution
        ("norm", pa.float32()),  # L2, of the vector
        ("kv_len", pa.int32()),  # slots the position could attend to
        ("seconds", pa.float32()),  # lane seconds
        ("state_row", pa.int64()),  # row of states/<host>
    ]
)
POINT_COLUMNS: tuple[str, ...] = tuple(POINTS_SCHEMA.names)


def write_json(path: Path, data: Any, durable: bool = False) -> None:
    """Write JSON so that a reader sees the old file or the new one, never half of one.

    Args:
        durable: also wait until the disk has it; a killed process loses nothing without, a power
            cut may.
    """
    temporary = path.with_name(path.name + ".tmp")
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(data, file, ensure_ascii=True, separators=(",", ":"))
        if durable:
            file.flush()
            os.fsync(file.fileno())
    os.replace(temporary, path)


def versions() -> dict[str, str]:
    """Versions of the lab and of the libraries that change activations or pictures, without
    importing them."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from lab.version import __version__

    found = {"lab": __version__, "python": platform.python_version(), "platform": platform.system()}
    for name in ("torch", "transformers", "tokenizers", "numpy", "scikit-learn", "umap-learn"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found
