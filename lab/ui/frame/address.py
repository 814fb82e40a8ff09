"""Everything that one sees has an address: which parts it has, and how it is read from and written
into the query of a link.

A link comes from anywhere, so each value is checked by itself: what cannot be read is left out and
its key is told; the rest is shown. Nothing here opens a file or a record.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, quote, unquote

from pydantic import AfterValidator, BeforeValidator, Field

from lab.panels.value import Selection, Value

LONGEST_NAME = 120
LONGEST_PLAN = 6000
"""Letters of the changed settings in a link: an own question with its facts fits."""
DEEPEST = 100
"""Brackets of the changed settings."""
MOST_NAMES = 24


def _printable(text: str) -> str:
    """The text, if no character in it steers what is shown around it.

    Raises:
        ValueError: for control, format and private characters, and lone surrogates.
    """
    if any(unicodedata.category(letter).startswith("C") for letter in text):
        raise ValueError("expected letters that can be shown")
    return text


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _names(value: Any) -> Any:
    return tuple(map(unquote, value.split(","))) if isinstance(value, str) else value


def _settings(value: Any) -> Any:
    """The changed settings in JSON.

    Raises:
        ValueError: if it is no JSON, or is nested out of all reason, or holds lone surrogates.
    """
    if not isinstance(value, str):
        return value
    if value.count("[") + value.count("{") > DEEPEST:
        raise ValueError(f"expected at most {DEEPEST} brackets")
    found = json.loads(value, parse_constant=_no_number)
    json.dumps(found, ensure_ascii=False).encode()
    return found


Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(_printable)]
Names = Annotated[
    tuple[Name, ...], Field(min_length=1, max_length=MOST_NAMES), BeforeValidator(_names)
]
LONGEST_RANGES = 400
"""Letters; what would be longer stays out of the address."""
RANGES = r"^[0-9]{1,9}(-[0-9]{1,9})?(\.[0-9]{1,9}(-[0-9]{1,9})?)*$"
Ranges = Annotated[str, Field(max_length=LONGEST_RANGES, pattern=RANGES)]
"""Numbers and ranges of them, ``3-17.20``."""
Settings = Annotated[dict[Name, Any], Field(min_length=1), BeforeValidator(_settings)]
Count = Annotated[int, Field(ge=0, le=10**9)]
Layer = Annotated[int, Field(ge=0, le=1000)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class BreakAddress(Value):
    """The case on the stage of “Break it”, the open card, and the figure."""

    sender: Name | None = None
    receiver: Name | None = None
    channel: Name | None = None
    change: Name | None = None
    seed: Count | None = None
    depth: Count | None = None
    steps: Count | None = None
    layer_read: Layer | None = None
    """Layer clicked on the sender's stack."""
    layer_written: Layer | None = None
    """Layer clicked on the receiver's."""
    line: Name | None = None
    """Condition of a card that stands on the stage, and its channel is that of the stage."""
    answered: bool | None = None
    """The three answers are shown."""
    card: Count | None = None
    figure: Name | None = None
    metric: Name | None = None
    models: Name | None = None
    """On which models the figures were measured."""


class MapAddress(Value):
    """What the map shows, and how it is made."""

    method: Name | None = None
    norm: Name | None = None
    dims: Count | None = None
    color: Name | None = None
    arrows: bool | None = None
    words: bool | None = None
    one_word: bool | None = None
    find: Name | None = None
    host: Name | None = None
    lanes: Names | None = None
    agents: Names | None = None
    kinds: Names | None = None
    layer: Layer | None = None
    upto: Count | None = None
    neighbors: Count | None = None
    min_dist: Share | None = None
    seed: Count | None = None
    only: Ranges | None = None
    """Moments that a lasso chose, alone."""


class LensAddress(Value):
    """Which agent the lens reads, and how."""

    who: Name | None = None
    """“agent · lane”."""
    kinds: Name | None = None
    shade: Name | None = None
    word: Name | None = None
    lens: Name | None = None


class MemoryAddress(Value):
    """Which lane's memory is shown, and how."""

    lane: Name | None = None
    by: Name | None = None
    reader: Name | None = None
    writer: Name | None = None


class DraftsAddress(Value):
    """Whose drafts are shown, and which two texts are compared."""

    lane: Name | None = None
    reader: Name | None = None
    left: Name | None = None
    right: Name | None = None


class LessonAddress(Value):
    """Which scene of which lesson is in front."""

    name: Name | None = None
    scene: Count | None = None
    """Its number, from 1."""


class GivenAddress(Value):
    """Which thought of the open record was given to whom."""

    lane: Name | None = None
    """Whose thought."""
    agent: Name | None = None
    step: Annotated[int, Field(ge=1, le=10**6)] | None = None
    to_lane: Name | None = None
    to_agent: Name | None = None


