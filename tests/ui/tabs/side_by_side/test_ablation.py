"""Results of ablations are kept per lane of one record and never mixed with another's."""

from lab.experiments.failure.ablate import CONDITIONS as KNOWN
from lab.panels.run.lanes_value import AblateClick
from lab.ui.tabs.side_by_side.ablation import (
    CONDITIONS,
    TRUE_RUN,
    AblationRow,
    AblationValue,
    kept,
    rows_of,
    with_rows,
)


def click(record: str, lane: str) -> AblateClick:
    return AblateClick(record=record, lane=lane, condition="none")


def test_every_button_has_a_condition_of_the_experiment() -> None:
    assert set(CONDITIONS) | {TRUE_RUN} == set(KNOWN)


def test_rows_belong_to_one_lane_of_one_record() -> None:
    rows = {"none": AblationRow(answer="3")}
    value = with_rows(AblationValue(), click("run-1", "latentmas"), rows, "")
    value = with_rows(value, click("run-1", "latentmas-2"), {}, "noise")
    assert rows_of(value, "run-1", "latentmas") == rows
    assert rows_of(value, "run-1", "latentmas-2") == {}
    assert rows_of(value, "run-2", "latentmas") == {}
    other = with_rows(value, click("run-2", "latentmas"), {}, "")
    assert list(other.lanes) == ["latentmas"]


def test_what_the_page_holds_comes_back_and_anything_else_counts_as_nothing() -> None:
    rows = {"none": AblationRow(answer="3", correct=True)}
    value = with_rows(AblationValue(), click("run-1", "latentmas"), rows, "")
    assert kept(value.plain()) == value
    for hostile in (None, {}, [1], "x", {"record": 3}, {"lanes": {"a": {"rows": 1}}}):
        assert kept(hostile) == AblationValue()
