"""The tab's pure parts: lights, cards, bars, dials and the stage's conditions."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import stats
from lab.errors import BadInput
from lab.experiments.failure.relay import Settings
from lab.experiments.transfer.conditions import Condition
from lab.panels.break_it import break_figures, break_results, gallery_cards
from lab.panels.break_it.break_value import LayerClicked, LineClicked
from lab.panels.break_it.break_words import constraints
from lab.records.results import ResultTable
from lab.service import Service
from lab.ui.frame.context import Ctx
from lab.ui.frame.page_words import Words
from lab.ui.tabs.break_it import break_choices, break_guess, break_run, break_values


def _table(
    hits: dict[tuple[str, str], tuple[int, str]], specs: list[dict], n: int = 100
) -> ResultTable:
    table = ResultTable.start("constraints", {"n": n})
    table.meta["conditions"] = [{"title": "", "constraint": None, "curve": "", **s} for s in specs]
    for (name, channel), (right, control) in hits.items():
        spec = next((s for s in specs if (s["name"], s["channel"]) == (name, channel)), {})
        rows = [
            {
                "problem": i,
                "accuracy": float(i < right),
                "nll": 1.0,
                "curve": spec.get("curve", ""),
                "x": spec.get("x"),
            }
            for i in range(n)
        ]
        table.add(name, rows, channel, control)
    return table


SPECS = [
    {"name": "nothing", "channel": "none"},
    {"name": "words", "channel": "text"},
    {"name": "twin", "channel": "kv", "constraint": 2, "title": "rotated <b>"},
    {"name": "reseed", "channel": "kv", "constraint": 2},
    {"name": "half", "channel": "kv", "constraint": 4, "curve": "base to reseed", "x": 0.5},
    {"name": "absent", "channel": "kv", "constraint": 2},
]
HITS = {
    ("nothing", "none"): (4, "floor"),
    ("words", "text"): (99, "ceiling"),
    ("twin", "kv"): (98, ""),
    ("reseed", "kv"): (5, ""),
    ("half", "kv"): (50, ""),
}


def test_the_light_compares_with_floor_and_ceiling_by_their_intervals() -> None:
    floor, ceiling = stats.wilson(4, 100), stats.wilson(99, 100)
    assert gallery_cards.light(stats.wilson(97, 100), floor, ceiling) == "works"
    assert gallery_cards.light(stats.wilson(50, 100), floor, ceiling) == "partly"
    assert gallery_cards.light(stats.wilson(6, 100), floor, ceiling) == "fails"
    assert (
        gallery_cards.light(stats.wilson(60, 100), ceiling, ceiling) == ""
    )  # no room between them: no claim


def test_a_card_has_words_a_light_and_what_is_missing() -> None:
    table = _table(HITS, SPECS)
    table.meta["refused"] = {"absent/kv": "train it with python -m lab zoo train pocket-absent."}
    card = gallery_cards.cards(table)[1]
    assert [line.light for line in card.lines] == ["works", "fails"]
    assert card.tally == {"works": 1, "fails": 1} and card.lines[0].text.endswith("n = 100")
    assert "zoo train" in card.missing[0]
    assert gallery_cards.cards(None)[1].lines == ()


def test_bars_always_show_floor_and_ceiling_and_escape_titles() -> None:
    figure = break_results.bars(_table(HITS, SPECS), only={("twin", "kv")}, guess="right")
    labels = list(figure.data[0].y)
    assert any("[floor]" in x for x in labels) and any("[ceiling]" in x for x in labels)
    assert any("&lt;b&gt;" in x for x in labels) and not any("reseed" in x for x in labels)
    assert any("prediction" in a.text and a.x == 0.75 for a in figure.layout.annotations)
    floor = break_results.bars(_table(HITS, SPECS), guess="chance").layout.shapes[0]
    assert floor.x0 < 0.04 < floor.x1 < 0.12
    assert "Nothing is measured" in break_results.bars(None).layout.annotations[0].text


def test_a_measurement_is_told_beside_its_controls_or_only_as_over() -> None:
    hits = {
        ("nothing", "none"): (4, "floor"),
        ("same model", "kv"): (96, "method"),
        ("this", "kv"): (12, ""),
    }
    told = break_values.measured_sentence(_table(hits, []), {"name": "this", "channel": "kv"}, 7)
    assert "over 100 problems" in told
    assert "this hand-over 0.12 ±" in told and "the correct one 0.96 ±" in told
    assert "no hand-over 0.04 ±" in told
    words = {"name": "this", "channel": "text"}
    for table, this in ((_table(hits, []), words), (_table(hits, []), None), (None, words)):
        plain = break_values.measured_sentence(table, this, 7)
        assert plain.startswith("Measured over 7 problems;")


def test_dials_and_other_figures_say_why_they_are_empty() -> None:
    curve = break_results.parameter_dial(_table(HITS, SPECS))
    assert list(curve.data[0].x) == [0.5] and list(curve.data[0].y) == [0.5]
    for figure in (
        break_results.heatmap(None),
        break_figures.growth(None),
        break_figures.alike(None),
        break_figures.dial(None),
    ):
        assert "not measured yet" in figure.layout.annotations[0].text
    assert break_figures.routes(None)["rows"] == []


def test_the_dial_of_parameters_starts_at_the_unbroken_method_and_shows_both_roads() -> None:
    specs = [
        *SPECS,
        {"name": "tuned", "channel": "kv", "constraint": 4, "curve": "base to fine-tune", "x": 1.0},
    ]
    hits = {**HITS, ("same", "kv"): (97, "method"), ("tuned", "kv"): (96, "")}
    stranger, tuned = break_results.parameter_dial(_table(hits, specs)).data
    assert (
        list(stranger.x) == [0, 0.5]
        and list(stranger.y) == [0.97, 0.5]
        and len(stranger.error_y.array) == 2
    )
    assert list(tuned.x) == [0, 1.0] and list(tuned.y) == [0.97, 0.96] and tuned.line.dash == "dot"
    assert "stranger" in stranger.name and "fine-tune" in tuned.name
    assert "not measured yet" in break_results.parameter_dial(None).layout.annotations[0].text


def test_the_table_of_routes_says_what_each_took_and_whether_it_serves_a_third_model() -> None:
    ridge = {"op": "map", "kind": "ridge", "pairs": 400, "rank": None, "fitted_from": None}
    stolen = {**ridge, "fitted_from": "stranger"}
    plain = {"title": "", "channel": "kv", "sender": "stranger", "ops": []}
    specs = [
        {**plain, "name": "nothing", "channel": "none"},
        {**plain, "name": "words", "channel": "text"},
        {**plain, "name": "map", "ops": [ridge]},
        {**plain, "name": "small map", "ops": [{**ridge, "pairs": 30}]},
        {**plain, "name": "third", "sender": "another", "ops": [stolen]},
        {**plain, "name": "drawn", "sender": "unified"},
    ]
    hits = {
        ("nothing", "none"): (4, "floor"),
        ("words", "text"): (99, "ceiling"),
        ("map", "kv"): (60, ""),
        ("small map", "kv"): (20, ""),
        ("third", "kv"): (7, ""),
        ("drawn", "kv"): (90, ""),
    }
    table = _table(hits, specs)
    table.rows["tokens"] = 21.0
    table.meta["prices"] = {
        "map/kv": {
            "pairs": 400,
            "numbers": 16384,
            "seconds": 2.0,
            "r2_held_out": 0.5,
            "r2_other_domain": -0.25,
        },
        "drawn/kv": {"training_tokens": 8_500_000, "seconds": 1147.0},
    }
    made = break_figures.routes(table)
    rows = {row[0]: dict(zip(made["headers"], row, strict=True)) for row in made["rows"]}
    assert (
        "400 pairs" in rows["map"]["took"] and rows["map"]["third model"] == rows["third"]["right"]
    )
    assert rows["small map"]["third model"] == "" and rows["third"]["third model"] == ""
    assert (
        rows["drawn"]["took"] == "8.5 M training tokens"
        and "its own" in rows["drawn"]["third model"]
    )
    assert (
        rows["words"]["took"] == "21 tokens a problem"
        and rows["words"]["third model"] == "as it is"
    )


@pytest.mark.parametrize("change", list(break_choices.BREAKS))
@pytest.mark.parametrize("channel", break_choices.CHANNELS)
def test_every_choice_on_the_stage_is_a_valid_condition(change: str, channel: str) -> None:
    condition = Condition.model_validate(
        break_choices.condition("pocket-gauge", "pocket-base", channel, change, 3, 1)
    )
    assert condition.channel == channel


def test_a_live_measurement_brings_its_floor_ceiling_and_controls() -> None:
    this = break_choices.condition("pocket-reseed", "pocket-base", "latent", "nothing")
    lines = break_choices.companions(this, [])
    settings = Settings.model_validate({"conditions": lines})
    assert {"floor", "ceiling", "control", "method", ""} <= {c.control for c in settings.conditions}
    assert sum(c.name == "this" for c in settings.conditions) == 1
    for number in [n for n, one in constraints().items() if not one.results]:
        preset = [x for x in break_run.preset_lines() if x.get("constraint") == number]
        assert preset
        Settings.model_validate({"conditions": break_choices.companions(this, preset)})


def test_the_stage_hides_what_is_to_be_predicted() -> None:
    result = {"this": {"answer": "7", "right": True}, "layers": {"sender": 4, "receiver": 5}}
    assert break_guess.masked(result, True)["this"] == {"hidden": True}
    value = break_values.stage_value(break_values.START, {"read": 3, "write": 1}, result)
    assert value.sender.layers == 4 and value.shift == 2


def test_a_figure_chosen_while_another_is_drawn_is_not_overwritten() -> None:
    turn, shown = break_values.new_turn(), []

    def slow() -> str:
        shown.append(break_values.newest(turn, lambda: "layers"))
        return "bars"

    shown.append(break_values.newest(turn, slow))
    assert shown == ["layers", None]
    assert break_values.newest(turn, lambda: "dial") == "dial"


def test_a_stopped_measurement_is_not_told_as_done(tmp_path: Path) -> None:
    service = Service(tmp_path)
    ctx = Ctx(service, [tmp_path], Words())
    this = break_choices.condition("pocket-base", "pocket-base", "kv", "nothing")
    lines = break_choices.companions(this, [])
    told = []
    for job, _, share, _, text in break_run.measure(ctx, lines, 2000, 40, break_run.ResultShelf()):
        told.append((share, text))
        if job:
            service.job(job).cancel()
    service.close()
    assert told[-1][0] < 1 and "topped" in told[-1][1], told[-1]


def test_the_newest_finished_result_is_found_and_damage_hides_none(tmp_path: Path) -> None:
    for name, status in (("a", "finished"), ("b", "cancelled")):
        table = ResultTable.start("layers", {"n": 1}, tmp_path / name)
        table.add("x", [{"problem": 0, "accuracy": 1.0}])
        table.finish(status)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "record.json").write_text("{")
    found = break_results.find_result([tmp_path / "none", tmp_path], "layers")
    assert found is not None and found.folder == tmp_path / "a"
    assert break_results.find_result([tmp_path], "growth") is None


def test_a_line_that_no_preset_has_is_one_sentence() -> None:
    line = break_run.preset_lines()[0]
    known = LineClicked(name=line["name"], channel=line["channel"])
    assert break_values.line_of(known) == line
    with pytest.raises(BadInput, match="No card has a condition 'x' by 'kv'"):
        break_values.line_of(LineClicked(name="x", channel="kv"))


def test_a_click_on_a_stack_moves_one_side_and_keeps_the_other() -> None:
    layers = break_values.clicked({"read": 3, "preset": {}}, LayerClicked(side="receiver", layer=1))
    assert layers == {"read": 3, "write": 1}
    for hostile in ({"side": "both", "layer": 1}, {"side": "sender", "layer": -1}, {"layer": 1}):
        with pytest.raises(BadInput, match="so it was ignored"):
            LayerClicked.read(hostile)


def test_the_case_of_an_address_is_asked_once_however_often_the_change_is_told() -> None:
    turn = break_values.new_turn()
    told = [break_values.opens(turn, address) for address in (0.1, 0.1, 0.2, 0.2, 0.1)]
    assert told == [True, False, True, False, True]
