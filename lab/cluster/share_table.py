"""A table of results that several workers fill together: before a piece of work a worker asks
whether it is its own to do, and afterwards hands in what came out.

An experiment does not know that it is shared: it asks `ResultTable.takes` before every condition
(or condition and part of the problems) and adds rows. Seeds belong to conditions and problems,
never to the order in which they are worked on, so it does not matter who does what.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypedDict

import numpy as np

from lab.errors import Cancelled
from lab.experiments.harness.driver import Watch
from lab.records.results import ResultTable
from lab.words import say


class Unit(TypedDict):
    """One piece of work: what it is called, and what came out. Plain JSON data."""

    key: list[Any]
    """Condition, channel, and which part of the problems."""
    place: int
    """Where the condition stands among all that the experiment asks for."""
    of: int
    """How many parts the problems have."""
    adds: list[dict[str, Any]]
    """``condition``, ``channel``, ``control``, ``rows``."""
    refused: dict[str, str]
    """Conditions without figures, with the reason."""
    final: bool
    """Whether another worker would be refused too."""
    notes: list[str]
    hosts: dict[str, Any]


class ShareTable(ResultTable):
    """A worker's part of an experiment. Made with `start`, then `join`."""

    def join(
        self,
        ask: Callable[[Sequence[Any]], bool],
        hand_in: Callable[[Unit], None],
        rank: int = 0,
        size: int = 1,
    ) -> None:
        """Take part.

        Args:
            ask: whether a unit of this key is this worker's to do.
            hand_in: called with every unit that is done.
            rank: number of this worker; where it begins among the parts of the problems.
            size: number of all workers.
        """
        self._ask, self._hand_in, self._rank, self._size = ask, hand_in, rank, size
        self._open: Unit | None = None
        self._of = 1
        self._places: dict[tuple[str, str], int] = {}
        self._sent: dict[int, Mapping[str, Any]] = {}
        self._known: tuple[set[str], set[str]] = (set(), set())

    def parts(self, total: int) -> Iterable[int]:
        """All parts, beginning at this worker's own share: what a sender thought about a part is
        shared by its conditions, so workers meet in one part only at the end."""
        self._of = total
        first = self._rank * total // self._size
        return [*range(first, total), *range(first)]

    def takes(self, condition: str, channel: str = "", part: int | None = None) -> bool:
        """Hand in the last unit, and ask for the next one."""
        self.flush()
        place = self._places.setdefault((condition, channel), len(self._places))
        key = [condition, channel, part or 0]
        if not self._ask(key):
            return False
        self._known = (set(self.meta.get("refused", {})), set(self.meta["hosts"]))
        self._open = Unit(
            key=key,
            place=place,
            of=1 if part is None else self._of,
            adds=[],
            refused={},
            final=False,
            notes=[],
            hosts={},
        )
        return True

    def add(
        self,
        condition: str,
        rows: Iterable[Mapping[str, Any]],
        channel: str = "",
        control: str = "",
        finished: bool = True,  # noqa: ARG002
    ) -> None:
        """Keep those rows that were not handed in before."""
        if self._open is None:  # an experiment that did not ask before
            if self.takes(condition, channel):
                self.add(condition, rows, channel, control)
                self.flush()
            return
        new = [row for row in rows if id(row) not in self._sent]
        self._sent |= {id(row): row for row in new}
        said = {
            "condition": condition,
            "channel": channel,
            "control": control,
            "rows": [{key: plain(value) for key, value in row.items()} for row in new],
        }
        self._open["adds"].append(said)

    def refuse(self, condition: str, channel: str, reason: str) -> None:
        """As `ResultTable.refuse`; nobody else need try."""
        super().refuse(condition, channel, reason)
        if self._open is not None:
            self._open["final"] = True

    def note(self, text: str) -> None:
        """As `ResultTable.note`."""
        if self._open is not None and text not in self._open["notes"]:
            self._open["notes"].append(text)
        elif self._open is None:
            super().note(text)

    def flush(self, only_full: bool = False) -> None:
        """Hand in the unit that is done, if there is one.

        Args:
            only_full: leave a unit open that has nothing in it yet.
        """
        unit = self._open
        if unit is None or (only_full and not unit["adds"]):
            return
        self._open = None
        refused, hosts = self._known
        unit["refused"] = {
            k: v for k, v in self.meta.get("refused", {}).items() if k not in refused
        }
        unit["hosts"] = {k: v for k, v in self.meta["hosts"].items() if k not in hosts}
        if unit["adds"] or unit["refused"] or unit["notes"] or unit["final"]:
            self._hand_in(unit)  # else it was asked for long before its work


