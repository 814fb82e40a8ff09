"""What the drafts' widgets are given for one reader of drafts."""

from __future__ import annotations

from dataclasses import dataclass

from lab.panels.agent_colors import roster_of
from lab.panels.caption import caption
from lab.panels.drafts import drafts, drafts_figures
from lab.panels.drafts.drafts_value import DraftsValue
from lab.panels.widget_values import PlotValue, plot_value
from lab.records import Record


@dataclass(frozen=True)
class DraftPictures:
    """One reader, the drafts it was given and what became of them."""

    stage: DraftsValue
    flow: PlotValue
    waiting: PlotValue
    confidence: PlotValue


def runs_with_drafts(record: Record) -> list[drafts.DraftsRun]:
    """Lanes of a record in which somebody was given drafts."""
    runs = drafts.runs_of(record.events, roster_of(record))
    return [run for run in runs if run.readers]


def draft_pictures(record: Record, lane: str | None, reader: str | None) -> DraftPictures:
    """The stage, the flow, who waits for whom, and the confidence of claims.

    Args:
        lane: by default the first one with drafts.
        reader: by default the last agent that was given drafts.

    Raises:
        BadInput: if nobody was given drafts there.
    """
    run = drafts.find_run(drafts.runs_of(record.events, roster_of(record)), lane)
    view = drafts.view(run, record.problem, reader)
    text = caption(record)
    return DraftPictures(
        view,
        plot_value(drafts_figures.flow(view), "flow", text),
        plot_value(drafts_figures.waiting(run), "waiting", text),
        plot_value(drafts_figures.confidence(run, record.problem), "confidence", text),
    )
