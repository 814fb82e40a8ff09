"""Work on its way to a worker: a function with the values that it uses.

Records are large and asked about again and again, so they do not travel inside a parcel: each goes
into Ray's object store once, and the parcel holds a reference to it.
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
    """The pickled function; where it uses a record, a number stands instead, from 0."""
    records: tuple[Any, ...]
    """References to those records in the object store; the number is the place in here."""
    models: frozenset[str]
    """Names of the models that the records were made with."""


class Post:
    """Packs work, and remembers which records the object store has. Thread-safe."""

    def __init__(self, put: Callable[[Record], Any]) -> None:
        """
        Args:
            put: gives a record to the object store and returns the reference.
        """
        self._put = put
        self._sent: OrderedDict[str, Any] = OrderedDict()
        self._lock = Lock()

    def pack(self, work: Callable[..., Any]) -> Parcel:
        """Make a parcel of a function. One that a module defines is named, and the worker imports
        it; any other one (a closure, say) is sent with its code and the values that it uses.

        Raises:
            TypeError: if it uses what cannot be pickled, such as a lock.
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
        """The reference to a record in the object store. A record that is still being written is
        put there anew each time, because it has grown."""
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
    """The function of a parcel again, on the worker.

    Args:
        content: of the parcel.
        records: of the parcel, fetched from the object store.
    """

    class Unpickler(pickle.Unpickler):
        def persistent_load(self, pid: int) -> Any:
            return records[pid]

    work: Callable[..., Any] = Unpickler(io.BytesIO(content)).load()
    return work