class Reports(Watch):
    """The watch of a worker: every step is told to the head, which knows the whole."""

    def __init__(
        self, say: Callable[[tuple[str, Any]], None], table: ShareTable, stopped: threading.Event
    ) -> None:
        """
        Args:
            say: where words to the head go.
            table: handed in as soon as something new begins.
            stopped: set by the head.
        """
        super().__init__(cancelled=stopped.is_set)
        self._say, self._table = say, table

    def step(self, done: int, total: int, what: str) -> None:
        """Tell what begins.

        Raises:
            Cancelled: after a stop; what is finished has been handed in.
        """
        self._table.flush(only_full=True)
        if self.cancelled():
            raise Cancelled(say("error.stopped"))
        self._say(("step", (done, total, what)))


def plain(value: Any) -> Any:
    """A value of a row as JSON has it, exactly."""
    return value.item() if isinstance(value, np.generic) else value


def merge(table: ResultTable, units: Iterable[Unit], metas: Iterable[Mapping[str, Any]]) -> None:
    """Put the units into a table as one process would have done: conditions in their order, the
    problems in theirs.

    Args:
        table: what they are added to.
        units: in any order; every key at most once.
        metas: what workers found out besides, the ``meta`` of their tables.
    """
    ordered = sorted(units, key=lambda unit: (unit["place"], unit["key"][2]))
    for meta in metas:
        for key, value in meta.items():
            _unite(table.meta, key, value)
    for unit in sorted(ordered, key=lambda unit: unit["key"][2]):
        _unite(table.meta, "hosts", unit["hosts"])
    for unit in ordered:
        for text in unit["notes"]:
            table.note(text)
    refusals = {
        key: (unit, why) for unit in reversed(ordered) for key, why in unit["refused"].items()
    }
    for (condition, channel), parts in _by_condition(ordered).items():
        stop = refusals.get(f"{condition}/{channel}")
        if stop is not None:
            parts = [part for part in parts if part[0]["key"][2] < stop[0]["key"][2]]  # noqa: PLW2901
        rows = [row for _, add in parts for row in add["rows"]]
        if rows:
            first, add = parts[0]
            whole = {unit["key"][2] for unit, _ in parts} == set(range(first["of"]))
            table.add(condition, rows, channel, add["control"], finished=whole)
    for key, (unit, why) in sorted(refusals.items(), key=lambda item: item[1][0]["place"]):
        condition, _, channel = key.rpartition("/")
        if unit["final"]:
            table.refuse(condition, channel, why)
        else:
            table.meta.setdefault("refused", {})[key] = why


def _by_condition(
    units: Iterable[Unit],
) -> dict[tuple[str, str], list[tuple[Unit, dict[str, Any]]]]:
    out: dict[tuple[str, str], list[tuple[Unit, dict[str, Any]]]] = {}
    made: dict[tuple[str, str, int], Unit] = {}
    for unit in units:
        for add in unit["adds"]:
            key = (add["condition"], add["channel"])
            if made.setdefault((*key, unit["key"][2]), unit) is unit:  # nothing counts twice
                out.setdefault(key, []).append((unit, add))
    return out


def _unite(meta: dict[str, Any], key: str, value: Any) -> None:
    """Add what a worker found out to what is known; what is known stays."""
    if isinstance(value, dict) and isinstance(meta.get(key), dict):
        for name, inner in value.items():
            meta[key].setdefault(name, inner)
    elif key == "notes":
        meta["notes"] += [text for text in value if text not in meta["notes"]]
    else:
        meta.setdefault(key, value)
