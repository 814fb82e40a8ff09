"""From chosen points to coordinates on a map: merge duplicates, normalise, project, and say what
was done.

PCA answers at once; UMAP comes from `lab.panels.states.umap_fit`. All maps are scaled to the same
spread; `lab.panels.states.map_frames` turns those of a record's layers towards each other. Drawing
is done in `lab.panels.states.map_figure`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.errors import BadInput
from lab.panels.states import umap_fit
from lab.panels.states.choose import Chosen, describe
from lab.panels.states.geometry import (
    NORMS,
    Floats,
    Ints,
    Norm,
    merge_duplicates,
    normalise,
    pca,
    rulers,
)
from lab.panels.states.honesty import HonestyStrip, honesty
from lab.panels.style import share, visible
from lab.words import say

Method = Literal["pca", "umap"]
UMAP_MEASURED = 600
"""Points on which UMAP maps are judged: four fits, each some tenths of a second."""
AXIS_LADDER = (0.5, 0.8, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0, 6.0, 10.0, 16.0, 25.0, 40.0, 80.0)
"""Ends of the axes in units of the map's spread; few steps, so that frames mostly share their
axes."""
RULING_WORD = 0.75
"""Share of an axis' variance (R²) from which on it is said to tell one word from the rest."""


@dataclass(frozen=True)
class MapSettings:
    """How a map is made."""

    method: Method = "pca"
    norm: Norm = "l2"
    dims: int = 2
    seed: int = 0
    n_neighbors: int = 15
    min_dist: float = 0.1
    one_word: bool = True
    """Keep the direction that does little more than tell one word from all others."""

    def umap(self) -> umap_fit.UmapSettings:
        """The part that UMAP reads."""
        return umap_fit.UmapSettings(
            self.n_neighbors, self.min_dist, self.dims, self.seed, self.norm
        )


@dataclass(frozen=True)
class MapData:
    """A finished map."""

    chosen: Chosen
    coords: Floats
    """(n, dims) place of every chosen row, in units of the map's spread (root mean square distance
    to the centre)."""
    keep: Ints
    """(u,) rows drawn; the others are duplicates of one of them."""
    counts: Ints
    """(u,) points that each drawn row stands for."""
    axes: tuple[str, ...]
    reach: Floats
    """(dims, 2) where each axis begins and ends."""
    settings: MapSettings
    layer: int
    notes: tuple[str, ...]
    """Sentences for under the map."""

    @property
    def half(self) -> float:
        """The farthest end of any axis from the middle."""
        return float(np.abs(self.reach).max())

    @property
    def drawn(self) -> pd.DataFrame:
        """The drawn rows with their place and count: the figure's data as a table."""
        table = self.chosen.points.iloc[self.keep].copy()
        for i, name in enumerate("xyz"[: self.coords.shape[1]]):
            table[name] = self.coords[self.keep, i]
        table["count"] = self.counts
        return table.reset_index(drop=True)


def map_of(chosen: Chosen, settings: MapSettings) -> MapData:
    """The map of points that are already chosen, not registered to any other."""
    if settings.dims not in (2, 3):
        raise BadInput(say("error.projection.map_dimensions_choose_these", dims=settings.dims))
    merged = merge_duplicates(chosen.x)
    distinct = chosen.x[merged.keep]
    notes = list(chosen.notes)
    fitted = pca(normalise(distinct, settings.norm), settings.dims)
    word, told = ruling_word(fitted.coords[:, 0], chosen.points["token"].iloc[merged.keep])
    if told >= RULING_WORD and not settings.one_word:
        x = without_direction(chosen.x, (chosen.points["token"] == word).to_numpy())
        chosen, distinct = replace(chosen, x=x), x[merged.keep]
        fitted = pca(normalise(distinct, settings.norm), settings.dims)
        notes.append(say("said.projection.word_taken_out", word=visible(word)))
    elif told >= RULING_WORD:
        axis = say("said.projection.first_axis")
        said = {"axis": axis, "word": visible(word), "share": share(told)}
        notes.append(say("said.projection.word_rules", **said))
    if len(merged.keep) < len(chosen.x):
        notes.append(
            say(
                "said.projection.points_distinct_equal_vectors_are",
                x=len(chosen.x),
                keep=len(merged.keep),
            )
        )
    if settings.method == "umap":
        place = umap_fit.fit(distinct, settings.umap())
        place = place - place.mean(axis=0)
        axes = tuple(f"UMAP {i + 1}" for i in range(settings.dims))
        notes.append(say("said.projection.umap_means", how=settings.umap().text(len(distinct))))
    else:
        place = fitted.coords
        axes = tuple(f"PC {i + 1} ({share(v)})" for i, v in enumerate(fitted.variance))
        notes.append(_variance_text(fitted.variance, settings))
        notes += ruler_notes(distinct, chosen.points.iloc[merged.keep], settings.norm)
    spread = float(np.sqrt(np.square(place).sum(axis=1).mean())) or 1.0
    coords = (place / spread)[merged.group]
    return MapData(
        chosen,
        coords,
        merged.keep,
        merged.counts,
        axes,
        _reach(coords),
        settings,
        chosen.space.layer,
        tuple(notes),
    )


