"""Choosing points, the selection card, maps and their frames; and the sentences for what cannot be
drawn.
"""

import json
from dataclasses import replace

import numpy as np
import pytest

from lab.errors import BadInput, SpaceMismatch
from lab.panels.agent_colors import colors_of
from lab.panels.states import choose as c
from lab.panels.states import projection as maps
from lab.panels.states.map_figure import map_figure
from lab.panels.states.map_frames import make_map
from lab.panels.states.moment_cards import moment_card, moment_values
from lab.records import Record
from lab.records.tensors import Raw
from lab.ui.frame.page_words import Words
from tests.make_record import make_record

ONE_HOST = c.Choice(host="toy-a")


def test_choices_narrow_the_points(synthetic):
    rows = c.rows_of(
        synthetic, c.Choice(agents=("planner",), kinds=("latent",), steps=(2, 4)), layer=3
    )
    assert rows["step"].tolist() == [2, 3, 4]
    assert set(rows["layer"]) == {3}
    known = c.options(synthetic)
    assert known["agents"][:3] == ["planner", "refiner", "judger"]
    assert known["layers"] == [0, 1, 2, 3, 4]
    assert known["steps"] == [1, 8]


@pytest.mark.parametrize(
    ("choice", "layer", "sentence"),
    [
        (c.Choice(), 9, "Layer 9 was not captured: expected one of 0 to 4"),
        (c.Choice(agents=("nobody",)), 4, "No captured points for nobody: expected at least one"),
    ],
)
def test_what_is_not_there_is_one_sentence(synthetic, choice, layer, sentence):
    with pytest.raises(BadInput, match=sentence):
        c.choose(synthetic, choice, layer)


def test_two_models_never_share_a_map(synthetic):
    with pytest.raises(SpaceMismatch, match=r"choose one host, or a fitted map"):
        c.choose(synthetic, c.Choice(), 4)


def test_two_records_share_a_map_only_in_one_space(synthetic, tmp_path):
    same = Record.open(make_record(tmp_path / "same", seed=5))
    both = c.choose_from_two(synthetic, same, ONE_HOST, 2)
    assert both.points["record"].nunique() == 2
    assert len(both.x) == len(both.points)
    other = Record.open(make_record(tmp_path / "other"))
    other.meta["hosts"]["toy-a"]["digest"] = "cc" * 32
    with pytest.raises(SpaceMismatch, match=r"draw two records on one map.*fitted map"):
        c.choose_from_two(synthetic, other, ONE_HOST, 2)


def test_broken_vectors_are_counted_and_left_out(tmp_path):
    record = Record.open(make_record(tmp_path / "r"))
    tensor = record._tensors["states/toy-a"]
    data = tensor.data.copy()
    data[[0, 7]] = np.nan
    record._tensors["states/toy-a"] = Raw(data, tensor.dtype)
    hit = record.points[
        (record.points["host"] == "toy-a") & record.points["state_row"].isin([0, 7])
    ]
    chosen = c.choose(record, ONE_HOST, int(hit["layer"].iloc[0]))
    assert "hold NaN or infinity and are not drawn" in chosen.notes[0]
    assert np.isfinite(chosen.x).all()
    assert moment_card(record, int(hit["point_id"].iloc[0])).neighbours == ()


def test_card_is_plain_json_with_the_nearest_other_points(synthetic):
    row = c.rows_of(synthetic, c.Choice(agents=("planner",), kinds=("latent",)), 4).iloc[3]
    card = moment_card(synthetic, int(row["point_id"]))
    json.dumps(card.plain())
    assert card.title.startswith("planner, latent step 4")
    assert card.layer == 4
    x = c.choose(synthetic, ONE_HOST, 4)
    unit = x.x / np.linalg.norm(x.x, axis=1, keepdims=True)
    here = int(np.flatnonzero(x.points["point_id"] == row["point_id"])[0])
    by_hand = [
        int(x.points["point_id"].iloc[i]) for i in np.argsort(-unit @ unit[here]) if i != here
    ][:5]
    assert [n.point_id for n in card.neighbours] == by_hand
    with pytest.raises(BadInput, match="There is no point 999999"):
        moment_card(synthetic, 999999)


def test_every_label_of_a_card_is_known_in_both_languages(synthetic):
    table = Words().table
    for kind in c.KINDS:
        point = int(c.rows_of(synthetic, replace(ONE_HOST, kinds=(kind,)), 4).iloc[0]["point_id"])
        for label in [fact.name for fact in moment_card(synthetic, point).facts]:
            assert (
                f"js.moment.fact.{label}" in table["en"]
                and f"js.moment.fact.{label}" in table["zh"]
            ), label


