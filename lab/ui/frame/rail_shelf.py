"""Whose the user's records are, what they are called, which are pinned, and taking them away and
back.

It is kept in one small file beside the records, never in them: a record is what a run said. A
browser is known by a number of its own in a cookie; a record of nobody known (made in a terminal,
or before there were owners) may be named and deleted by everybody who uses this lab.
"""

from __future__ import annotations

import contextvars
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import Field, TypeAdapter, ValidationError

from lab.errors import BadInput
from lab.panels.value import Value
from lab.words import say

COOKIE = "lab-browser"
"""Written by ``assets/js/state.js``."""
LONGEST = 60
"""Letters of a given name."""
KEPT_SECONDS = 3600.0
"""How long a deleted record can be brought back."""
DELETED = "deleted"
"""Folder beside the records; its own are one level deeper, so that no list holds them."""
_browser: contextvars.ContextVar[str] = contextvars.ContextVar("rail_browser", default="")


class Slip(Value):
    """What is known of one record besides what it holds."""

    owner: str = ""
    name: str = Field("", max_length=LONGEST)
    pinned: bool = False


_SLIPS = TypeAdapter(dict[str, Slip])


@contextmanager
def known_by(cookies: Mapping[str, str]) -> Iterator[None]:
    """Within it, who asks is the browser with these cookies."""
    given = cookies.get(COOKIE, "")
    token = _browser.set(given if given.isalnum() and len(given) <= LONGEST else "")
    try:
        yield
    finally:
        _browser.reset(token)


class RailShelf:
    """The slips of one folder of records."""

    def __init__(self, folder: Path, shared: bool = False) -> None:
        """
        Args:
            folder: of the records.
            shared: many people use this lab: what is nobody's stays as it is.
        """
        self._folder, self._shared = folder, shared
        self._file = folder / "rail.json"
        self._lock = threading.Lock()

    def slips(self) -> dict[str, Slip]:
        """By record; nothing if the file is missing or damaged."""
        try:
            return _SLIPS.validate_json(self._file.read_bytes())
        except (OSError, ValidationError):
            return {}

    def keep(self, record: str) -> None:
        """The record is of the browser that asks."""
        if _browser.get():
            with self._lock:
                self._write(self.slips() | {record: Slip(owner=_browser.get())})

    def is_mine(self, slip: Slip | None) -> bool:
        """Whether the browser that asks made the record."""
        return slip is not None and slip.owner != "" and slip.owner == _browser.get()

    def may_change(self, slip: Slip | None) -> bool:
        """Whether the browser that asks may name and delete the record."""
        nobodys = slip is None or not slip.owner
        return not self._shared if nobodys else self.is_mine(slip)

    def rename(self, record: str, name: str) -> None:
        """Give a record a name; an empty one gives it back its question.

        Raises:
            BadInput: for somebody else's record.
        """
        shown = "".join(c for c in name if c.isprintable()).strip()[:LONGEST]
        self._change(record, name=shown)

    def pin(self, record: str, pinned: bool) -> None:
        """Put a record above the others, or back among them.

        Raises:
            BadInput: for somebody else's record.
        """
        self._change(record, pinned=pinned)

    def delete(self, record: str) -> None:
        """Take a record away; `restore` brings it back within the hour.

        Raises:
            BadInput: for somebody else's record, or one that is still running or not here.
        """
        with self._lock:
            self._checked(self.slips(), record)
            self._sweep()
            target = self._folder / DELETED / record
            shutil.rmtree(target, ignore_errors=True)
            target.parent.mkdir(exist_ok=True)
            try:
                (self._folder / record).rename(target)
            except OSError as error:
                raise BadInput(say("error.rail_shelf.not_deleted")) from error
            os.utime(target)

    def restore(self, record: str) -> None:
        """Bring a deleted record back.

        Raises:
            BadInput: if it is somebody else's, or gone for good.
        """
        with self._lock:
            self._checked(self.slips(), record)
            try:
                (self._folder / DELETED / record).rename(self._folder / record)
            except OSError as error:
                raise BadInput(say("error.rail_shelf.gone")) from error

    def _change(self, record: str, **what: str | bool) -> None:
        with self._lock:
            slips = self.slips()
            slip = self._checked(slips, record)
            self._write(slips | {record: slip.model_copy(update=what)})

    def _checked(self, slips: dict[str, Slip], record: str) -> Slip:
        slip = slips.get(record, Slip())
        if Path(record).name != record or record in ("", ".", "..", DELETED):
            raise BadInput(say("error.rail_shelf.not_deleted"))
        if not self.may_change(slip):
            raise BadInput(say("error.rail_shelf.not_yours"))
        return slip

    def _sweep(self) -> None:
        """What was deleted long ago is gone for good."""
        for folder in (self._folder / DELETED).glob("*"):
            with suppress(OSError):  # brought back in this moment
                if time.time() - folder.stat().st_mtime > KEPT_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)

    def _write(self, slips: dict[str, Slip]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({name: slip.model_dump() for name, slip in slips.items()})
        part = self._file.with_suffix(".part")
        part.write_text(text, encoding="utf-8")
        part.replace(self._file)
