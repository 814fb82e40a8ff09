"""The result folder: tidy columns, intervals, stop and resume, damage."""

from pathlib import Path

import pandas as pd
import pytest

from lab.errors import BadInput, RecordDamaged
from lab.records.results import COLUMNS, ResultTable, read_result


def _rows(hits: list[int]) -> list[dict[str, object]]:
    return [
        {"problem": i, "accuracy": h, "nll": 1.0 - h, "answer": str(h)} for i, h in enumerate(hits)
    ]


def test_summary_has_the_published_columns_and_intervals(tmp_path: Path) -> None:
    table = ResultTable.start("relay", {"n": 4}, tmp_path / "r")
    table.add("text", _rows([1, 1, 1, 0]), channel="text", control="ceiling")
    table.add("none", _rows([0, 0, 0, 0]), control="floor")
    table.finish("finished")
    csv = pd.read_csv(tmp_path / "r" / "results.csv", keep_default_na=False)
    assert tuple(csv.columns) == COLUMNS
    text = csv[(csv.condition == "text") & (csv.metric == "accuracy")].iloc[0]
    assert (text.value, text.n, text.control, text.channel) == (0.75, 4, "ceiling", "text")
    assert text.low < 0.75 < text.high
    assert set(csv.metric) == {"accuracy", "nll"}


def test_a_stop_keeps_what_is_finished_and_a_second_run_continues(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    first = ResultTable.start("relay", {"n": 2}, folder)
    first.add("text", _rows([1, 1]))
    first.add("half", _rows([1]), finished=False)
    first.finish("cancelled", "stopped by its owner")
    again = ResultTable.start("relay", {"n": 2}, folder)
    assert again.done("text") and not again.done("half")
    again.add("half", _rows([1, 0]))
    opened = ResultTable.open(folder)
    assert opened.done("half")
    assert opened.estimate("half", "accuracy").n == 2
    assert opened.estimate("text", "accuracy").value == 1.0


def test_another_spec_or_a_foreign_folder_is_refused(tmp_path: Path) -> None:
    ResultTable.start("relay", {"n": 2}, tmp_path / "r")
    with pytest.raises(BadInput, match="other settings"):
        ResultTable.start("relay", {"n": 3}, tmp_path / "r")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    with pytest.raises(BadInput, match="not empty"):
        ResultTable.start("relay", {"n": 3}, tmp_path / "home")


@pytest.mark.parametrize(
    "text", ["", "{", '{"kind": "run"}', '{"kind": "experiment", "schema": 99}']
)
def test_damage_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "record.json").write_text(text)
    with pytest.raises(RecordDamaged):
        ResultTable.open(tmp_path)


def test_unmeasured_conditions_are_named() -> None:
    table = ResultTable.start("relay", {})
    table.add("text", _rows([1]))
    with pytest.raises(BadInput, match="only conditions text"):
        table.estimate("nothing", "accuracy")


def test_a_result_is_read_once_and_again_when_its_files_change(tmp_path: Path) -> None:
    table = ResultTable.start("dial", {"n": 2}, tmp_path)
    table.add("a", [{"problem": 0, "accuracy": 1.0}])
    first = read_result(tmp_path)
    assert read_result(tmp_path) is first and len(first.rows) == 1
    table.add("b", [{"problem": 0, "accuracy": 0.0}, {"problem": 1, "accuracy": 1.0}])
    assert len(read_result(tmp_path).rows) == 3
    (tmp_path / "record.json").write_text("{", encoding="utf-8")
    with pytest.raises(RecordDamaged, match="cannot be read"):
        read_result(tmp_path)


def test_what_is_asked_again_is_worked_out_once_and_anew_when_rows_are_added() -> None:
    table = ResultTable.start("relay", {})
    table.add("kv", [{"problem": 0, "accuracy": 1.0}, {"problem": 1, "accuracy": 0.0}], "kv")
    table.add("kv", [{"problem": 0, "accuracy": 1.0}], "latent")
    assert table.measured() == {("kv", "kv"), ("kv", "latent")}
    assert list(table.rows_of("kv", "kv")["problem"]) == [0, 1]
    assert len(table.rows_of("kv")) == 3 and not len(table.rows_of("another"))
    assert table.estimate("kv", "accuracy", "kv").value == 0.5
    assert table.rows_of("kv") is table.rows_of("kv")
    table.add("kv", [{"problem": 0, "accuracy": 1.0}], "kv")  # replaces what was there
    assert table.estimate("kv", "accuracy", "kv").value == 1.0
    assert len(table.rows_of("kv")) == 2
    table.add("text", [{"problem": 0, "accuracy": 1.0}], "text")
    assert ("text", "text") in table.measured()


def test_a_problem_that_was_asked_twice_counts_with_its_mean() -> None:
    table = ResultTable.start("relay", {})
    rows = [*_rows([1, 0]), {"problem": 1, "accuracy": 1, "nll": float("nan")}]
    table.add("kv", rows, channel="kv")
    table.add("kv", _rows([0]), channel="latent")
    assert table.by_problem("kv", "accuracy", "kv") == {0: 1.0, 1: 0.5}
    assert table.by_problem("kv", "nll", "kv") == {0: 0.0, 1: 1.0}  # what was not measured is left
    assert table.by_problem("kv", "accuracy", "latent") == {0: 0.0}
    assert not table.by_problem("kv", "tokens") and not table.by_problem("another", "accuracy")
