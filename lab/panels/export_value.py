"""What the exported page is given: the values of the live page's widgets, drawn by
``assets/js/exported.js`` with the live page's own modules.
"""

from __future__ import annotations

from typing import Any

from lab.panels.break_it.break_value import GalleryValue
from lab.panels.drafts.drafts_value import DraftsValue
from lab.panels.run.ablation_value import AblationValue
from lab.panels.run.lanes_value import LanesValue
from lab.panels.states.moment_value import MomentValue
from lab.panels.value import EmptyValue, Value
from lab.panels.widget_values import NotesValue, PlotValue, TableValue


class ExportedMap(Value):
    """The map of one model's layer."""

    host: str
    layer: int
    plot: PlotValue | EmptyValue
    notes: NotesValue


class ExportedLens(Value):
    """One agent's vectors read as words."""

    lane: str
    agent: str
    host: str
    plot: PlotValue | EmptyValue
    notes: NotesValue
    alignment: PlotValue | EmptyValue
    alignment_notes: NotesValue


class ExportedMemory(Value):
    """Who wrote which slot of a lane's caches."""

    lane: str
    strip: PlotValue
    notes: NotesValue


class ExportedDrafts(Value):
    """What one reader made of its drafts."""

    lane: str
    title: str
    stage: DraftsValue
    flow: PlotValue
    waiting: PlotValue
    confidence: PlotValue


class ExportedBreakIt(Value):
    """What a failure experiment measured on the record's model."""

    gallery: GalleryValue
    caption: str


class ExportedPage(Value):
    """A whole record."""

    record: str
    """The name by which selections know it."""
    title: str
    caption: str
    words: dict[str, dict[str, str]]
    """All texts by language and key."""
    replay: tuple[Any, ...]
    """The lanes from the first event to the last: a `LanesValue`, then what each next picture
    changes, see `lab.panels.changes`."""
    lanes: LanesValue
    """The last picture."""
    ablation: AblationValue
    """As far as parts of the hand-overs were taken away."""
    moments: tuple[MomentValue, ...]
    maps: tuple[ExportedMap, ...]
    lenses: tuple[ExportedLens, ...]
    watched: PlotValue | None
    """When the answer's words appear."""
    memories: tuple[ExportedMemory, ...]
    growth: PlotValue
    cost: TableValue
    drafts: tuple[ExportedDrafts, ...]
    break_it: ExportedBreakIt | None
