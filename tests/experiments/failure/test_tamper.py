"""What each check sees, on a pocket model and on figures set by hand."""

import pytest

from lab import worlds
from lab.experiments.failure import tamper
from lab.experiments.harness import registry
from lab.experiments.harness.driver import run_experiment
from lab.experiments.transfer.relay_problems import make_relays
from lab.models.pool import HostPool


def test_a_falsehood_changes_one_number_and_the_answer() -> None:
    for one in make_relays(40, 0, (1, 2, 3, 4)):
        lie = tamper.lied(one)
        if lie is None:
            continue
        differ = [
            (a, b) for a, b in zip(one.facts.split(), lie.facts.split(), strict=True) if a != b
        ]
        assert len(differ) == 1 and lie.question == one.question and lie.truth != one.truth
        color, _ = one.thought.split()[:2]
        start = int(differ[0][1])
        steps = worlds.ledger.rework(start, list(worlds.ledger.read_plan(one.problem.plan)))
        assert steps is not None and str(steps[-1].after) == lie.truth
        assert f"The {color} box has {start} coins." in lie.facts


@pytest.mark.slow
def test_the_manifest_sees_what_happens_on_the_way_and_norms_do_not_see_a_lie() -> None:
    entry = registry.find("tamper")
    settings = registry.load_settings(entry, {"n": 16, "learn": 80, "depths": [1], "steps": 20})
    table = run_experiment(entry, settings, HostPool().get)
    mean = table.rows.groupby("condition")[[*tamper.CHECKS, "accuracy", "planted"]].mean()
    assert mean.loc["untouched", "accuracy"] > 0.9
    assert mean.loc["untouched", "manifest_alarm"] == 0
    assert mean.loc["untouched", "norm_alarm"] < 0.4
    assert mean.loc["false cache", "planted"] > 0.9
    assert mean.loc["false cache", "norm_alarm"] < 0.4
    assert mean.loc["false cache", "manifest_alarm"] == 1
    assert mean.loc["the sender itself lies", "manifest_alarm"] == 0
    assert mean.loc["rounded to bfloat16", "manifest_alarm"] == 1
    assert mean.loc["rounded to bfloat16", "accuracy"] > 0.9
    assert mean.loc["another problem's cache and manifest", "manifest_alarm"] == 1
    assert mean.loc["values made longer", "norm_alarm"] == 1
