"""Which workers were lost, which are owed in their place, and which do not answer: what the page
says of a cluster, right at once, long before Ray gives a machine up. Does not know Ray.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

SILENT_S = 5.0
"""How long a call may go without an answer: whoever computes answers within a second or two."""


class RollCall:
    """Keeps the list. Not thread-safe: the cluster's lock is held by whoever calls it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """
        Args:
            clock: seconds since some moment.
        """
        self._clock = clock
        self.lost = 0
        """Workers that died so far."""
        self.runs, self.seconds = 0, 0.0
        """What they had done."""
        self.trouble = ""
        """Why the last one that was hired did not start; empty once another one has, or another
        machine has come or gone."""
        self._last: dict[str, Any] | None = None
        self._owed: list[str] = []
        """Machines (by their ids) of lost workers in whose place nobody has started yet."""
        self._calls: dict[str, tuple[Any, float]] = {}
        """Of every worker the call that it has not answered, and since when."""
        self._nodes: set[str] = set()

    def bury(self, line: Mapping[str, Any], at: str = "") -> None:
        """Note a worker that died.

        Args:
            line: what it said of itself; empty if it said nothing.
            at: what it was at.
        """
        self.lost += 1
        self.runs += line.get("runs", 0)
        self.seconds += line.get("seconds", 0.0)
        node, machine = line.get("node", ""), line.get("machine", "")
        self._last = {"machine": machine, "at": at, "node": node, "when": self._clock()}
        self._owed.append(node)

    def arrived(self) -> None:
        """One that was hired has started."""
        self.trouble = ""
        del self._owed[:1]

    def owed(self, late: int) -> int:
        """How many of those that are starting stand for lost ones.

        Args:
            late: how many are starting.
        """
        return min(late, len(self._owed))

    def machines_are(self, nodes: Collection[str]) -> None:
        """Note which machines are there: nobody is owed in the place of one that has left.

        Args:
            nodes: their ids.
        """
        if set(nodes) != self._nodes:
            self._nodes, self.trouble = set(nodes), ""
            self._owed = [node for node in self._owed if node in self._nodes]

    def call(
        self,
        workers: Mapping[str, Any],
        ask: Callable[[Any], Any],
        answered: Callable[[Sequence[Any]], Collection[Any]],
    ) -> dict[str, Any]:
        """Call everybody who has answered the last time.

        Args:
            workers: by their ids.
            ask: calls a worker, and gives what its answer will be known by.
            answered: which of these have come.

        Returns:
            by their ids, what the answers of those are known by that have answered.
        """
        come = set(answered([call for call, _ in self._calls.values()]))
        found = {name: call for name, (call, _) in self._calls.items() if call in come}
        self._calls = {
            name: (call, since)
            for name, (call, since) in self._calls.items()
            if name in workers and call not in come
        }
        for name, worker in workers.items():
            if name not in self._calls:
                self._calls[name] = (ask(worker), self._clock())
        return {name: call for name, call in found.items() if name in workers}

    def silent_s(self, name: str) -> float:
        """Seconds for which a worker has not answered; 0 as long as that means nothing.

        Args:
            name: its id.
        """
        seconds = self._clock() - self._calls[name][1] if name in self._calls else 0.0
        return seconds if seconds > SILENT_S else 0.0

    def last(self) -> dict[str, Any] | None:
        """The last one that died, see `lab.panels.machines.Standing`."""
        if self._last is None:
            return None
        seconds, left = self._clock() - self._last["when"], self._last["node"] not in self._nodes
        return {**self._last, "seconds": seconds, "left": left}
