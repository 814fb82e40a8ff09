"""What was computed a moment ago for somebody who asked for the same."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock, RLock
from typing import Any
from weakref import WeakValueDictionary

KEPT_ANSWERS = 64


class KeptAnswers:
    """The newest answers by request. Thread-safe: who asks for what is being computed waits for
    it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._lock = Lock()
        self._computing: WeakValueDictionary[str, Any] = WeakValueDictionary()

    def has(self, request: str) -> bool:
        """Whether the answer to a request is kept."""
        with self._lock:
            return request in self._kept

    def get(self, request: str, compute: Callable[[], Any]) -> Any:
        """The answer to a request, computed where it is not kept; what raises is not kept.
        Everybody gets an answer of their own to change."""
        with self._lock:
            alone = self._computing.setdefault(request, RLock())
        with alone:
            with self._lock:
                known, answer = request in self._kept, self._kept.get(request)
            if not known:
                answer = compute()
            with self._lock:
                self._kept[request] = answer
                self._kept.move_to_end(request)
                while len(self._kept) > KEPT_ANSWERS:
                    self._kept.popitem(last=False)
            return copy.deepcopy(answer)