class Address(Value):
    """What one sees, as far as it can be linked. Nothing said means what the page opens on."""

    tab: Name | None = None
    record: Name | None = None
    point: Count | None = None
    at: Count | None = None
    """Events of the record that are replayed; all of them if it is not said."""
    beside: Name | None = None
    """The record that it is compared with."""
    dial: Count | None = None
    """Where the dial of latent steps stands, if not at the run's own number."""
    preset: Name | None = None
    """The question of this preset is asked and has not been run."""
    settings: Settings | None = None
    """What differs in the plan from the preset (without one, from the record's plan): values by
    path, as after ``--set`` in the terminal."""
    break_it: BreakAddress = BreakAddress()
    map: MapAddress = MapAddress()
    lens: LensAddress = LensAddress()
    memory: MemoryAddress = MemoryAddress()
    drafts: DraftsAddress = DraftsAddress()
    lesson: LessonAddress = LessonAddress()
    given: GivenAddress = GivenAddress()
    claim: Name | None = None
    knobs: Settings | None = None
    """What is changed of the open claim's experiment: its fields with the chosen numbers."""
    lang: Literal["en", "zh"] | None = None
    theme: Literal["light", "dark"] | None = None
    numbers: Literal["simple", "exact"] | None = None

    def came_with(self, selection: Selection | None) -> bool:
        """Whether this address brought the selection to the page."""
        return selection is not None and (selection.record, selection.point_id) == (
            self.record,
            self.point,
        )


PARTS = {
    name: {"break_it": "break"}.get(name, name)
    for name, field_ in Address.model_fields.items()
    if isinstance(field_.default, Value)
}
"""Fields that have keys of their own, and what those start with in a link."""
KEYS = {"beside": "with"}
"""Fields whose key in a link is another word."""
STEPS = (
    "tab",
    "record",
    "with",
    "preset",
    "settings.problem.seed",
    "break.sender",
    "break.receiver",
    "break.channel",
    "break.change",
    "break.seed",
    "break.line",
    "break.card",
    "break.figure",
    "claim",
    "memory.lane",
    "drafts.lane",
    "drafts.reader",
    "lesson.name",
    "lesson.scene",
    "given.lane",
    "given.agent",
    "given.step",
    "given.to_lane",
    "given.to_agent",
)
"""Keys of what one did: another value is a step that Back takes back. After ``settings.`` stands
the path of one changed setting."""
LOOK = ("lang", "theme", "numbers")
"""Keys that the browser itself keeps."""


@dataclass
class Arrival:
    """An address as it came, and what of it nobody here knows."""

    address: Address
    ignored: dict[str, None] = field(default_factory=dict)
    """Keys, in order."""

    def ignore(self, key: str) -> None:
        """Say that the value of a key was left out."""
        self.ignored[key] = None


def _models() -> Iterator[tuple[str, str, type[Value]]]:
    """Key, field and model of everything that a link may say."""
    for name in Address.model_fields:
        if name in PARTS:
            part: type[Value] = type(getattr(Address(), name))
            yield from ((f"{PARTS[name]}.{inner}", inner, part) for inner in part.model_fields)
        else:
            yield KEYS.get(name, name), name, Address


def keys() -> tuple[str, ...]:
    """All keys that a link may have."""
    return tuple(key for key, _, _ in _models())


def parse(query: str | Mapping[str, str]) -> Arrival:
    """The address in a link's query. Other keys belong to others and are left alone.

    Args:
        query: as it stands after the question mark, or already taken apart.
    """
    pairs = dict(parse_qsl(query.removeprefix("?"))) if isinstance(query, str) else dict(query)
    arrival = Arrival(Address())
    said: dict[type[Value], dict[str, Any]] = {}
    for key, name, model in _models():
        if not pairs.get(key):
            continue
        try:
            if len(pairs[key]) > LONGEST_PLAN:
                raise ValueError(f"expected at most {LONGEST_PLAN} letters")
            value = getattr(model.model_validate({name: pairs[key]}), name)
        except (ValueError, RecursionError):
            arrival.ignore(key)
        else:
            said.setdefault(model, {})[name] = value
    parts = {name: type(getattr(Address(), name)) for name in PARTS}
    nested = {name: model(**said.get(model, {})) for name, model in parts.items()}
    arrival.address = Address(**said.get(Address, {}), **nested)
    return arrival


def entries(address: Address) -> dict[str, str]:
    """The texts by key, of what the address says."""
    texts = {}
    for key, name, _ in _models():
        part = next((field for field, start in PARTS.items() if key.startswith(f"{start}.")), "")
        value = getattr(getattr(address, part) if part else address, name)
        if value is not None:
            texts[key] = _text(value)
    return texts


def link(address: Address) -> str:
    """The query of a link, so that ``parse(link(address))`` is the address again."""
    return "&".join(f"{key}={quote(text, safe='')}" for key, text in entries(address).items())


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, tuple):
        return ",".join(quote(str(one), safe=" ") for one in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)
