"""What every tab is given: the service, the shared states, the words, and safe ways to connect
events.

The context holds no user's data: a user's record and selection live in ``gr.State``. Records are
immutable once finished, so all users share one small cache of opened ones.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import gradio as gr

from lab.errors import RecordDamaged
from lab.panels.value import Selection
from lab.records import Record, list_records
from lab.rooms import RoomPerson, Rooms
from lab.ui.frame.address import Address, Arrival
from lab.ui.frame.answers import answered, guarded, skipped
from lab.ui.frame.menus import COOKIE, read_in
from lab.ui.frame.page_words import Words
from lab.ui.frame.rail_shelf import RailShelf, known_by
from lab.ui.frame.waiting import acting_for, browser
from lab.ui.rooms.room_cookies import STUDENT, TEACHER, secrets_in
from lab.ui.tabs.order import FIRST
from lab.words import say, shown

DEVICE_WAITERS = 64
"""How many handlers may wait for the device at once; the service itself runs one job at a time."""
OPEN_RECORDS = 8
LONGEST_NAME = 255
"""Bytes of a folder's name on any disk."""
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
"""Options of listeners that redraw: no spinner over the picture, no public endpoint."""

C = TypeVar("C")


@dataclass(frozen=True)
class Share:
    """What one tab puts into the page's address and takes from it."""

    inputs: Sequence[Any]
    read: Callable[..., dict[str, Any]]
    """``read(*inputs)``: its fields of the `Address`, as they are now."""
    outputs: Sequence[Any]
    put: Callable[[Arrival], Sequence[Any]]
    """Values of the outputs for an address that came; it tells the arrival what it ignores."""
    changes: Sequence[Any]
    """Listeners after which the address may be another."""


@dataclass(frozen=True)
class Redraw:
    """What a tab redraws for another record, or for another selection."""

    tab: str | None
    """Which; None: whatever tab is in front."""
    fn: Callable[..., Any]
    inputs: Sequence[Any]
    outputs: Sequence[Any]

    def values(self, given: Mapping[Any, Any], *about: Any) -> Iterator[tuple[Any, Any]]:
        """Each output with its value.

        Args:
            given: values of the inputs, and of others.
            about: what ``fn`` takes before them: the record, and where it needs it the selection.
        """
        asked = (*about, *(given[part] for part in self.inputs))
        return zip(self.outputs, answered(self.fn, asked, self.outputs), strict=True)

    @staticmethod
    def parts(redraws: Sequence[Redraw]) -> tuple[list[Any], list[Any]]:
        """All inputs and all outputs, each once.

        Args:
            redraws: of several tabs.
        """
        inputs = dict.fromkeys(part for one in redraws for part in one.inputs)
        return list(inputs), list(dict.fromkeys(part for one in redraws for part in one.outputs))


