"""All kinds of widgets, and the TypeScript declarations of what they are given and send.

``python -m lab types`` writes them to ``assets/js/types.d.ts``; a test holds the file equal.
"""

from __future__ import annotations

from pathlib import Path

from lab.files import ASSETS
from lab.panels.export_value import ExportedPage
from lab.panels.value import EmptyValue, ErrorValue, Value
from lab.ui.frame.controls import NOTES, TABLE
from lab.ui.frame.moment import MOMENT
from lab.ui.frame.question_strip import QUESTION
from lab.ui.frame.shell import ADDRESS, HEADER, RAIL
from lab.ui.rooms.room_widget import ROOM
from lab.ui.tabs.break_it.break_parts import GALLERY, STAGE
from lab.ui.tabs.drafts.drafts_claims import CARDS
from lab.ui.tabs.drafts.drafts_tab import DIFF, DRAFTS
from lab.ui.tabs.lessons.lessons_tab import LESSONS
from lab.ui.tabs.models.models_tab import FAMILY, SPOKEN
from lab.ui.tabs.side_by_side.ablation import ABLATION
from lab.ui.tabs.side_by_side.dial_panel import DIAL
from lab.ui.tabs.side_by_side.give_panel import GIVEN
from lab.ui.tabs.side_by_side.mechanism_panel import MECHANISM
from lab.ui.tabs.side_by_side.own_panel import OWN_WORDS
from lab.ui.tabs.side_by_side.pair_panel import PAIR
from lab.ui.tabs.side_by_side.side_by_side_tab import COMMAND, LANES, PLAYER, STATUS
from lab.ui.typescript import declarations
from lab.ui.widgets import Kind
from lab.ui.widgets.plotly import PLOT

KINDS: tuple[Kind, ...] = (
    ABLATION,
    ADDRESS,
    CARDS,
    COMMAND,
    DIAL,
    DIFF,
    DRAFTS,
    FAMILY,
    GALLERY,
    GIVEN,
    HEADER,
    LANES,
    LESSONS,
    MECHANISM,
    MOMENT,
    NOTES,
    OWN_WORDS,
    PAIR,
    PLAYER,
    PLOT,
    QUESTION,
    RAIL,
    ROOM,
    SPOKEN,
    STAGE,
    STATUS,
    TABLE,
)
TYPES = ASSETS / "js" / "types.d.ts"
HEAD = (
    "// Written by: python -m lab types. What each widget is given (value) and may send (events).\n"
)


def types_text() -> str:
    """The content of ``types.d.ts``."""
    models: list[type[Value]] = [ErrorValue, EmptyValue, ExportedPage]
    table = []
    for kind in sorted(KINDS, key=lambda kind: kind.module):
        models += [kind.value, *kind.events.values()]
        events = "; ".join(f"{name}: {sent.__name__}" for name, sent in kind.events.items())
        sent = f"{{ {events} }}" if events else "{}"
        table.append(f"  '{kind.module}': {{ value: {kind.value.__name__}; events: {sent} }};")
    body = declarations(list(dict.fromkeys(models)))
    return "\n".join([HEAD, "export interface Widgets {", *table, "}", "", body])


def write_types(target: Path = TYPES) -> Path:
    """Write ``types.d.ts``."""
    target.write_text(types_text(), encoding="utf-8")
    return target
