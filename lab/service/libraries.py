"""torch and transformers are brought once, by one thread, and the others wait for it.

transformers puts another object in its own place in ``sys.modules`` while it is imported: a thread
that asks for it meanwhile gets a module without names, and an ImportError. On a page that has just
been started the first visitors would be those threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


def _all() -> None:
    import lab.experiments.failure.ablate
    import lab.experiments.failure.every_m
    import lab.experiments.failure.live
    import lab.service.look
    import lab.service.runner  # noqa: F401


class Libraries:
    """What is slow to import. Thread-safe."""

    def __init__(self, load: Callable[[], None] = _all) -> None:
        """
        Args:
            load: imports everything that runs and looks need.
        """
        self._load = load
        self._at_it = threading.Lock()
        self._there = False

    def bring(self) -> None:
        """Import all of it, unless that was done; a second caller waits for the first."""
        with self._at_it:
            self._bring()

    def begin(self, then: Callable[[], None] = lambda: None) -> None:
        """Begin to import on a thread of its own: from now on `settle` waits.

        Args:
            then: called on that thread afterwards.
        """
        self._at_it.acquire()

        def work() -> None:
            try:
                self._bring()
            finally:
                self._at_it.release()
            then()

        threading.Thread(target=work, daemon=True, name="libraries").start()

    def settle(self) -> None:
        """Wait for an import that has begun; what fails in it will fail for who needs it."""
        if not self._there:
            with self._at_it:
                pass

    def _bring(self) -> None:
        if not self._there:
            self._load()
            self._there = True


LIBRARIES = Libraries()
"""Those of this process."""