def test_a_moment_is_one_point_per_layer(synthetic):
    point = c.point_at(synthetic, 20, 2)
    assert synthetic.points.iloc[point][["moment", "layer"]].tolist() == [20, 2]
    assert synthetic.points.iloc[c.point_at(synthetic, 20)]["layer"] == 4
    with pytest.raises(BadInput, match="was not captured at this layer"):
        c.point_at(synthetic, 20, 17)


def test_variance_is_said_in_words(synthetic):
    data = make_map(synthetic, ONE_HOST, 4, maps.MapSettings(dims=3))
    assert "the 3 axes hold" in " ".join(data.notes)
    assert len(data.axes) == 3


def test_sink_and_massive_dimension_are_named(synthetic):
    chosen = c.choose(synthetic, ONE_HOST, 4)
    x = chosen.x.copy()
    x[:, 11] += 60 * np.random.default_rng(0).standard_normal(len(x)).astype(np.float32)
    notes = " ".join(maps.map_of(replace(chosen, x=x), maps.MapSettings(norm="none")).notes)
    assert "dimension 11" in notes
    x = chosen.x.copy()
    x[0] = 500
    notes = " ".join(maps.map_of(replace(chosen, x=x), maps.MapSettings(norm="none")).notes)
    assert "first token is an attention sink" in notes
    assert "attention sink" not in " ".join(maps.map_of(chosen, maps.MapSettings()).notes)


def test_one_point_is_a_sentence_and_duplicates_are_counted(synthetic):
    chosen = c.choose(synthetic, ONE_HOST, 4)
    one = replace(chosen, points=chosen.points.iloc[:1], x=chosen.x[:1])
    with pytest.raises(BadInput, match="at least 2 distinct points, got 1"):
        maps.map_of(one, maps.MapSettings())
    x = chosen.x.copy()
    x[5:25] = x[5]
    data = maps.map_of(replace(chosen, x=x), maps.MapSettings())
    assert data.counts.max() == 20
    assert data.drawn["count"].sum() == len(x)
    assert any("one mark with a count" in n for n in data.notes)
    assert np.allclose(data.coords[5], data.coords[24])


@pytest.mark.parametrize("color", ["agent", "entropy", "token", "kind", "layer"])
@pytest.mark.parametrize("dims", [2, 3])
def test_every_mark_carries_its_point(synthetic, color, dims):
    data = make_map(synthetic, ONE_HOST, 4, maps.MapSettings(dims=dims))
    fig = map_figure(data, colors_of(synthetic), color=color, upto=3)
    found = sorted(
        p for trace in fig.data for p, _ in (() if trace.customdata is None else trace.customdata)
    )
    assert found == sorted(data.drawn["point_id"])


def test_unknown_colour_is_a_sentence(synthetic):
    data = make_map(synthetic, ONE_HOST, 4, maps.MapSettings())
    with pytest.raises(BadInput, match="Cannot colour by 'mood'"):
        map_figure(data, [], color="mood")


def test_trajectories_run_in_time(synthetic):
    data = make_map(synthetic, c.Choice(agents=("planner",)), 4, maps.MapSettings())
    arrow = map_figure(data, colors_of(synthetic), upto=5).data[0]
    points = data.chosen.points
    rows = points[(points["kind"] == "latent") & (points["step"] <= 5)].sort_values("step").index
    assert list(arrow.x) == pytest.approx(data.coords[rows, 0], abs=1e-3)
    assert arrow.marker.angleref == "previous"


def test_the_strip_of_a_map_says_what_may_be_concluded(synthetic):
    strip = maps.measure(make_map(synthetic, ONE_HOST, 4, maps.MapSettings()))
    assert [m.name for m in strip.measures] == [
        "trustworthiness",
        "neighbour recall@10",
        "half-to-half stability",
    ]
    assert strip.measures[1].value > strip.measures[1].shuffled
    assert strip.sentence.endswith(".")


def test_cards_of_many_points_are_those_of_each_alone_with_the_points_around(synthetic):
    df = synthetic.points
    ids = df["point_id"].tolist()
    values = moment_values(synthetic, ids)
    for value in values[:: len(ids) // 40]:
        assert value.card == moment_card(synthetic, value.card.point_id)
        mine = df[(df["lane"] == value.card.lane) & (df["agent"] == value.card.agent)]
        layer = mine[mine["layer"] == value.card.layer].sort_values("moment")["point_id"].tolist()
        at = layer.index(value.card.point_id)
        assert value.steps.before == (layer[at - 1] if at else None)
        assert value.steps.after == (layer[at + 1] if at + 1 < len(layer) else None)
        moment = mine[mine["moment"] == value.card.moment].sort_values("layer")["point_id"].tolist()
        up = moment.index(value.card.point_id)
        assert value.layers.before == (moment[up - 1] if up else None)
        assert value.layers.after == (moment[up + 1] if up + 1 < len(moment) else None)
