"""Which points of a record are looked at, and what one of them is: the choice behind every panel,
and the selection.

A choice names hosts, lanes, agents, kinds, steps and layers; it yields rows of ``points.parquet``
of one space, or one sentence that says why not. Points of different spaces never come out together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from lab.errors import BadInput, SpaceMismatch
from lab.panels.states.geometry import Floats, finite_rows
from lab.panels.style import KIND_WORD, visible
from lab.panels.value import Selection
from lab.records import Record
from lab.spaces import Space, require_same
from lab.words import agent_name, known, say

KINDS = ("prompt", "latent", "token")


@dataclass(frozen=True)
class Choice:
    """A selection of captured positions; an empty tuple means all."""

    lanes: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    steps: tuple[int, int] | None = None
    """First and last step, 1-based, inclusive."""
    host: str | None = None
    """None: the only host of the chosen points."""
    moments: tuple[int, ...] = ()
    """These alone, whatever else they are."""

    def without_layer_text(self) -> str:
        """The choice in words."""
        called = (
            [known(lane) for lane in self.lanes],
            [agent_name(agent) for agent in self.agents],
            [KIND_WORD[kind] for kind in self.kinds],
        )
        parts = [", ".join(part) for part in called if part]
        if self.steps:
            parts.append(say("said.choose.steps", x=self.steps[0], x2=self.steps[1]))
        if self.moments:
            parts.append(say("said.choose.moments", n=len(self.moments)))
        return "; ".join(parts) or say("said.choose.all_points")


@dataclass(frozen=True)
class Chosen:
    """Points of one space, ready to be drawn."""

    points: pd.DataFrame
    """Rows of ``points.parquet`` with finite vectors, in order of ``point_id``."""
    x: Floats
    """(n, D) float32, row i belongs to row i of ``points``."""
    space: Space
    notes: tuple[str, ...] = ()
    """What was left out and why, a sentence each."""


def options(record: Record) -> dict[str, list[Any]]:
    """What can be chosen in a record, in order of appearance: hosts, lanes, agents, kinds, layers,
    step range."""
    df = record.points
    names = {c + "s": [str(v) for v in df[c].unique()] for c in ("host", "lane", "agent")}
    kinds = [k for k in KINDS if (df["kind"] == k).any()]
    thought = df[df["kind"] != "prompt"]["step"]
    last = int(thought.max()) if len(thought) else 0
    return {
        **names,
        "kinds": kinds,
        "layers": sorted(int(v) for v in df["layer"].unique()),
        "steps": [1, max(1, last)],
    }


def rows_of(record: Record, choice: Choice, layer: int | None = None) -> pd.DataFrame:
    """The chosen rows of one host, of one layer or (None) of all captured layers.

    Raises:
        BadInput: if the layer was not captured or nothing is left.
        SpaceMismatch: if the chosen points belong to several hosts.
    """
    df = record.points
    if not len(df):
        raise BadInput(say("error.choose.record_holds_no_captured"))
    layers = sorted(int(v) for v in df["layer"].unique())
    if layer is not None and layer not in layers:
        raise BadInput(
            say("error.choose.layer_was_not_captured", layer=layer, layers=_ranges(layers))
        )
    keep = np.ones(len(df), bool)
    for column, wanted in (
        ("lane", choice.lanes),
        ("agent", choice.agents),
        ("kind", choice.kinds),
    ):
        if wanted:
            keep &= df[column].isin(wanted).to_numpy()
    if choice.moments:
        keep &= df["moment"].isin(choice.moments).to_numpy()
    if choice.steps:
        keep &= df["step"].between(*choice.steps).to_numpy()
    if choice.host:
        keep &= (df["host"] == choice.host).to_numpy()
    if layer is not None:
        keep &= (df["layer"] == layer).to_numpy()
    out = df[keep]
    if not len(out):
        raise BadInput(
            say("error.choose.no_captured_points_least", value=choice.without_layer_text())
        )
    hosts = [str(h) for h in out["host"].unique()]
    if len({str(record.host(h)["digest"]) for h in hosts}) > 1:
        raise SpaceMismatch(
            say("error.choose.cannot_draw_on_map", names=", ".join(hosts), n=len(hosts))
        )
    return out


def choose(record: Record, choice: Choice, layer: int) -> Chosen:
    """The chosen points with their vectors; rows with NaN or infinity are set aside and counted."""
    df = rows_of(record, choice, layer)
    x = record.states(df["point_id"].to_numpy())
    fine = finite_rows(x)
    notes: tuple[str, ...] = ()
    if not fine.all():
        bad = int((~fine).sum())
        notes = (say("said.choose.of_vectors_hold_nan_or", bad=bad, x=len(x)),)
        df, x = df[fine], x[fine]
        if not len(df):
            raise BadInput(say("error.choose.all_chosen_vectors_hold"))
    return Chosen(df.reset_index(drop=True), x, record.space(int(df["point_id"].iloc[0])), notes)


def choose_from_two(a: Record, b: Record, choice: Choice, layer: int) -> Chosen:
    """Points of two records on one map, allowed only in the same space; a column ``record`` tells
    them apart.

    ``point_id`` is that of each record; use it together with ``record``.

    Raises:
        SpaceMismatch: if model digest, layer or point differ.
    """
    first, second = choose(a, choice, layer), choose(b, choice, layer)
    require_same(first.space, second.space, "draw two records on one map")
    both = pd.concat(
        [first.points.assign(record=a.run_id), second.points.assign(record=b.run_id)],
        ignore_index=True,
    )
    return replace(
        first, points=both, x=np.vstack([first.x, second.x]), notes=first.notes + second.notes
    )


# --- the one selection
# --------------------------------------------------------------------------------------------


def point_at(record: Record, moment: int, layer: int | None = None) -> int:
    """The ``point_id`` of a moment at a layer (None: the last captured one).

    Raises:
        BadInput: if that moment was not captured there.
    """
    df = record.points
    rows = df[df["moment"] == moment]
    if layer is not None:
        rows = rows[rows["layer"] == layer]
    if not len(rows):
        raise BadInput(say("error.choose.moment_was_not_captured", moment=moment))
    return int(rows.sort_values("layer")["point_id"].iloc[-1])


def row_of(record: Record, point_id: int) -> pd.Series:
    """The row of a point.

    Raises:
        BadInput: if there is no such point.
    """
    n = len(record.points)
    if not 0 <= int(point_id) < n:
        raise BadInput(say("error.choose.there_no_point_choose", point_id=point_id, value=n - 1))
    return record.points.iloc[int(point_id)]


def selection_at(record: Record, record_id: str, point_id: int) -> Selection:
    """The selection of a point.

    Args:
        record_id: the name by which the page knows the record.

    Raises:
        BadInput: if the record has no such point.
    """
    row = row_of(record, point_id)
    return Selection(
        record=record_id,
        point_id=int(point_id),
        moment=int(row["moment"]),
        layer=int(row["layer"]),
        lane=str(row["lane"]),
        agent=str(row["agent"]),
        kind=str(row["kind"]),
        step=int(row["step"]),
    )


def describe(row: Any) -> str:
    """One line that names a point: “planner, latent step 3: ‘Ned’”."""
    token = visible(str(row["token"]), 20)
    return (
        f"{agent_name(str(row['agent']))}, {KIND_WORD[row['kind']]} {int(row['step'])}: ‘{token}’"
    )


def _ranges(layers: list[int]) -> str:
    whole = layers == list(range(layers[0], layers[-1] + 1))
    return (
        f"{layers[0]} to {layers[-1]}" if whole and len(layers) > 2 else ", ".join(map(str, layers))
    )
