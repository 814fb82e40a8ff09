"""Write a run into a folder so that it can be read after a kill at any moment.

Events are appended and flushed one by one. Vectors go to numbered parts (written aside, then
renamed; the parquet piece is renamed last and makes the part count). `Writer.finish` joins the
parts into the two final files, again by rename. The writer does not know how the run was made.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lab.errors import BadInput, RecordDamaged
from lab.events import AgentStarted, Event, LaneFinished, LaneStarted, Note, to_dict
from lab.plan import Plan, PlanProblem
from lab.records import lock, schema, tensors
from lab.records.block import CapturedBlock
from lab.records.shards import join_parts, list_parts
from lab.records.tensors import Raw, as_raw
from lab.words import say

RESERVE_BYTES = 64 * 1024


def new_run_id() -> str:
    """A name for a run that sorts by time: date, time (UTC) and eight random letters, so that a
    class that presses in the same second gets as many names."""
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(4)


class Writer:
    """The only way into a record folder. Use it as a context manager: an error marks the record
    failed."""

    def __init__(self, folder: Path, meta: dict[str, Any], lock_file: Any) -> None:
        """Use `Writer.create`."""
        self.folder = folder
        self.meta = meta
        self._lock = lock_file
        self._events = open(folder / schema.EVENTS, "ab", buffering=0)  # noqa: SIM115  (as long as the run)
        self._lanes: dict[str, dict[str, str]] = {}
        self._roles: dict[tuple[str, str], str] = {}
        self._tokens: dict[str, dict[str, str]] = {}
        self._next_row: dict[str, int] = {}
        self._next_point = 0
        self._next_part = 1
        self._done = False

    @classmethod
    def create(
        cls, folder: Path | str, plan: Plan, problem: PlanProblem, run_id: str | None = None
    ) -> Writer:
        """Start a record in a new or empty folder.

        Raises:
            BadInput: if the folder already holds a record, or cannot be made.
        """
        folder = Path(folder)
        if (folder / schema.META).exists():
            raise BadInput(say("error.writer.already_holds_record_new", folder=folder))
        try:
            (folder / schema.PARTS).mkdir(parents=True, exist_ok=True)
            (folder / schema.RESERVE).write_bytes(b"\0" * RESERVE_BYTES)
            lock_file = lock.acquire(folder / schema.LOCK)
        except OSError as error:
            raise BadInput(
                say(
                    "error.writer.cannot_write_record_choose",
                    folder=folder,
                    strerror=error.strerror,
                )
            ) from error
        if lock_file is None:
            raise BadInput(say("error.writer.being_written_another_run", folder=folder))
        meta: dict[str, Any] = {
            "schema": schema.SCHEMA,
            "run_id": run_id or folder.name,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "status": "running",
            "message": "",
            "plan": plan.model_dump(mode="json"),
            "problem": problem.model_dump(mode="json"),
            "hosts": {},
            "versions": schema.versions(),
            "seeds": {"plan": plan.seed, "problem": problem.seed},
            "totals": {},
            "notes": [],
        }
        schema.write_json(folder / schema.META, meta)
        return cls(folder, meta, lock_file)

    def host(self, name: str, info: dict[str, Any]) -> None:
        """Keep what is known of a host (digest, n_layers, d_model, dtype, device, why, versions
        …)."""
        self.meta["hosts"][name] = info
        with self._guard():
            schema.write_json(self.folder / schema.META, self.meta)

    def fact(self, name: str, value: Any) -> None:
        """Keep something else about the run; written with the next host."""
        self.meta[name] = value

    def event(self, event: Event) -> None:
        """Append one event and hand it to the operating system before returning."""
        if isinstance(event, LaneStarted):
            self._lanes[event.lane] = {"method": event.method, "title": event.title}
        elif isinstance(event, AgentStarted):
            self._roles[event.lane, event.agent] = event.role
        elif isinstance(event, LaneFinished):
            figures = {k: v for k, v in to_dict(event).items() if k not in ("type", "lane")}
            self.meta["totals"][event.lane] = self._lanes.get(event.lane, {}) | figures
        elif isinstance(event, Note):
            self.meta["notes"].append(f"{event.lane}: {event.text}" if event.lane else event.text)
        line = json.dumps(to_dict(event), ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
        with self._guard():
            self._append(line)

    def block(self, block: CapturedBlock) -> None:
        """Write captured vectors as one more part."""
        if block.n == 0 or not block.layers:
            return
        table, pieces = self._rows(block)
        stem = self.folder / schema.PARTS / f"{self._next_part:06d}"
        words = self._tokens.setdefault(block.host, {})
        new = {str(i): _clean(text) for i, text in block.vocab.items() if str(i) not in words}
        with self._guard():
            if new:
                words.update(new)
                schema.write_json(self.folder / schema.TOKENS, self._tokens)
            _save_states(stem.with_suffix(".safetensors"), pieces)
            _save_points(stem.with_suffix(".parquet"), table)
        self._next_part += 1
        self._next_point += table.num_rows
        self._next_row[block.host] = self._next_row.get(block.host, 0) + table.num_rows

    def finish(self, status: schema.Status, message: str = "") -> None:
        """Join the parts, write the last word on the run, and let go of the folder. Later calls do
        nothing.

        Args:
            status: ``finished``, ``failed`` or ``cancelled``.
            message: one sentence for the reader, empty if all went well.
        """
        if self._done:
            return
        self._done = True
        self.meta.update(
            status=status, message=message, ended=datetime.now(UTC).isoformat(timespec="seconds")
        )
        (self.folder / schema.RESERVE).unlink(missing_ok=True)
        try:
            self._events.close()
            with self._guard():
                schema.write_json(self.folder / schema.META, self.meta, durable=True)
                self._compact()
        finally:
            self._lock.close()
            (self.folder / schema.LOCK).unlink(missing_ok=True)

    def abandon(self) -> None:
        """Take the record back: the run begins anew."""
        if not self._done:
            self._done = True
            self._events.close()
            self._lock.close()
            shutil.rmtree(self.folder)

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.finish("failed" if kind else "finished", str(error or ""))

    def _append(self, line: bytes) -> None:
        start = (self.folder / schema.EVENTS).stat().st_size
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[self._events.write(rest) :]
        except OSError:
            os.truncate(self.folder / schema.EVENTS, start)
            raise

    def _rows(self, block: CapturedBlock) -> tuple[pa.Table, dict[str, np.ndarray | Raw]]:
        """The block's rows, positions outside and layers inside, and its tensors in the same
        order."""
        layers, n = len(block.layers), block.n
        rows = layers * n
        raw = as_raw(block.hidden)
        states = Raw(_by_position(raw.data, rows), raw.dtype)
        first_row = self._next_row.get(block.host, 0)

        def each(values: Any) -> np.ndarray:
            return np.repeat(np.asarray(values), layers)

        columns: dict[str, Any] = {
            "point_id": np.arange(self._next_point, self._next_point + rows),
            "moment": each(block.moments),
            "lane": [block.lane] * rows,
            "method": [self._lanes.get(block.lane, {}).get("method", "")] * rows,
            "agent": [block.agent] * rows,
            "role": [self._roles.get((block.lane, block.agent), "")] * rows,
            "host": [block.host] * rows,
            "kind": [block.kind] * rows,
            "step": each(block.steps),
            "position": each(block.positions),
            "layer": np.tile(np.asarray(block.layers), n),
            "token": each(np.array([_clean(text) for text in block.tokens], dtype=object)),
            "token_id": each(block.token_ids),
            "logprob": each(block.logprobs),
            "entropy": each(block.entropies),
            "norm": np.linalg.norm(states.float32(), axis=1),
            "kv_len": each(block.kv_lens),
            "seconds": each(block.seconds),
            "state_row": np.arange(first_row, first_row + rows),
        }
        arrays = [
            pa.array(columns[f.name], type=f.type, from_pandas=False) for f in schema.POINTS_SCHEMA
        ]
        pieces: dict[str, np.ndarray | Raw] = {f"states/{block.host}": states}
        if block.lens is not None:
            pieces[f"top_ids/{block.host}"] = _by_position(block.lens.top_ids, rows).astype(
                np.int32
            )
            pieces[f"top_logp/{block.host}"] = _by_position(block.lens.top_logp, rows).astype(
                np.float16
            )
            pieces[f"lens_entropy/{block.host}"] = _by_position(block.lens.entropy, rows).astype(
                np.float16
            )
        return pa.Table.from_arrays(arrays, schema=schema.POINTS_SCHEMA), pieces

    def _compact(self) -> None:
        parts = list_parts(self.folder)
        table, pieces = join_parts(parts)
        _save_states(self.folder / schema.STATES, pieces, durable=True)
        _save_points(self.folder / schema.POINTS, table)
        shutil.rmtree(self.folder / schema.PARTS)

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            (self.folder / schema.RESERVE).unlink(missing_ok=True)
            raise RecordDamaged(
                say(
                    "error.writer.could_not_go_on",
                    folder=self.folder,
                    value=error.strerror or error,
                )
            ) from error


def _by_position(array: np.ndarray, rows: int) -> np.ndarray:
    """(layers, n, …) to (n × layers, …)."""
    return np.ascontiguousarray(np.swapaxes(array, 0, 1)).reshape(rows, *array.shape[2:])


def _clean(text: str) -> str:
    """Text that UTF-8 can hold: half a surrogate pair becomes the replacement character."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _save_states(path: Path, pieces: dict[str, np.ndarray | Raw], durable: bool = False) -> None:
    temporary = path.with_name(path.name + ".tmp")
    tensors.save(temporary, pieces, durable)
    os.replace(temporary, path)


def _save_points(path: Path, table: pa.Table) -> None:
    temporary = path.with_name(path.name + ".tmp")
    pq.write_table(table, temporary, compression="zstd")
    os.replace(temporary, path)
