"""The lasso of the map: what it holds is told, can be looked at alone, and then stands in the
address.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count, groupby
from typing import Any

import gradio as gr

from lab.records import Record
from lab.ui.frame.address import LONGEST_RANGES
from lab.ui.frame.context import Ctx
from lab.ui.frame.controls import button
from lab.ui.frame.menus import in_menu
from lab.words import say


@dataclass(frozen=True)
class LassoParts:
    """Its components."""

    only: gr.State
    """Moments that the map is made of; empty: all that the controls choose."""
    held: gr.State
    """Moments within the last lasso."""
    alone: gr.Button


def build(ctx: Ctx) -> LassoParts:
    """The button, which looks at the chosen points alone or at all again."""
    alone = button(ctx, "map.only", elem_id="map-only", interactive=False)
    return LassoParts(gr.State(()), gr.State(()), alone)


def alone_button(only: Sequence[int], held: Sequence[int] = ()) -> Any:
    """The button as it must be now.

    Args:
        only: moments that the map is made of.
        held: moments within the last lasso.
    """
    label = say("map.all") if only and not held else say("map.only")
    return gr.update(value=in_menu(label), interactive=bool(only or held))


def written(moments: Iterable[int]) -> str | None:
    """Moments as ranges, ``3-17.20``; None where there are none or too many pieces.

    Args:
        moments: in any order.
    """
    steps = count()
    runs = [list(run) for _, run in groupby(sorted(set(moments)), lambda one: one - next(steps))]
    text = ".".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
    return text if 0 < len(text) <= LONGEST_RANGES else None


def moments_of(record: Record, text: str | None) -> tuple[int, ...]:
    """The moments of a record that lie in ranges; none where the text is none.

    Args:
        record: whose moments.
        text: as `written` makes it.
    """
    if not text:
        return ()
    ranges = [[int(end) for end in part.split("-")] for part in text.split(".")]
    known = record.points["moment"].unique().tolist()
    return tuple(one for one in known if any(run[0] <= one <= run[-1] for run in ranges))
