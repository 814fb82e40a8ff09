"""Experiments through the face: the same table as the command's, and conditions of one's own."""

from pathlib import Path

import pytest

import lab
from lab.errors import BadInput
from lab.experiments.harness import registry
from lab.experiments.harness.driver import run_experiment
from lab.face.agents import pool

CONDITIONS = [
    {"name": "nothing", "channel": "none", "control": "floor"},
    {"name": "text", "channel": "text", "control": "ceiling"},
    {"name": "method", "channel": "kv", "control": "method"},
    {"name": "mine", "channel": "kv", "ops": [{"op": "crop", "keep": "farthest", "share": 0.2}]},
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> lab.Results:
    return lab.experiment(
        "relay", 12, conditions=CONDITIONS, out=tmp_path_factory.mktemp("results") / "mine"
    )


def test_one_new_condition_stands_beside_its_controls(found: lab.Results) -> None:
    share = {name: found.estimate(name, "accuracy").value for name in found.rows["condition"]}
    assert share["method"] > 0.8 > share["nothing"]
    assert share["mine"] < share["method"]
    assert len(found.bars().data) > 0
    assert found.meta["status"] == "finished"


def test_it_is_the_experiment_of_the_command(found: lab.Results) -> None:
    entry = registry.find("relay")
    settings = registry.load_settings(entry, {"n": 12, "conditions": CONDITIONS})
    table = run_experiment(entry, settings, pool().get)
    same = ["condition", "channel", "problem", "accuracy"]
    assert table.rows[same].equals(found.rows[same])


def test_results_show_themselves(found: lab.Results) -> None:
    assert repr(found) == "Results('relay', finished, 4 conditions, 48 rows)"
    assert "<td" in found._repr_html_() and "mine" in found._repr_html_()


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("alchemy", {}, "no experiment 'alchemy': expected one of relay"),
        ("relay", {"n": "many"}, "Experiment relay: n: "),
        ("relay", {"moon": "full"}, "Experiment relay: moon: "),
        ("relay", {"conditions": []}, "Experiment relay: conditions: "),
        ("relay", {"conditions": [{"name": "x", "channel": "telepathy"}]}, "got 'telepathy'"),
        ("relay", {"preset": "none"}, "no experiment preset 'none'"),
    ],
)
def test_wrong_settings_are_one_sentence(
    name: str, settings: dict[str, object], expected: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput) as caught:
        lab.experiment(name, out=tmp_path / "x", **settings)  # type: ignore[arg-type]
    assert expected in str(caught.value)
    assert not (tmp_path / "x").exists()
