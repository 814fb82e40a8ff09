"""The result of an experiment on disk: per-problem rows, and one line per condition and metric with
its interval.

A folder holds ``record.json`` (kind ``experiment``: what was asked, hosts, status, notes),
``rows.parquet`` (one row per problem and condition) and, at its end, ``results.csv``. Every
finished condition is written at once, so a stop or a crash keeps what is finished, and a second run
of the same experiment continues there. The table does not know what an experiment does.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import pandas as pd

from lab import stats
from lab.errors import BadInput, RecordDamaged
from lab.notebook import grid
from lab.version import __version__
from lab.words import say

T = TypeVar("T")
SCHEMA = 1
COLUMNS = ("experiment", "condition", "channel", "metric", "value", "low", "high", "n", "control")
KEYS = ("experiment", "condition", "channel", "control", "problem")
REAL = "-real"
"""Ends the name of a preset, and of a result, for models that are not of the pocket family."""


@dataclass(frozen=True)
class Metric:
    """A column of the rows that is worth an average."""

    name: str
    unit: str
    """``share``, ``nats``, ``tokens``, ``ms``, ``bytes``: it goes to the axis."""
    kind: Literal["rate", "mean"] = "mean"
    """``rate`` gets a Wilson interval, ``mean`` a bootstrap one."""
    better: Literal["high", "low", ""] = ""


METRICS = (
    Metric("accuracy", "share", "rate", "high"),
    Metric("nll", "nats", "mean", "low"),
    Metric("kl", "nats", "mean", "low"),
    Metric("tokens", "tokens", "mean", "low"),
    Metric("ms", "ms", "mean", "low"),
    Metric("bytes", "bytes", "mean", "low"),
)
"""What every relay reports: ``nll`` of the right answer, ``kl`` to the correct hand-over, both per
problem."""


@dataclass
class _Asked:
    """What was asked of rows, as long as they are these: a page asks for the same at each visit."""

    rows: pd.DataFrame
    answers: dict[Hashable, Any] = field(default_factory=dict)


@dataclass
class ResultTable:
    """Rows of one experiment, kept in memory and, with a folder, on disk after every `add`."""

    experiment: str
    metrics: tuple[Metric, ...] = METRICS
    folder: Path | None = None
    meta: dict[str, Any] = field(default_factory=dict)
    rows: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(KEYS)))
    changed: Callable[[ResultTable], None] | None = field(default=None, repr=False)
    """Called after every `add`, for example to redraw."""
    _lines: dict[tuple[str, str, str], list[tuple[Any, ...]]] = field(
        default_factory=dict, repr=False
    )
    """Summary lines of the groups that have not changed since they were computed."""
    _asked: _Asked | None = field(default=None, repr=False, compare=False)

    @classmethod
    def start(
        cls,
        experiment: str,
        spec: Mapping[str, Any],
        folder: Path | None = None,
        metrics: Sequence[Metric] = METRICS,
        resume: bool = True,
    ) -> Self:
        """A table ready to be filled; continues a stopped one of the same spec in ``folder``.

        Args:
            spec: everything the rows depend on (JSON data); a folder with another spec is not
                continued.

        Raises:
            BadInput: if the folder holds something else, or the same experiment with another spec.
        """
        plain = json.loads(json.dumps(spec, default=str))
        if folder is not None and (folder / "record.json").exists():
            table = cls.open(folder)
            if not resume or (table.experiment, table.meta["spec"]) != (experiment, plain):
                raise BadInput(
                    say(
                        "error.results.already_holds_experiment_other",
                        folder=folder,
                        experiment=table.experiment,
                    )
                )
            table.metrics = tuple(metrics)
            table.meta.update(status="running", message="")
            return table
        if folder is not None and folder.exists() and any(folder.iterdir()):
            raise BadInput(say("error.results.not_empty_holds_no", folder=folder))
        meta = {
            "schema": SCHEMA,
            "kind": "experiment",
            "run_id": folder.name if folder else experiment,
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "status": "running",
            "message": "",
            "experiment": experiment,
            "spec": plain,
            "hosts": {},
            "versions": {"lab": __version__},
            "notes": [],
            "finished": [],
            "metrics": [asdict(metric) for metric in metrics],
        }
        table = cls(experiment, tuple(metrics), folder, meta)
        table._save()
        return table

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read a folder in any status.

        Raises:
            RecordDamaged: if it holds no experiment, is damaged or of a newer schema.
        """
        try:
            meta = json.loads((folder / "record.json").read_text(encoding="utf-8"))
            if meta.get("kind") != "experiment":
                raise RecordDamaged(
                    say(
                        "error.results.holds_experiment_s_record",
                        folder=folder,
                        kind=meta.get("kind", "run"),
                    )
                )
            if meta["schema"] > SCHEMA:
                raise RecordDamaged(
                    say(
                        "error.results.schema_lab_reads_up",
                        folder=folder,
                        meta=meta["schema"],
                        schema=SCHEMA,
                    )
                )
            unknown = {key for item in meta["metrics"] for key in item} - {
                f.name for f in fields(Metric)
            }
            if unknown:
                raise RecordDamaged(
                    say(
                        "error.results.says_its_metrics_which",
                        folder=folder,
                        names=", ".join(sorted(unknown)),
                    )
                )
            path = folder / "rows.parquet"
            rows = pd.read_parquet(path) if path.exists() else pd.DataFrame(columns=list(KEYS))
            metrics = tuple(Metric(**item) for item in meta["metrics"])
            return cls(meta["experiment"], metrics, folder, meta, rows)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RecordDamaged(
                say("error.results.cannot_read_as_experiment", folder=folder, error=error)
            ) from error

    def __repr__(self) -> str:
        kinds = self.rows["condition"].nunique() if len(self.rows) else 0
        status = self.meta.get("status", "not started")
        return (
            f"{type(self).__name__}({self.experiment!r}, {status}, {kinds} conditions, "
            f"{len(self.rows)} rows)"
        )

    def _repr_html_(self) -> str:
        heads = ("condition", "channel", "metric", "value", "95 % interval", "n", "control")
        rows = [
            (
                line.condition,
                line.channel,
                line.metric,
                f"{line.value:.3g}",
                f"{line.low:.3g} to {line.high:.3g}",
                line.n,
                line.control,
            )
            for line in self.summary().itertuples(index=False)
        ]
        status = str(self.meta.get("status", "not started"))
        note = " ".join([status, str(self.meta.get("message", "")), *self.meta.get("notes", [])])
        return grid(f"Experiment {self.experiment}", heads, rows, note)

    @property
    def study(self) -> str:
        """The experiment's name, with `REAL` at its end where a model outside the pocket family
        took part: the two are never shown in each other's place."""
        own = all(str(name).startswith("pocket-") for name in self.meta["hosts"])
        return self.experiment if own else self.experiment.removesuffix(REAL) + REAL

    def done(self, condition: str, channel: str = "") -> bool:
        """Whether this condition is finished and need not be run again."""
        return [condition, channel] in self.meta["finished"]

    def takes(self, condition: str, channel: str = "", part: int | None = None) -> bool:
        """Whether this condition (or this part of the problems of it) is to be worked out here:
        asked right before the work. A table that several processes fill gives everything to one of
        them only."""
        return part is not None or not self.done(condition, channel)

    def parts(self, total: int) -> Iterable[int]:
        """In which order the parts of the problems are gone through, as numbers below ``total``."""
        return range(total)

    def add(
        self,
        condition: str,
        rows: Iterable[Mapping[str, Any]],
        channel: str = "",
        control: str = "",
        finished: bool = True,
    ) -> None:
        """Add per-problem rows of one condition and save.

        Args:
            rows: each with ``problem`` (its index or seed), metric columns and any further columns.
            control: ``ceiling``, ``floor``, ``control``, ``method``, or empty.
            finished: False for a part of the problems; such a condition is run again on resume,
                replacing its rows.
        """
        frame = pd.DataFrame([dict(row) for row in rows])
        for name, value in (
            ("experiment", self.experiment),
            ("condition", condition),
            ("channel", channel),
        ):
            frame[name] = value
        frame["control"] = control
        old = self.rows[
            ~((self.rows["condition"] == condition) & (self.rows["channel"] == channel))
        ]
        self.rows = pd.concat([old, frame], ignore_index=True) if len(old) else frame
        self._lines = {
            key: lines for key, lines in self._lines.items() if key[:2] != (condition, channel)
        }
        self.rows = self.rows[[*KEYS, *(c for c in self.rows.columns if c not in KEYS)]]
        if finished and not self.done(condition, channel):
            self.meta["finished"].append([condition, channel])
        self._save()
        if self.changed is not None:
            self.changed(self)

    def refuse(self, condition: str, channel: str, reason: str) -> None:
        """A condition without figures: shapes that do not fit, a model that is not on this
        machine."""
        self.meta.setdefault("refused", {})[f"{condition}/{channel}"] = reason
        if not self.done(condition, channel):
            self.meta["finished"].append([condition, channel])

    def host(self, name: str, info: Mapping[str, Any]) -> None:
        """Keep what is known about a model that took part (digest, dtype, device, versions)."""
        self.meta["hosts"][name] = json.loads(json.dumps(info, default=str))

    def note(self, text: str) -> None:
        """Something the reader must know: a condition that is not available here, a batch that was
        cut."""
        if text not in self.meta["notes"]:
            self.meta["notes"].append(text)

    def finish(
        self, status: Literal["finished", "failed", "cancelled"], message: str = ""
    ) -> ResultTable:
        """Write the last state: status and the reason where it did not come to its end."""
        self.meta.update(status=status, message=message)
        self._save()
        return self

    def summary(self) -> pd.DataFrame:
        """One line per condition, channel and metric with its 95 % interval; the columns of
        ``results.csv``."""
        groups = self.rows.groupby(["condition", "channel", "control"], sort=False, dropna=False)
        lines = [
            line
            for key, part in groups
            for line in self._lines.get(key) or self._summarise(key, part)
        ]
        return pd.DataFrame(lines, columns=list(COLUMNS))

    def _summarise(self, key: tuple[str, str, str], part: pd.DataFrame) -> list[tuple[Any, ...]]:
        lines: list[tuple[Any, ...]] = []
        for metric in self.metrics:
            if metric.name in part and part[metric.name].notna().any():
                e = stats.of_metric(metric.kind, part[metric.name].astype(float))
                lines.append(
                    (self.experiment, *key[:2], metric.name, e.value, e.low, e.high, e.n, key[2])
                )
        self._lines[key] = lines
        return lines

    def estimate(self, condition: str, metric: str, channel: str | None = None) -> stats.Estimate:
        """One figure of the summary.

        Raises:
            BadInput: if the condition or metric was not measured.
        """
        key = ("estimate", condition, metric, channel)
        return self.once(key, lambda: self._estimate(condition, metric, channel))

    def _estimate(self, condition: str, metric: str, channel: str | None) -> stats.Estimate:
        part = self.rows_of(condition, channel)
        kinds = {m.name: m.kind for m in self.metrics}
        if metric not in kinds or not len(part):
            known = ", ".join(dict.fromkeys(self.rows["condition"]))
            raise BadInput(
                say(
                    "error.results.no_condition_was_measured",
                    metric=metric,
                    condition=condition,
                    known=known,
                )
            )
        return stats.of_metric(kinds[metric], part[metric].astype(float))

    def rows_of(self, condition: str, channel: str | None = None) -> pd.DataFrame:
        """The rows of one condition, of all channels or of one; none if it was not measured."""

        def split() -> dict[Any, pd.DataFrame]:
            return dict(iter(self.rows.groupby("condition", sort=False)))

        part = self.once("split", split).get(condition, self.rows.iloc[:0])
        return part if channel is None else part[part["channel"] == channel]

    def by_problem(
        self, condition: str, metric: str, channel: str | None = None
    ) -> Mapping[Any, float]:
        """A metric of one condition by problem, the mean where a problem has several rows; empty if
        it was not measured."""

        def told() -> dict[Any, float]:
            part = self.rows_of(condition, channel)
            if metric not in part:
                return {}
            means = part.dropna(subset=metric).groupby("problem", sort=False)[metric].mean()
            return {problem: float(value) for problem, value in means.items()}

        return self.once(("by problem", condition, metric, channel), told)

    def measured(self) -> set[tuple[str, str]]:
        """Conditions and channels that have rows."""

        def pairs() -> set[tuple[str, str]]:
            found = self.rows[["condition", "channel"]].drop_duplicates()
            return set(found.itertuples(index=False, name=None))

        return self.once("measured", pairs)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` says of the rows, worked out once as long as they are these."""
        if self._asked is None or self._asked.rows is not self.rows:
            self._asked = _Asked(self.rows)
        answers = self._asked.answers
        if key not in answers:
            answers[key] = make()
        found: T = answers[key]
        return found

    def _save(self) -> None:
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        if len(self.rows):
            _replace(
                self.folder / "rows.parquet", lambda path: self.rows.to_parquet(path, index=False)
            )
            if self.meta["status"] != "running":
                _replace(
                    self.folder / "results.csv",
                    lambda path: self.summary().to_csv(path, index=False),
                )
        text = json.dumps(self.meta, indent=1, ensure_ascii=False)
        _replace(self.folder / "record.json", lambda path: path.write_text(text, encoding="utf-8"))


def read_result(folder: Path) -> ResultTable:
    """A result to look at: read once as long as its files stay as they are. Nobody adds to it.

    Raises:
        RecordDamaged: as `ResultTable.open`.
    """
    return _read(folder, *(_stamp(folder / name) for name in ("record.json", "rows.parquet")))


@lru_cache(maxsize=64)
def _read(folder: Path, *_stamps: tuple[int, int] | None) -> ResultTable:
    return ResultTable.open(folder)


def _stamp(path: Path) -> tuple[int, int] | None:
    """What changes with a file: when it was written (ns) and its size (bytes)."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside the file, then rename: a reader sees the old or the new one, never half of
    it."""
    part = path.with_name(path.name + ".part")
    write(part)
    os.replace(part, path)
