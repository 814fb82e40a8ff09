"""The ability table of “Meet the models”: what the cards state, nothing else."""

from typing import Any

from lab.panels.model_cards import cell, family_view


def figure(
    ability: str, value: float, low: float, high: float, kind: str = "share"
) -> dict[str, Any]:
    return {"ability": ability, "value": value, "low": low, "high": high, "n": 300, "kind": kind}


def model(name: str, *figures: dict[str, Any]) -> dict[str, Any]:
    card = {
        "breaks": "x",
        "training": {"tokens": 2_500_000, "seconds": 90},
        "digest": "ab" * 20,
        "abilities": figures,
    }
    return {
        "name": name,
        "params": 1_050_000,
        "architecture": "Qwen3ForCausalLM",
        "d_model": 128,
        "n_layers": 5,
        "tied": True,
        "card": card,
    }


def test_shares_are_percent_with_half_their_interval_and_means_are_not() -> None:
    shown = cell(figure("relay, text", 0.98, 0.96, 0.99))
    assert shown is not None and (shown.text, shown.half, shown.n) == (
        "98 %",
        "± 2 %",
        300,
    )
    mean = cell(figure("almanac, probability of guesses", 0.134, 0.12, 0.14, "mean"))
    assert mean is not None and (mean.text, mean.half) == ("0.13", "± 0.01")
    assert cell(None) is None


def test_every_model_has_a_cell_in_every_row_and_unmeasured_ones_are_empty() -> None:
    view = family_view(
        [model("pocket-base", figure("relay, text", 1.0, 0.99, 1.0)), model("pocket-wide")]
    )
    (group,) = view.groups
    (row,) = group.rows
    assert [m.name for m in view.models] == ["pocket-base", "pocket-wide"]
    assert row.cells[0].text == "100 %" and row.cells[1] is None


def test_figures_of_several_models_stand_apart_and_models_without_a_card_are_left_out() -> None:
    foreign = figure("KV cache from pocket-reseed", 0.03, 0.01, 0.06)
    view = family_view([model("pocket-base"), {**model("stray"), "card": {}}], [foreign])
    assert [row.ability for row in view.together] == ["KV cache from pocket-reseed"]
    assert view.groups == () and len(view.models) == 1


def test_what_base_makes_of_each_model_stands_in_its_column() -> None:
    found = [
        figure("KV cache from pocket-base", 0.99, 0.98, 1.0),
        figure("KV cache from pocket-gauge", 0.98, 0.9, 1.0),
    ]
    view = family_view([model("pocket-base"), model("pocket-wide")], found)
    latents, cache = view.groups[0].rows
    assert latents.cells == (None, None)
    assert cache.cells[0].text == "99 %" and cache.cells[1] is None
    assert [row.ability for row in view.together] == ["KV cache from pocket-gauge"]
