"""Words where there is room, the word that rules an axis, what is found, and true neighbours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lab.panels.agent_colors import colors_of
from lab.panels.states import projection as maps
from lab.panels.states.choose import Choice, choose
from lab.panels.states.map_figure import map_figure, matches, words_with_room
from lab.panels.states.map_frames import make_map
from lab.panels.states.map_values import map_values, nearest_points
from lab.records import Record

ONE_HOST = Choice(host="toy-a")
RNG = np.random.default_rng(0)


def test_no_word_lies_on_another() -> None:
    places = np.array([[0.0, 0.0], [0.001, 0.0], [1.0, 1.0], [-1.0, -1.0]])
    reach = np.array([[-2.0, 2.0], [-2.0, 2.0]])
    words = ["first", "second", "third", "fourth"]
    assert words_with_room(places, words, [0, 1, 2, 3], reach) == [0, 2, 3]
    assert words_with_room(places, words, [1, 0, 2, 3], reach) == [1, 2, 3]
    far = words_with_room(places * 0, words, range(4), reach)
    assert far == [0]
    same = np.stack([np.linspace(-1.8, 1.8, 9), np.zeros(9)], axis=1)
    assert len(words_with_room(same, ["box"] * 9, range(9), reach)) == 3


def test_the_word_that_rules_an_axis_by_hand() -> None:
    values = np.array([5.0, 5.0, -1.0, 1.0, 0.0])
    word, share = maps.ruling_word(values, pd.Series(["<end>", "<end>", "a", "b", "c"]))
    # mean 2; between: 2·3² + 3·2² = 30 of 9 + 9 + 9 + 1 + 4 = 32
    assert word == "<end>" and share == pytest.approx(30 / 32)
    word, share = maps.ruling_word(RNG.standard_normal(200), pd.Series(list("abcd") * 50))
    assert share < 0.1
    assert maps.ruling_word(np.ones(3), pd.Series(list("aaa"))) == ("", 0.0)


def test_the_direction_of_one_word_is_said_and_taken_out(synthetic: Record) -> None:
    chosen = choose(synthetic, ONE_HOST, 4)
    token = str(chosen.points["token"].value_counts().index[0])
    one = (chosen.points["token"] == token).to_numpy()
    x = chosen.x / np.linalg.norm(chosen.x, axis=1, keepdims=True)
    x[one] += 30 * x[0]
    moved = replace(chosen, x=x)
    settings = maps.MapSettings(norm="none")
    kept, out = (maps.map_of(moved, replace(settings, one_word=keep)) for keep in (True, False))
    assert any("Keep the direction of one word" in note for note in kept.notes)
    assert any("Taken out before" in note for note in out.notes)
    gap = abs(out.chosen.x[one].mean(0) - out.chosen.x[~one].mean(0)).max()
    assert gap < 1e-3 < abs(x[one].mean(0) - x[~one].mean(0)).max()
    plain = maps.map_of(chosen, replace(settings, one_word=False))
    if not any("Taken out" in note for note in plain.notes):
        assert np.array_equal(plain.chosen.x, chosen.x)


def test_what_is_found_stays_bright(synthetic: Record) -> None:
    data = make_map(synthetic, ONE_HOST, 4, maps.MapSettings())
    word = str(data.drawn["token"].iloc[0]).strip()
    found = matches(data.drawn, word.upper())
    assert found.any() and not found.all()
    fig = map_figure(data, colors_of(synthetic), find=word, words=True)
    bright = [
        point
        for trace in fig.data
        if trace.customdata is not None
        for point, o in zip(
            trace.customdata[:, 0],
            np.broadcast_to(trace.marker.opacity, len(trace.customdata)),
            strict=True,
        )
        if o > 0.5
    ]
    assert sorted(bright) == sorted(data.drawn["point_id"][found])
    value, notes = map_values(synthetic, data, ONE_HOST, find=word)
    assert str(found.sum()) in str(notes.plain()) and value.lasso


def test_neighbours_are_those_of_the_full_space(synthetic: Record) -> None:
    data = make_map(synthetic, ONE_HOST, 4, maps.MapSettings())
    near = nearest_points(data)
    ids = data.chosen.points["point_id"].to_numpy()
    x = data.chosen.x / np.linalg.norm(data.chosen.x, axis=1, keepdims=True)
    row = int(data.keep[3])
    cosine = x[data.keep] @ x[row]
    cosine[3] = -2
    assert set(near[str(ids[row])]) == set(ids[data.keep][np.argsort(-cosine)[:5]])


def test_moments_alone(synthetic: Record) -> None:
    some = tuple(int(m) for m in choose(synthetic, ONE_HOST, 4).points["moment"][:7])
    data = make_map(synthetic, replace(ONE_HOST, moments=some), 4, maps.MapSettings(norm="none"))
    assert set(data.chosen.points["moment"]) == set(some)