def ruling_word(values: Floats, tokens: pd.Series) -> tuple[str, float]:
    """The word that an axis tells best from all others, and how well.

    Args:
        values: (n,) places on the axis.
        tokens: (n,) the words there.

    Returns:
        the word, and the share of the axis' variance that "this word or not" explains (R² of one
        indicator, 0 to 1).
    """
    values = np.asarray(values, np.float64) - np.mean(values)
    total = float(np.square(values).sum())
    groups = pd.Series(values).groupby(tokens.to_numpy(), sort=False)
    size, mean = groups.size(), groups.mean()
    rest = len(values) - size
    # Between two groups: n₁·m₁² + n₂·m₂² with n₂·m₂ = −n₁·m₁, the whole mean being zero.
    between = size * mean**2 * (1 + size / rest.where(rest > 0))
    if not total or between.isna().all():
        return "", 0.0
    word = between.idxmax()
    return str(word), float(between[word] / total)


def without_direction(x: Floats, one: NDArray[np.bool_]) -> Floats:
    """Vectors without the direction between the means of two groups.

    Args:
        x: (n, D).
        one: (n,) members of one group.
    """
    direction = x[one].mean(axis=0) - x[~one].mean(axis=0)
    direction = direction / max(float(np.linalg.norm(direction)), 1e-12)
    out: Floats = x - np.outer(x @ direction, direction).astype(x.dtype)
    return out


def ruler_notes(x: Floats, points: pd.DataFrame, norm: Norm) -> list[str]:
    """A sentence for every single dimension or single point that rules the picture."""
    found = rulers(normalise(x, norm))
    notes = []
    if found.dims:
        named = ", ".join(f"dimension {d} ({share(s)})" for d, s in found.dims)
        other = say("said.projection.l2_or_z_score") if norm == "none" else "z-score"
        notes.append(
            say("said.projection.massive_dimension_of_the_variance", named=named, other=other)
        )
    for row, part in found.rows:
        point = points.iloc[row]
        sink = int(point["position"]) == 0
        what = (
            say("said.projection.the_first_token_is_an")
            if sink
            else say("said.projection.one_point_rules_the_picture")
        )
        notes.append(
            say(
                "said.projection.holds_of_the_variance_leave",
                what=what,
                point=describe(point),
                part=share(part),
            )
        )
    return notes


def measure(data: MapData) -> HonestyStrip:
    """The honesty strip of a map (two more fits of the data and three of its shuffled control).

    Raises:
        BadInput: with too few points.
    """
    settings = data.settings
    x = data.chosen.x[data.keep]
    if settings.method == "umap":
        return honesty(
            x,
            lambda v, seed: _umap_place(v, settings, seed),
            settings.norm,
            seed=settings.seed,
            most=UMAP_MEASURED,
        )
    return honesty(x, lambda v, seed: _pca_place(v, settings, seed), settings.norm, half_split=True)


def _umap_place(x: Floats, settings: MapSettings, seed: int) -> Floats:
    return umap_fit.fit(x, replace(settings.umap(), seed=seed))


def _pca_place(x: Floats, settings: MapSettings, seed: int) -> Floats:
    z = normalise(x, settings.norm)
    fitted = pca(z if seed >= 0 else z[(-seed - 1) :: 2], settings.dims)
    return (z - fitted.centre) @ fitted.axes.T


def _variance_text(variance: Floats, settings: MapSettings) -> str:
    total = share(float(variance.sum()))
    each = " + ".join(share(float(v)) for v in variance)
    axes = say(
        "said.projection.the_axes_hold_of_the", variance=len(variance), total=total, each=each
    )
    return f"PCA, {NORMS[settings.norm]}: {axes}."


def _reach(coords: Floats) -> Floats:
    def end(value: float) -> float:
        return next((step for step in AXIS_LADDER if step >= value), value)

    low, high = coords.min(axis=0, initial=0.0), coords.max(axis=0, initial=0.0)
    ends = [(-end(1.08 * -a), end(1.08 * b)) for a, b in zip(low, high, strict=True)]
    return np.array(ends, dtype=np.float32)
