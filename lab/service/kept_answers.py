"""What was computed a moment ago for somebody who asked for the same."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

KEPT_ANSWERS = 64


class KeptAnswers:
    """The newest answers by request. Asked by the device's thread only."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def get(self, request: str, compute: Callable[[], Any]) -> Any:
        """The answer to a request, computed where it is not kept; what raises is not kept.
        Everybody gets an answer of their own to change."""
        if request not in self._kept:
            self._kept[request] = compute()
            while len(self._kept) > KEPT_ANSWERS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(request)
        return copy.deepcopy(self._kept[request])
