"""On which models the recorded figures of “Break it” were measured: the pocket models, or a public
checkpoint that reads English. Figures that a public checkpoint cannot have are left out with the
reason, and where an instrument's ceiling is not above its floor the figure says so.
"""

from __future__ import annotations

from lab import stats
from lab.panels.break_it.break_results import CHANNEL_WORD
from lab.records.results import REAL, ResultTable
from lab.words import say

POCKET, PUBLIC = "pocket", "public"
MODELS = (POCKET, PUBLIC)
LEFT_OUT = ("dial", "tamper", "plane", "forks", "fork-paths")
"""Figures without a result on a public checkpoint; why stands in ``said.measured_on.NAME``."""


def study_of(experiment: str, models: str) -> str:
    """Under which name the result of an experiment on these models is kept, see
    `lab.records.results.ResultTable.study`.

    Args:
        experiment: its name.
        models: one of `MODELS`.
    """
    return experiment + (REAL if models == PUBLIC else "")


def left_out(models: str) -> list[str]:
    """Why figures are not in the menu, a sentence each.

    Args:
        models: one of `MODELS`.
    """
    return [say(f"said.measured_on.{name}") for name in LEFT_OUT if models == PUBLIC]


def cannot_tell(table: ResultTable | None) -> str:
    """A sentence that names the channels whose ceiling is not above the floor: of them a figure can
    tell nothing. Empty where all can be told, and where there is no floor.

    The ceiling is the unbroken method; for text it is the sender's words.

    Args:
        table: a result with conditions marked as ``floor``, ``ceiling`` and ``method``.
    """
    if table is None or "accuracy" not in table.rows:
        return ""
    rows = table.rows
    nothing = rows[rows["control"] == "floor"]["accuracy"].astype(float)
    if not len(nothing):
        return ""
    floor = stats.rate(nothing)
    whole = rows[rows["control"].isin(("ceiling", "method"))]
    said = []
    for channel, part in whole.groupby("channel", sort=False):
        best = max(
            (stats.rate(one["accuracy"].astype(float)) for _, one in part.groupby("condition")),
            key=lambda e: e.value,
        )
        if best.low <= floor.high:
            said.append(f"{CHANNEL_WORD[str(channel)]} ({100 * best.value:.0f} %)")
    if not said:
        return ""
    return say("said.measured_on.cannot_tell", ways=", ".join(said), floor=100 * floor.value)
