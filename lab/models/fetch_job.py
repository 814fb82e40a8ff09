"""Fetching a catalogue model in the background: one download per model, however many look on."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from lab.errors import Cancelled, LabError, ModelUnavailable
from lab.models.catalogue import CatalogueEntry, require_entry
from lab.models.fetch import get_model
from lab.words import say


@dataclass(frozen=True)
class FetchState:
    """How far a download is."""

    share: float | None
    """0 to 1, of the stage; None where it cannot be told."""
    converting: bool = False
    """All is here and is made into a model."""


class FetchJob:
    """One download; it goes on when nobody looks."""

    def __init__(self, entry: CatalogueEntry) -> None:
        self.entry = entry
        self.state = FetchState(0.0)
        self.error: LabError | None = None
        """Why it ended, where it did not bring the model; `Cancelled` after a stop."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"get {entry.name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return not self._thread.is_alive()

    def wait(self, seconds: float) -> None:
        """Return when it is over, or after so many seconds."""
        self._thread.join(seconds)

    def stop(self) -> None:
        """End it soon; what is whole is kept, and the next one goes on from there."""
        self._stop.set()

    def _run(self) -> None:
        try:
            get_model(self.entry.name, self._tell, self._stop.is_set)
        except LabError as error:
            self.error = error
        except (OSError, ValueError, RuntimeError) as error:
            reasons = f"{type(error).__name__}: {error}"
            self.error = ModelUnavailable(
                say("error.fetch.could_not_be_had", title=self.entry.title, reasons=reasons)
            )

    def _tell(self, text: str, share: float | None) -> None:
        self.state = FetchState(share, not text.startswith("fetching"))


_jobs: dict[str, FetchJob] = {}
_lock = threading.Lock()


def fetch(name: str) -> FetchJob:
    """The download of a model that is under way, or a new one.

    Raises:
        BadInput: if the catalogue has no such model.
    """
    entry = require_entry(name)
    with _lock:
        job = _jobs.get(name)
        if job is None or job.over:
            job = _jobs[name] = FetchJob(entry)
            job.start()
        return job


def stop_fetch(name: str) -> None:
    """Stop a model's download, if there is one."""
    with _lock:
        job = _jobs.get(name)
    if job is not None:
        job.stop()


def was_stopped(job: FetchJob) -> bool:
    """Whether somebody stopped it."""
    return isinstance(job.error, Cancelled)
