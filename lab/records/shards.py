"""The numbered parts of a record that is still being written, or whose writer was killed, and how
they join.

Knows the files of a part and nothing of runs. A part counts when its parquet piece is there: it is
renamed last.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lab.errors import RecordDamaged
from lab.records import schema, tensors
from lab.records.tensors import Raw
from lab.words import say


@dataclass(frozen=True)
class Shard:
    """One complete part: rows of the points table and the tensors that they name."""

    points: Path
    states: Path


def list_parts(folder: Path) -> list[Shard]:
    """The complete parts in the order they were written; a piece without its partner is ignored."""
    found = sorted((folder / schema.PARTS).glob("*.parquet"))
    return [
        Shard(p, p.with_suffix(".safetensors"))
        for p in found
        if p.with_suffix(".safetensors").exists()
    ]


def read_points(path: Path) -> pa.Table:
    """A table with the record's columns.

    Raises:
        RecordDamaged: if the file cannot be read or a column is missing.
    """
    try:
        return pq.read_table(path, columns=list(schema.POINT_COLUMNS)).select(
            list(schema.POINT_COLUMNS)
        )
    except (OSError, pa.ArrowException, KeyError) as error:
        raise RecordDamaged(
            say(
                "error.shards.record_cannot_read_complete",
                name=path.name,
                name2=path.parent.name,
                value=str(error).splitlines()[0][:120],
            )
        ) from error


def join_parts(parts: list[Shard]) -> tuple[pa.Table, dict[str, np.ndarray | Raw]]:
    """All rows in one table, all tensors by name, row i of ``states/<host>`` staying row i."""
    tables = [read_points(part.points) for part in parts]
    table = pa.concat_tables(tables) if tables else schema.POINTS_SCHEMA.empty_table()
    return table, join_tensors([tensors.load(part.states) for part in parts])


def join_tensors(pieces: list[dict[str, Raw]]) -> dict[str, np.ndarray | Raw]:
    """Concatenate tensors of the same name. Rows without a stored lens get id -1 and NaN, so that
    rows stay aligned."""
    hosts: dict[str, list[dict[str, Raw]]] = {}
    for piece in pieces:
        for name in piece:
            if name.startswith("states/"):
                hosts.setdefault(name.removeprefix("states/"), []).append(piece)
    joined: dict[str, np.ndarray | Raw] = {}
    for host, own in hosts.items():
        joined[f"states/{host}"] = _concatenate([piece[f"states/{host}"] for piece in own])
        k = max(
            (p[f"top_ids/{host}"].data.shape[1] for p in own if f"top_ids/{host}" in p), default=0
        )
        if k:
            joined[f"top_ids/{host}"] = _filled(own, host, "top_ids", (k,), np.int32, -1)
            joined[f"top_logp/{host}"] = _filled(own, host, "top_logp", (k,), np.float16, np.nan)
            joined[f"lens_entropy/{host}"] = _filled(
                own, host, "lens_entropy", (), np.float16, np.nan
            )
    return joined


def _concatenate(raws: list[Raw]) -> Raw:
    if len({raw.dtype for raw in raws}) == 1:
        return Raw(np.concatenate([raw.data for raw in raws]), raws[0].dtype)
    return Raw(np.concatenate([raw.float32() for raw in raws]), "F32")


def _filled(
    pieces: list[dict[str, Raw]],
    host: str,
    what: str,
    width: tuple[int, ...],
    dtype: type,
    empty: float,
) -> np.ndarray:
    rows = []
    for piece in pieces:
        n = len(piece[f"states/{host}"].data)
        block: np.ndarray = np.full((n, *width), empty, dtype)
        raw = piece.get(f"{what}/{host}")
        if raw is not None and raw.data.ndim == 2:
            block[:, : raw.data.shape[1]] = raw.data
        elif raw is not None:
            block[:] = raw.data
        rows.append(block)
    return np.concatenate(rows)
