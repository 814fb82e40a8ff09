"""Read a record: running, finished, cancelled, failed or killed, and never change it.

Everything is loaded when first asked for. It knows nothing of how records are drawn, and needs no
model.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from pydantic import ValidationError

from lab.errors import LabError, RecordDamaged, SpaceMismatch
from lab.events import Event, from_dict
from lab.notebook import card
from lab.plan import Plan, PlanProblem, plan_from_dict
from lab.records import lock, schema, tensors
from lab.records.shards import join_parts, list_parts, read_points
from lab.records.tensors import Raw, as_raw
from lab.spaces import Space, space_of_layer
from lab.words import say

T = TypeVar("T")


class Record:
    """One record folder, as it was when its parts were first read; open it again to see more of a
    running one."""

    def __init__(self, folder: Path, meta: dict[str, Any]) -> None:
        """Use `Record.open`."""
        self.folder = folder
        self.meta = meta

    @classmethod
    def open(cls, folder: Path | str) -> Record:
        """Open a record folder.

        Raises:
            RecordDamaged: if there is no record, its ``record.json`` is damaged, or its schema is
                newer.
        """
        folder = Path(folder)
        return cls(folder, read_meta(folder))

    def __repr__(self) -> str:
        title = (self.meta.get("plan") or {}).get("title", "")
        return f"Record({self.run_id!r}, {self.status}, {title!r})"

    def _repr_html_(self) -> str:
        problem = self.meta.get("problem") or {}
        rows: list[tuple[str, object]] = [
            ("status", f"{self.status} {self.meta.get('message', '')}".strip()),
            ("question", f"{problem.get('facts', '')} {problem.get('question', '')}".strip()),
            ("truth", "unknown" if problem.get("truth") is None else problem["truth"]),
        ]
        marks = {True: "right", False: "wrong", None: "truth unknown"}
        rows += [
            (str(t.get("title", lane)), f"{t.get('answer', '')} ({marks[t.get('correct')]})")
            for lane, t in (self.meta.get("totals") or {}).items()
        ]
        return card(f"Record {self.run_id}", rows)

    def in_memory(self) -> Record:
        """The same record with everything read: it needs its folder no more, and can go to
        another machine."""
        whole = Record(self.folder, {**self.meta, "status": self.status})
        tensors_read = {
            name: Raw(np.array(raw.data), raw.dtype) for name, raw in self._tensors.items()
        }
        whole.__dict__ |= {
            "events": self.events,
            "points": self.points,
            "_words": self._words,
            "_tensors": tensors_read,
        }
        return whole

    @property
    def run_id(self) -> str:
        """The run's name."""
        return str(self.meta.get("run_id", self.folder.name))

    @property
    def status(self) -> schema.Status:
        """``running``, ``finished``, ``failed``, ``cancelled``, or ``interrupted`` (its writer was
        killed)."""
        return status_of(self.folder, self.meta)

    @cached_property
    def plan(self) -> Plan:
        """The plan that was run."""
        return self._checked(
            lambda: plan_from_dict(self.meta["plan"], source=f"record {self.run_id}")
        )

    @cached_property
    def problem(self) -> PlanProblem:
        """The question, its facts and its truth."""
        return self._checked(lambda: PlanProblem.model_validate(self.meta["problem"]))

    @cached_property
    def events(self) -> list[Event]:
        """All complete events in order; a last line that was cut off by a kill is left out."""
        return [from_dict(data) for data in read_event_lines(self.folder)]

    @cached_property
    def points(self) -> pd.DataFrame:
        """A row per captured vector, see `schema.POINTS_SCHEMA`; row i has ``point_id`` i."""
        if self._compacted:
            return read_points(self.folder / schema.POINTS).to_pandas()
        return self._joined[0]

    def states(self, rows: Any) -> np.ndarray:
        """The vectors of points.

        Args:
            rows: point ids, (n,) int; a slice or a boolean mask over all points works too.

        Returns:
            (n, D) float32.

        Raises:
            SpaceMismatch: if the points belong to hosts of different width.
        """
        hosts, state_rows = self._where(rows)
        widths = {h: self._tensors[f"states/{h}"].data.shape[1] for h in dict.fromkeys(hosts)}
        if len(set(widths.values())) > 1:
            raise SpaceMismatch(say("error.reader.cannot_put_vectors_different", widths=widths))
        out = np.empty((len(hosts), next(iter(widths.values()), 0)), np.float32)
        for host in widths:
            raw = self._tensors[f"states/{host}"]
            mask = hosts == host
            out[mask] = Raw(raw.data[state_rows[mask]], raw.dtype).float32()
        return out

    def lens(self, rows: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The stored lens of points: what the head would say there.

        Returns:
            top ids (n, k) int32, their log-probabilities (n, k) float32 in nats, entropy (n,)
            float32 in nats; id -1 and NaN where no lens was stored.
        """
        hosts, state_rows = self._where(rows)
        names = list(dict.fromkeys(hosts))
        k = max(
            (t.data.shape[1] for h in names if (t := self._tensors.get(f"top_ids/{h}"))), default=0
        )
        ids = np.full((len(hosts), k), -1, np.int32)
        logp = np.full((len(hosts), k), np.nan, np.float32)
        entropy = np.full(len(hosts), np.nan, np.float32)
        for host in names:
            mask = hosts == host
            top = self._tensors.get(f"top_ids/{host}")
            if top is None:
                continue
            width = top.data.shape[1]
            at = np.flatnonzero(mask)
            ids[at, :width] = top.data[state_rows[mask]]
            logp[at, :width] = self._tensors[f"top_logp/{host}"].data[state_rows[mask]]
            entropy[at] = self._tensors[f"lens_entropy/{host}"].data[state_rows[mask]]
        return ids, logp, entropy

    def token(self, host: str, token_id: int) -> str:
        """The text of a token id of a host; ``#id`` where the record does not hold it."""
        return self._words.get(host, {}).get(str(int(token_id)), f"#{int(token_id)}")

    def host(self, name: str) -> dict[str, Any]:
        """What was recorded about a host.

        Raises:
            RecordDamaged: if the record does not name it.
        """
        hosts: dict[str, dict[str, Any]] = self.meta.get("hosts", {})
        if name not in hosts:
            raise RecordDamaged(
                say(
                    "error.reader.record_does_not_describe",
                    run_id=self.run_id,
                    name=name,
                    hosts=sorted(hosts),
                )
            )
        return hosts[name]

    def space(self, point_id: int) -> Space:
        """Where a point's vector lives."""
        row = self.points.iloc[int(point_id)]
        info = self.host(str(row["host"]))
        return space_of_layer(str(info["digest"]), int(row["layer"]), int(info["n_layers"]))

    @cached_property
    def _words(self) -> dict[str, dict[str, str]]:
        path = self.folder / schema.TOKENS
        return _read_json(path) if path.exists() else {}

    @cached_property
    def _compacted(self) -> bool:
        return (self.folder / schema.POINTS).exists() and (self.folder / schema.STATES).exists()

    @cached_property
    def _joined(self) -> tuple[pd.DataFrame, dict[str, Raw]]:
        try:
            table, pieces = join_parts(list_parts(self.folder))
        except RecordDamaged:
            # The writer may have joined the parts while they were being read.
            again = Record(self.folder, self.meta)
            if not again._compacted:
                raise
            return again.points, again._tensors
        return table.to_pandas(), {name: as_raw(piece) for name, piece in pieces.items()}

    @cached_property
    def _tensors(self) -> dict[str, Raw]:
        return tensors.load(self.folder / schema.STATES) if self._compacted else self._joined[1]

    @cached_property
    def _rows(self) -> tuple[np.ndarray, np.ndarray]:
        points = self.points
        return points["host"].to_numpy(dtype=object), points["state_row"].to_numpy(dtype=np.int64)

    def _where(self, rows: Any) -> tuple[np.ndarray, np.ndarray]:
        """Hosts and state rows of point ids."""
        hosts, state_rows = self._rows
        index = rows if isinstance(rows, slice) else _as_index(rows)
        return hosts[index], state_rows[index]

    def _checked(self, make: Callable[[], T]) -> T:
        try:
            return make()
        except (LabError, KeyError, ValueError) as error:
            unknown = _unknown_entry(error)
            if unknown:
                raise RecordDamaged(
                    say("error.reader.record_json_entry_which", run_id=self.run_id, unknown=unknown)
                ) from error
            raise RecordDamaged(
                say(
                    "error.reader.record_json_damaged_restore",
                    run_id=self.run_id,
                    error=str(error)[:160],
                )
            ) from error


def _unknown_entry(error: Exception) -> str:
    """Path of the first entry that the model does not have; empty if the fault is another."""
    cause = error if isinstance(error, ValidationError) else error.__cause__
    faults = cause.errors() if isinstance(cause, ValidationError) else []
    paths = [".".join(map(str, f["loc"])) for f in faults if f["type"] == "extra_forbidden"]
    return next(iter(paths), "")


def _as_index(rows: Any) -> np.ndarray:
    index = np.asarray(rows)
    return np.flatnonzero(index) if index.dtype == bool else index.astype(np.int64).reshape(-1)


def read_meta(folder: Path) -> dict[str, Any]:
    """The content of ``record.json``, checked for its schema version.

    Raises:
        RecordDamaged: if it is missing, damaged or newer than this lab.
    """
    path = folder / schema.META
    if not path.exists():
        raise RecordDamaged(say("error.reader.not_record_file_record", folder=folder))
    meta = _read_json(path)
    version = meta.get("schema")
    if not isinstance(version, int):
        raise RecordDamaged(
            say("error.reader.record_damaged_schema_number", name=folder.name, version=version)
        )
    if version > schema.SCHEMA:
        raise RecordDamaged(
            say(
                "error.reader.record_schema_lab_reads",
                name=folder.name,
                version=version,
                schema=schema.SCHEMA,
            )
        )
    return meta


def status_of(folder: Path, meta: dict[str, Any]) -> schema.Status:
    """The status as a reader sees it, see `Record.status`."""
    status: schema.Status = meta.get("status", "running")
    if status != "running" or lock.held(folder / schema.LOCK):
        return status
    now = read_meta(folder).get(
        "status", "running"
    )  # it may have ended since the meta data were read
    return "interrupted" if now == "running" else now


def read_event_lines(folder: Path) -> list[dict[str, Any]]:
    """The events as plain data; a torn last line is left out.

    Raises:
        RecordDamaged: if a line before the last one is damaged.
    """
    path = folder / schema.EVENTS
    try:
        lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
        return [json.loads(line) for line in lines]
    except (OSError, ValueError, RecursionError) as error:
        raise RecordDamaged(
            say("error.reader.events_jsonl_record_damaged", name=folder.name, error=error)
        ) from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise ValueError("no object at the top level")
    except (OSError, ValueError, RecursionError) as error:
        raise RecordDamaged(
            say(
                "error.reader.record_damaged_json_object",
                name=path.name,
                name2=path.parent.name,
                error=error,
            )
        ) from error
    return data