class Ctx:
    """One page's shared parts. Made by `lab.ui.frame.page.build`, inside its ``gr.Blocks``."""

    def __init__(
        self,
        service: Any,
        folders: Sequence[Path],
        words: Words,
        rooms: Rooms | None = None,
        address: str = "",
    ) -> None:
        """
        Args:
            service: a `lab.service.Service`.
            folders: where records are looked for, in order (the user's own, then the shipped ones).
            words: the texts of the page.
            rooms: of this server; by default their file lies with the user's own records.
            address: how others reach this server, if that is known.
        """
        self.rooms = rooms or Rooms(Path(folders[0]))
        self.address = address
        self.service = service
        self.folders = [Path(folder) for folder in folders]
        self.shelf = RailShelf(self.folders[0], self.rooms.in_class)
        self.words = words
        self.record = gr.State(None)
        """Id (folder name) of the record on the page, or None."""
        self.selection = gr.State(None)
        """A `lab.panels.value.Selection`, the selected moment, or None."""
        self.history = gr.State(0)
        """Changes whenever the list of records should be read again."""
        self.tab = gr.State(FIRST)
        """NAME of the tab in front."""
        self.arrived = gr.State(Address())
        """The `Address` that was last opened: from a link, or by Back and Forward."""
        self.visit = gr.State(0)
        """Changes when an address of the record on the page was opened."""
        self.serial = gr.State(0)
        """Number that the browser gave to the last address it opened."""
        self.redraws: list[Redraw] = []
        self.follows: list[Redraw] = []
        self.shares: list[Share] = []
        self.openers: list[tuple[Any, Callable[[gr.EventData], str]]] = []
        self.picks: list[gr.HTML] = []
        self.labels: list[tuple[Any, str, str]] = []
        self.choices: dict[int, list[tuple[str, Any]]] = {}
        """By place in `labels`: the choices of a control that are texts of the lab."""
        self.tabs: dict[str, gr.Tab] = {}
        self._records: OrderedDict[tuple[str, float], Record] = OrderedDict()
        self._lock = threading.Lock()

    # --- people
    # ----------------------------------------------------------------------------------------------

    @contextmanager
    def asking(self, request: Any, language: str | None = None) -> Iterator[None]:
        """Within it, whoever sent the request is the person that asks; see `lab.ui.frame.waiting`.

        Args:
            request: one of Gradio's or Starlette's, or None.
            language: what the opened link asks for: the browser's cookie may not know it yet.
        """
        cookies = dict(getattr(request, "cookies", None) or {})
        if language:
            cookies[COOKIE] = language
        seats, secrets = secrets_in(cookies, STUDENT), secrets_in(cookies, TEACHER)
        person = self.rooms.person(secrets, seats) if seats or secrets else RoomPerson()
        session = getattr(request, "session_hash", None)
        owner = person.owner or session or "page"
        with acting_for(owner, person), read_in(cookies), known_by(cookies):
            yield

    # --- records
    # ----------------------------------------------------------------------------------------------

    def folder_of(self, record_id: str) -> Path:
        """The folder of a record.

        Raises:
            RecordDamaged: if no known folder holds it.
        """
        plain = Path(record_id).name == record_id and record_id not in ("", ".", "..")
        if plain and record_id.isprintable() and len(record_id.encode()) <= LONGEST_NAME:
            for folder in self.folders:
                if (folder / record_id / "record.json").is_file():
                    # a handler that forgot to say who asks is a stranger's
                    asker = browser() or RoomPerson()
                    if folder == self.folders[0] and not self.rooms.may_open(asker, record_id):
                        break
                    return folder / record_id
        raise RecordDamaged(say("error.context.there_no_record_named", record_id=record_id))

    def keep(self, record_id: str) -> None:
        """A record is of whoever asks.

        Args:
            record_id: the name of its folder.
        """
        self.rooms.keep_record(browser(), record_id)
        self.shelf.keep(record_id)

    def listed(self, folder: Path) -> list[dict[str, Any]]:
        """Summaries of those records of a folder that stand in the list of whoever asks, newest
        first.

        Args:
            folder: one of `folders`.
        """
        own = folder == self.folders[0]
        hidden = self.rooms.hidden(browser() or RoomPerson()) if own else set()
        return [item for item in list_records(folder) if Path(item["folder"]).name not in hidden]

    def open(self, record_id: str) -> Record:
        """The record, shared by all users; a running one is read afresh whenever its events
        grew."""
        folder = self.folder_of(record_id)
        stamps = [
            p.stat().st_mtime
            for p in (folder / "record.json", folder / "events.jsonl")
            if p.exists()
        ]
        key = (str(folder), max(stamps, default=0.0))
        with self._lock:
            if key in self._records:
                self._records.move_to_end(key)
                return self._records[key]
        record = Record.open(folder)
        with self._lock:
            self._records[key] = record
            while len(self._records) > OPEN_RECORDS:
                self._records.popitem(last=False)
        return record

    # --- words
    # ----------------------------------------------------------------------------------------------

    def t(self, key: str, **values: Any) -> str:
        """The text in the language the page is built in (English)."""
        return self.words.text("en", key, **values)

    def label(self, component: C, key: str, attr: str = "label") -> C:
        """Register that ``component.attr`` shows the text ``key``; returns the component."""
        self.labels.append((component, attr, key))
        choices = getattr(component, "choices", None)
        if choices and any(shown(str(text), "en") != text for text, _ in choices):
            self.choices[len(self.labels) - 1] = [(str(text), value) for text, value in choices]
            vars(component)["choices"] = [
                (shown(str(text), "en"), value) for text, value in choices
            ]
        return component

    # --- events
    # ----------------------------------------------------------------------------------------------

    def redraw(
        self, tab: str | None, fn: Callable[..., Any], inputs: Sequence[Any], outputs: Sequence[Any]
    ) -> None:
        """Call ``fn(record_id, *inputs)`` whenever the tab must show another record; with None as
        ``tab`` for every other record, whatever is in front."""

        def when_shown(request: gr.Request, record_id: str | None, visit: int, *values: Any) -> Any:
            if not record_id and not visit:  # the page is loading: its record is on its way
                return skipped(outputs)
            with self.asking(request):
                told = answered(fn, (record_id, *values), outputs)
            return told if len(outputs) > 1 else told[0]

        self.redraws.append(Redraw(tab, fn, inputs, outputs))
        if tab is not None:
            given = [self.record, self.visit, *inputs]
            self.tabs[tab].select(when_shown, given, list(outputs), **QUIET)

    def on_selection(
        self, tab: str, fn: Callable[..., Any], inputs: Sequence[Any], outputs: Sequence[Any]
    ) -> None:
        """Call ``fn(record_id, selection, *inputs)`` when the selection changes while ``tab`` is in
        front, and when the tab comes to front; see `lab.ui.frame.selecting`."""

        def when_shown(
            request: gr.Request,
            record_id: str | None,
            selection: Selection | None,
            *values: Any,
        ) -> Any:
            if not record_id:
                return skipped(outputs)
            with self.asking(request):
                told = answered(fn, (record_id, selection, *values), outputs)
            return told if len(outputs) > 1 else told[0]

        self.follows.append(Redraw(tab, fn, inputs, outputs))
        shown = [self.record, self.selection, *inputs]
        self.tabs[tab].select(when_shown, shown, list(outputs), **QUIET)

    def when(
        self,
        listener: Any,
        fn: Callable[..., Any],
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        *,
        device: bool = False,
        errors: Sequence[Any] | None = None,
        **options: Any,
    ) -> Any:
        """Connect an event so that a `LabError` of ``fn`` becomes a sentence in the widgets of
        ``outputs``.

        Args:
            listener: for example ``button.click``.
            fn: a function or generator; may take ``evt: gr.EventData`` as its last parameter.
            device: the work waits for a model: many may wait, and meanwhile the place in line
                stands in the widgets of ``errors``. A generator tells its place itself.
            errors: the widgets that show the sentence; by default all widgets of ``outputs``.
            options: passed on to the listener.
        """
        if device:
            options = {"concurrency_id": "device", "concurrency_limit": DEVICE_WAITERS} | options
        options = QUIET | options
        return listener(
            guarded(self.asking, fn, outputs, outputs if errors is None else errors, device),
            list(inputs),
            list(outputs),
            **options,
        )

    def addresses(self, share: Share) -> None:
        """Part of what the tab shows stands in the page's address."""
        self.shares.append(share)

    def opens(self, listener: Any, query: Callable[[gr.EventData], str]) -> None:
        """The event brings the page to the address whose query it carries."""
        self.openers.append((listener, query))

    def selects(self, widget: gr.HTML) -> None:
        """What the widget's ``pick`` event carries becomes the page's selection."""
        self.picks.append(widget)
