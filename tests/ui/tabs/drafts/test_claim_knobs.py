"""What can be changed of an experiment is what it knows, starts where results were measured, and
reaches the experiment; a row without a tick is one sentence.
"""

from __future__ import annotations

import pytest

from lab.errors import BadInput
from lab.experiments.harness import registry
from lab.files import EXPERIMENTS
from lab.records.results import read_result
from lab.ui.tabs.drafts.claim_knobs import KNOBS, Knob, folder_of, linked, settings, shown_for

USUAL = [knob.usual for knob in KNOBS]
IDS = [f"{knob.experiment}-{knob.field}" for knob in KNOBS]


def with_value(knob: Knob, value: object) -> list:
    return [value if one is knob else one.usual for one in KNOBS]


@pytest.mark.parametrize("knob", KNOBS, ids=IDS)
def test_a_knob_starts_where_the_shipped_results_were_measured(knob: Knob) -> None:
    spec = read_result(EXPERIMENTS / knob.experiment).meta["spec"]
    assert tuple(spec[knob.field]) == knob.usual
    assert set(knob.usual) <= set(knob.choices)


@pytest.mark.parametrize("knob", KNOBS, ids=IDS)
def test_every_choice_reaches_the_experiment(knob: Knob) -> None:
    entry = registry.find(knob.experiment)
    for choice in knob.choices:
        said = settings(knob.experiment, with_value(knob, [choice]))
        assert said == {knob.field: (choice,)}
        made = registry.load_settings(entry, {"n": 20, **said})
        assert getattr(made, knob.field) == (choice,)


def test_what_is_usual_or_another_experiments_changes_nothing() -> None:
    assert settings("plane", USUAL) == {}
    other = next(knob for knob in KNOBS if knob.experiment == "routing")
    assert settings("plane", with_value(other, [1])) == {}


@pytest.mark.parametrize("value", [[], None, [7], [1, 7]])
def test_no_tick_or_one_that_is_not_there_is_a_sentence(value: list | None) -> None:
    knob = next(knob for knob in KNOBS if knob.field == "layers")
    with pytest.raises(BadInput, match="tick at least one"):
        settings("plane", with_value(knob, value))


def test_another_choice_has_another_folder_and_order_does_not_matter() -> None:
    knob = next(knob for knob in KNOBS if knob.field == "layers")
    first, again = (settings("plane", with_value(knob, some)) for some in ([1, 3], [3, 1]))
    assert folder_of("plane", 40, first) == folder_of("plane", 40, again) == "plane-40-layers-1_3"
    assert folder_of("plane", 40, {}) == "plane-40"


def test_only_the_open_experiments_knobs_are_shown() -> None:
    visible = [update["visible"] for update in shown_for("plane")]
    assert visible == [knob.experiment == "plane" for knob in KNOBS]
    assert not any(update["visible"] for update in shown_for("jury"))


@pytest.mark.parametrize("knob", KNOBS, ids=IDS)
def test_a_link_puts_the_knobs_of_its_claim(knob: Knob) -> None:
    last = knob.choices[-1]
    values = linked(knob.experiment, {knob.field: [last]})
    assert values is not None
    assert settings(knob.experiment, values) == (
        {} if (last,) == knob.usual else {knob.field: (last,)}
    )
    assert linked(knob.experiment, None) == [list(one.usual) for one in KNOBS]


@pytest.mark.parametrize(
    "said",
    [
        {"ks": []},
        {"ks": 2},
        {"ks": "12"},
        {"ks": [7]},
        {"ks": [True]},
        {"sizes": [1]},
        {"x": [1]},
        {"ks": [{}]},
    ],
)
def test_what_a_claim_does_not_have_is_not_put(said: dict[str, object]) -> None:
    assert linked("routing", said) is None
