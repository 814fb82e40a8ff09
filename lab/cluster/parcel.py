"""Work on its way to a worker: a function with what it holds. Records go by themselves, through
Ray's object store, and only once each, however much is asked about them.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from lab.records import Record

KEPT_RECORDS = 8
"""Records whose contents stay in the object store."""


@dataclass(frozen=True)
class Parcel:
    """Work that can be sent."""

    content: bytes
    """The function; in place of a record it holds the record's number."""
    records: tuple[Any, ...]
    """References to the records' contents, in the order of their numbers."""
    models: frozenset[str]
    """Names of the models that the records were made with."""


class Post:
    """Packs work, and remembers which records are in the object store. Thread-safe."""

    def __init__(self, put: Callable[[Record], Any]) -> None:
        """
        Args:
            put: gives a record to the object store and returns the reference.
        """
        self._put = put
        self._sent: OrderedDict[str, Any] = OrderedDict()
        self._lock = Lock()

    def pack(self, work: Callable[..., Any]) -> Parcel:
        """Make a parcel of a function: one that stands in a module goes by its name, another one
        with its code and all that it holds.

        Raises:
            TypeError: if it holds what cannot travel, such as a lock.
        """
        from ray import cloudpickle

        held: list[Record] = []

        class Pickler(cloudpickle.CloudPickler):
            def persistent_id(self, thing: Any) -> int | None:
                if not isinstance(thing, Record):
                    return None
                held.append(thing)
                return len(held) - 1

        content = io.BytesIO()
        pickler: Any = Pickler
        pickler(content, protocol=pickle.HIGHEST_PROTOCOL).dump(work)
        names = frozenset(str(name) for record in held for name in record.meta.get("hosts", {}))
        return Parcel(content.getvalue(), tuple(map(self._reference, held)), names)

    def _reference(self, record: Record) -> Any:
        """Of a record's contents; those of one that still grows are not kept."""
        if record.meta.get("status") in (None, "running"):
            return self._put(record.in_memory())
        key = str(record.folder.resolve())
        with self._lock:
            if key not in self._sent:
                self._sent[key] = self._put(record.in_memory())
                while len(self._sent) > KEPT_RECORDS:
                    self._sent.popitem(last=False)
            self._sent.move_to_end(key)
            return self._sent[key]


def unpack(content: bytes, records: Sequence[Any]) -> Callable[..., Any]:
    """The function of a parcel, on the worker.

    Args:
        content: of the parcel.
        records: themselves.
    """

    class Unpickler(pickle.Unpickler):
        def persistent_load(self, pid: int) -> Any:
            return records[pid]

    work: Callable[..., Any] = Unpickler(io.BytesIO(content)).load()
    return work
