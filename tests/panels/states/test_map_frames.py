"""Layers in registered frames: each is turned onto the next deeper one, nothing within a layer is
changed, and all share their axes."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from lab.files import ASSETS
from lab.panels.states import choose as c
from lab.panels.states import map_frames
from lab.panels.states.geometry import procrustes
from lab.panels.states.map_frames import make_map
from lab.panels.states.projection import MapData, MapSettings, map_of
from lab.records import Record

ONE_HOST = c.Choice(host="toy-a")
SETTINGS = MapSettings()


def way(one: MapData, other: MapData) -> float:
    """How far the moments that two maps share lie apart (root mean square)."""
    _, i, j = np.intersect1d(
        one.chosen.points["moment"], other.chosen.points["moment"], return_indices=True
    )
    return float(np.sqrt(np.square(one.coords[i] - other.coords[j]).sum(1).mean()))


def test_neighbouring_frames_need_no_further_turn_and_share_their_axes(synthetic):
    frames = [make_map(synthetic, ONE_HOST, layer, SETTINGS) for layer in (1, 2, 3, 4)]
    for frame, deeper in pairwise(frames):
        assert procrustes(frame.coords, deeper.coords) == pytest.approx(np.eye(2), abs=1e-5)
        assert (frame.reach == deeper.reach).all()
        assert (frame.reach[:, 0] <= frame.coords.min(axis=0)).all()
        assert (frame.reach[:, 1] >= frame.coords.max(axis=0)).all()


def test_turning_keeps_every_distance_within_the_layer(synthetic):
    alone = map_of(c.choose(synthetic, ONE_HOST, 1), SETTINGS)
    turned = make_map(synthetic, ONE_HOST, 1, SETTINGS)
    apart = [np.linalg.norm(x.coords[:, None] - x.coords[None], axis=-1) for x in (alone, turned)]
    assert apart[0] == pytest.approx(apart[1], abs=1e-5)
    assert not np.allclose(alone.coords, turned.coords, atol=1e-3)


@pytest.mark.parametrize("name", ["relay", "side-by-side"])
def test_a_point_moves_less_than_unturned_and_the_map_says_how_far(name: str) -> None:
    record = Record.open(ASSETS / "records" / name)
    layers = sorted(record.points["layer"].unique())
    choice = c.Choice(host="pocket-base")
    frames = [make_map(record, choice, int(layer), SETTINGS) for layer in layers]
    alone = [map_of(c.choose(record, choice, int(layer)), SETTINGS) for layer in layers]
    for i in range(len(layers) - 1):
        before, after = way(alone[i], frames[i + 1]), way(frames[i], frames[i + 1])
        assert after <= before + 1e-6
        said = frames[i].notes[-1]
        assert f"onto layer {layers[i + 1]}" in said
        assert f"unturned {100 * before:.3g}"[:11] in said
    steps = [sum(way(a, b) for a, b in pairwise(x)) for x in (frames, alone)]
    assert steps[0] < 0.6 * steps[1]
    assert "every other layer is turned" in frames[-1].notes[-1]


def test_a_large_map_is_turned_onto_the_deepest_layer_alone(synthetic, monkeypatch):
    monkeypatch.setattr(map_frames, "MOST_CHAINED", 3)
    frame, deepest = (make_map(synthetic, ONE_HOST, layer, SETTINGS) for layer in (1, 4))
    assert procrustes(frame.coords, deepest.coords) == pytest.approx(np.eye(2), abs=1e-5)
    assert "onto layer 4" in frame.notes[-1]


def test_umap_says_that_its_frames_are_not_registered(synthetic):
    made = make_map(synthetic, ONE_HOST, 4, replace(SETTINGS, method="umap"))
    assert "not registered" in made.notes[-1]


def test_each_layer_of_a_run_that_goes_on_is_fitted_once_per_picture(synthetic, monkeypatch):
    fits: list[int] = []

    def fitted(chosen, settings):
        fits.append(1)
        return map_of(chosen, settings)

    running = Record.open(synthetic.folder)
    monkeypatch.setattr(type(running), "status", "running")
    monkeypatch.setattr(map_frames, "map_of", fitted)
    make_map(running, ONE_HOST, 1, SETTINGS)
    layers = running.points["layer"].nunique()
    assert layers > 2 and len(fits) == 1 + layers
