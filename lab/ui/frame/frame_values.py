"""Values of what surrounds the tabs: header, address and history."""

from __future__ import annotations

from pydantic import Field

from lab.panels.run.pair_value import PairSetting
from lab.panels.value import FromBrowser, Selection, Value

MOST_RESTORED = 10_000


class AddressValue(Value):
    """What the address bar says, and the selection, which every widget hears of."""

    keys: tuple[str, ...] = ()
    """What is written to the address; the rest of it stays."""
    entries: dict[str, str] = Field(default_factory=dict)
    """The values by key; the address has no others of the keys."""
    steps: tuple[str, ...] = ()
    """Keys whose change is a step that Back takes back."""
    serial: int = 0
    """Number of the address that the page had opened last when this was written."""
    notice: str = ""
    """What was ignored in the address that came."""
    selection: Selection | None = None


class AddressOpened(FromBrowser):
    """Back, Forward or a teacher led to another address."""

    query: str
    serial: int


class HostLine(Value):
    """One loaded model."""

    name: str
    summary: str
    """Size, device, dtype, why this device, and from which quantisation the weights come."""
    dtype: str = ""
    """Why it computes in this dtype."""


class HeaderValue(Value):
    """The bar at the top."""

    hosts: tuple[HostLine, ...]
    busy: bool
    waiting: int
    """Jobs in the queue."""


class LanguageChoice(FromBrowser):
    """The page is wanted in another language."""

    language: str
    again: bool = False
    """What is shown has texts that only a new look gives in it: menus of a record."""


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
    called: str = ""
    """The name that somebody gave it."""
    mine: bool = False
    """This browser made it."""
    changeable: bool = False
    """This browser may name, pin and delete it."""
    pinned: bool = False
    changed: tuple[PairSetting, ...] = ()
    """What of its plan is not as its preset has it."""


class RailValue(Value):
    """The history: pinned records, then the other own ones, newest first, then the shipped ones."""

    records: tuple[RailRecord, ...]
    open: str | None
    """Id of the record on the page."""
    message: str
    """A sentence above the list, or empty."""
    deleted: tuple[str, ...] = ()
    """Ids of the records that were just deleted, and can be brought back."""
    more: int = 0
    """Older records, which are not in the list."""
    clearable: int = 0
    """Records that this browser made and that can be cleared at once."""


class OpenRecord(FromBrowser):
    """A record was chosen."""

    record: str


class RenameRecord(FromBrowser):
    """A record shall be called something."""

    record: str
    name: str


class DeleteRecord(FromBrowser):
    """A record shall be deleted."""

    record: str


class PinRecord(FromBrowser):
    """A record shall stand above the others, or no longer."""

    record: str
    pinned: bool


class ClearRecords(FromBrowser):
    """All of one's own records that are over and not pinned shall be deleted."""


class MoreRecords(FromBrowser):
    """Older records are wanted too."""


class RestoreRecords(FromBrowser):
    """Deleted records shall come back."""

    records: tuple[str, ...] = Field(max_length=MOST_RESTORED)
