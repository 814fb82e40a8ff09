"""Values of what surrounds the tabs: header, address and history."""

from __future__ import annotations

from typing import Literal

from lab.panels.value import FromBrowser, Selection, Value


class AddressValue(Value):
    """What the address bar says, and the selection, which every widget hears of."""

    record: str | None = None
    tab: str | None = None
    point: int | None = None
    keys: tuple[Literal["record", "tab", "point"], ...] = ()
    """What is written to the address; the rest of it stays."""
    selection: Selection | None = None


class HostLine(Value):
    """One loaded model."""

    name: str
    summary: str
    """Size, device, dtype and why this device."""


class HeaderValue(Value):
    """The bar at the top."""

    hosts: tuple[HostLine, ...]
    busy: bool
    waiting: int
    """Jobs in the queue."""


class LanguageChoice(FromBrowser):
    """The page is wanted in another language."""

    language: str


class RailAnswer(Value):
    """The answer of one lane of a record."""

    title: str
    text: str
    correct: bool | None


class RailRecord(Value):
    """One record of the history."""

    id: str
    title: str
    name: str
    created: str
    status: str
    message: str
    question: str
    shipped: bool
    answers: tuple[RailAnswer, ...]


class RailValue(Value):
    """The history: own records, newest first, then the shipped ones."""

    records: tuple[RailRecord, ...]
    open: str | None
    """Id of the record on the page."""
    message: str
    """A sentence above the list, or empty."""


class OpenRecord(FromBrowser):
    """A record was chosen."""

    record: str
