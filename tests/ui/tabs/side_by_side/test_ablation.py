"""Results of ablations are kept per lane of one record and never mixed with another's."""

from lab.experiments.failure.ablate import CONDITIONS as KNOWN
from lab.ui.tabs.side_by_side.ablation import CONDITIONS, EMPTY, TRUE_RUN, rows_of, with_rows


def test_every_button_has_a_condition_of_the_experiment() -> None:
    assert set(CONDITIONS) | {TRUE_RUN} == set(KNOWN)


def test_rows_belong_to_one_lane_of_one_record() -> None:
    value = with_rows(EMPTY, "run-1", "latentmas", {"none": {"answer": "3"}}, "")
    value = with_rows(value, "run-1", "latentmas-2", {}, "noise")
    assert rows_of(value, "run-1", "latentmas") == {"none": {"answer": "3"}}
    assert rows_of(value, "run-1", "latentmas-2") == {}
    assert rows_of(value, "run-2", "latentmas") == {}
    other = with_rows(value, "run-2", "latentmas", {}, "")
    assert list(other["lanes"]) == ["latentmas"]
    assert EMPTY == {"record": None, "lanes": {}}, "the shared start value is never changed"
