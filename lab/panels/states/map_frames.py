"""Maps of a record's layers in registered frames: each layer is turned onto the next deeper one,
and all share one pair of axes, so that nothing jumps when the layer changes.

Principal axes have no sign and, where their variances are near, no order: unturned, the picture of
the neighbouring layer may stand on its head. Turning is a rotation or reflection only (Procrustes),
so every distance within a layer is kept. How far a point moves from one layer to the next is said
beside how far it would have moved unturned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np

from lab.errors import LabError
from lab.panels.states.choose import Choice, choose
from lab.panels.states.geometry import Floats, Ints, procrustes
from lab.panels.states.projection import MapData, MapSettings, map_of
from lab.panels.style import share
from lab.records import Record
from lab.words import say

MOST_CHAINED = 3000
"""Points of a map up to which all layers are laid out beforehand; a larger one is turned onto the
deepest layer alone, and has axes of its own."""
MARGIN = 0.06
"""Of the picture, around the outermost points of all layers."""


MOST_KEPT = 64
"""Frames kept for one record, while it is open."""


@dataclass(frozen=True)
class Frame:
    """Where the points of one layer lie, turned."""

    moments: Ints
    """(n,) sorted."""
    places: Floats
    """(n, dims), in units of the map's spread."""


_Key = tuple[Choice, int, MapSettings, bool]
_KEPT: WeakKeyDictionary[Record, dict[_Key, Frame | None]] = WeakKeyDictionary()


class _Chain:
    """The frames of one choice in one record, each turned onto a deeper one."""

    def __init__(
        self, record: Record, choice: Choice, settings: MapSettings, layers: list[int], whole: bool
    ) -> None:
        """
        Args:
            layers: all that were captured, ascending.
            whole: whether each is turned onto the next deeper one, not onto the deepest.
        """
        self.record, self.choice, self.settings = record, choice, settings
        self.layers, self.whole = layers, whole
        self._kept: dict[_Key, Frame | None] = {}
        if record.status != "running":
            self._kept = _KEPT.setdefault(record, {})

    def onto(self, layer: int) -> int | None:
        """The layer that this one is turned onto; None for the deepest."""
        deeper = [one for one in self.layers if one > layer]
        if not deeper:
            return None
        return deeper[0] if self.whole else deeper[-1]

    def frame(self, layer: int) -> Frame | None:
        """The turned places of one layer, or None where it has no map."""
        key = (self.choice, layer, self.settings, self.whole)
        if key not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = self._laid_out(layer)
        return self._kept[key]

    def reach(self) -> Floats:
        """(dims, 2) where the axes of all layers begin and end."""
        found = [self.frame(layer) for layer in self.layers]
        places = np.concatenate([frame.places for frame in found if frame is not None])
        low, high = places.min(axis=0), places.max(axis=0)
        space = MARGIN * (high - low)
        ends: Floats = np.stack([low - space, high + space], axis=1).astype(np.float32)
        return ends

    def _laid_out(self, layer: int) -> Frame | None:
        try:
            made = map_of(choose(self.record, self.choice, layer), self.settings)
        except LabError:
            return None
        onto = self.onto(layer)
        fixed = None if onto is None else self.frame(onto)
        turned = None if fixed is None else _turned(made, fixed)
        coords = made.coords if turned is None else turned[0]
        moments = made.chosen.points["moment"].to_numpy()
        order = np.argsort(moments, kind="stable")
        return Frame(moments[order], coords[order])


def make_map(record: Record, choice: Choice, layer: int, settings: MapSettings) -> MapData:
    """The map of the chosen points at one layer, registered to the maps of the others.

    UMAP maps are not registered: each layer is a fit of its own.

    Raises:
        BadInput: too few points, unknown settings, a layer that was not captured.
        SpaceMismatch: points of several models.
    """
    out = replace(map_of(choose(record, choice, layer), settings), layer=layer)
    layers = sorted(int(value) for value in record.points["layer"].unique())
    if settings.method == "umap":
        note = say("said.map_frames.umap_alone")
        return replace(out, notes=(*out.notes, note)) if len(layers) > 1 else out
    if len(layers) < 2:
        return out
    chain = _Chain(record, choice, settings, layers, len(out.coords) <= MOST_CHAINED)
    onto = chain.onto(layer)
    if onto is not None:
        fixed = chain.frame(onto)
        out = register(out, fixed, onto) if fixed is not None else out
    else:
        out = replace(out, notes=(*out.notes, say("said.map_frames.deepest", layer=layer)))
    return replace(out, reach=chain.reach()) if chain.whole else out


def register(moving: MapData, fixed: Frame, layer: int) -> MapData:
    """A map turned so that the moments it shares with a frame lie as near as possible; distances
    are kept.

    Args:
        layer: of the frame.
    """
    turned = _turned(moving, fixed)
    if turned is None:
        return moving
    coords, (before, after) = turned
    axes = tuple(
        say("said.projection.axis_of_the_principal_plane", x=k + 1) for k in range(coords.shape[1])
    )
    note = say("said.map_frames.turned", layer=layer, after=share(after), before=share(before))
    low = np.minimum(moving.reach[:, 0], coords.min(axis=0))
    high = np.maximum(moving.reach[:, 1], coords.max(axis=0))
    reach = np.stack([low, high], axis=1)
    return replace(moving, coords=coords, axes=axes, reach=reach, notes=(*moving.notes, note))


def _turned(moving: MapData, fixed: Frame) -> tuple[Floats, tuple[float, float]] | None:
    """The places turned, and how far shared points lie apart unturned and turned (root mean
    square); None with fewer than two shared moments."""
    moments = moving.chosen.points["moment"].to_numpy()
    _, mine, theirs = np.intersect1d(moments, fixed.moments, return_indices=True)
    if len(mine) < 2:
        return None
    there = fixed.places[theirs]
    coords = moving.coords @ procrustes(moving.coords[mine], there)
    before, after = (
        float(np.sqrt(np.square(places[mine] - there).sum(axis=1).mean()))
        for places in (moving.coords, coords)
    )
    return coords, (before, after)
