"""Parts of a memory on a pocket model: what is left out counts, and so does the rule."""

import pytest

from lab.errors import BadInput
from lab.experiments.failure import compress
from lab.experiments.harness import registry
from lab.experiments.harness.driver import run_experiment
from lab.models.pool import HostPool


def test_eight_slots_by_lot_lose_the_answer_and_a_thinned_memory_keeps_it() -> None:
    entry = registry.find("compress")
    settings = registry.load_settings(
        entry,
        {"n": 24, "rules": ["random", "neighbours", "newest"], "slots": [8, 400], "ranks": [1]},
    )
    table = run_experiment(entry, settings, HostPool().get)
    right = table.rows.groupby(["condition", "channel"])["accuracy"].mean()
    assert right["whole memory", "kv"] > 0.9
    assert right["neighbours, all, 8", "kv"] > 0.9
    assert right["random, all, 8", "kv"] < 0.5
    assert right["low rank, all, 1", "kv"] < 0.5
    assert right["another problem", "kv"] < 0.3
    size = table.rows.groupby("condition")["bytes"].mean()
    assert size["random, all, 8"] == size["newest, latent, 8"] == 8 * 2560
    assert size["newest, all, 400"] == size["whole memory"]  # nothing to leave out
    whole = table.rows[table.rows["condition"] == "whole memory"].set_index("problem")["nll"]
    same = table.rows[table.rows["condition"] == "newest, all, 400"].set_index("problem")["nll"]
    assert same.to_numpy() == pytest.approx(whole.to_numpy(), abs=1e-4)


def test_no_rule_and_no_position_are_refused() -> None:
    entry = registry.find("compress")
    for wrong in ({"slots": [0]}, {"rules": []}):
        settings = compress.Settings.model_validate({"n": 2, **wrong})
        with pytest.raises(BadInput, match="at least one rule and budgets of 1 or more"):
            run_experiment(entry, settings, HostPool().get)
    with pytest.raises(BadInput, match="rules"):
        registry.load_settings(entry, {"rules": ["best"]})
