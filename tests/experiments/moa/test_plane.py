"""Depth and breadth on a few questions: passes are counted, and what matters shows."""

from lab.experiments.harness import registry
from lab.experiments.harness.driver import run_experiment
from lab.experiments.moa import plane
from lab.models.pool import HostPool


def test_depth_pays_on_the_ledger_and_passes_are_those_of_all_agents() -> None:
    entry = registry.find("plane")
    settings = registry.load_settings(
        entry,
        {
            "n": 12,
            "worlds": ["ledger"],
            "steps": [0, 36],
            "sizes": [1, 2],
            "layers": [1, 2],
            "deep_sizes": [1],
        },
    )
    table = run_experiment(entry, settings, HostPool().get)
    mean = table.rows.groupby(["condition", "channel"])[["accuracy", "passes", "bytes"]].mean()
    assert mean.loc[("ledger: 36 steps × 1 × 1", "vote"), "accuracy"] > 0.8
    assert mean.loc[("ledger: 0 steps × 2 × 1", "vote"), "accuracy"] < 0.5
    assert mean.loc[("ledger: 36 steps × 2 × 1", "kv"), "accuracy"] > 0.8
    assert mean.loc[("ledger: caches of another question", "kv"), "accuracy"] < 0.4
    one, two = (mean.loc[(f"ledger: 36 steps × {n} × 1", "kv"), "passes"] for n in (1, 2))
    assert two - one > 35  # another 36 steps, and an answer of about as many tokens
    vote = mean.loc[("ledger: 36 steps × 1 × 1", "vote"), "passes"]
    deep = mean.loc[("ledger: 36 steps × 1 × 2", "vote"), "passes"]
    assert 37 <= vote <= 40 and 2 * 37 <= deep <= 2 * 84
    assert mean.loc[("ledger: judge alone", "none"), "bytes"] == 0


def test_drafts_that_say_nothing_are_not_read() -> None:
    drafts = [plane.Drafts(["a", ""], [1, 1]), plane.Drafts(["b", "c"], [1, 1])]
    assert plane.by_question(drafts) == [["a", "b"], ["c"]]
