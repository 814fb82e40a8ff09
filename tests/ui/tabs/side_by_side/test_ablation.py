"""Results of ablations are kept per lane of one record and never mixed with another's."""

from lab.experiments.failure.ablate import CONDITIONS as KNOWN
from lab.panels.run.ablation_value import (
    ABLATED,
    TRUE_RUN,
    AblationRow,
    AblationValue,
    kept_ablations,
)
from lab.panels.run.lanes_value import AblateClick
from lab.records import Ablation, Record, export_zip, import_zip, keep_ablation
from lab.ui.tabs.side_by_side.ablation import kept, rows_of, with_rows
from tests.make_record import make_record


def click(record: str, lane: str) -> AblateClick:
    return AblateClick(record=record, lane=lane, condition="none")


def test_every_button_has_a_condition_of_the_experiment() -> None:
    assert set(ABLATED) | {TRUE_RUN} == set(KNOWN)


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


def test_what_was_measured_is_there_when_the_record_is_opened_again_also_elsewhere(
    tmp_path,
) -> None:
    folder = make_record(tmp_path / "run")
    assert kept_ablations(Record.open(folder)).lanes == {}
    one = Ablation(answer="3", correct=False, target="10", nll=4.56789)
    keep_ablation(folder, "latentmas", "none", one)
    keep_ablation(folder, "latentmas", "noise", one)
    keep_ablation(folder, "latentmas", "none", one.model_copy(update={"answer": "4"}))
    shown = kept_ablations(Record.open(folder))
    assert shown.record == "run"
    assert {name: row.answer for name, row in shown.lanes["latentmas"].rows.items()} == {
        "none": "4",
        "noise": "3",
    }
    assert shown.lanes["latentmas"].rows["none"].nll == "4.57 nats"
    moved = import_zip(export_zip(folder, tmp_path / "run.zip"), tmp_path / "elsewhere")
    assert kept_ablations(Record.open(moved)).lanes == shown.lanes
    (moved / "ablations.json").write_text('{"latentmas": {"none": {"answer": 3}}}')
    assert kept_ablations(Record.open(moved)).lanes == {}
