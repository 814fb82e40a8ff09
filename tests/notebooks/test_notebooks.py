"""The notebooks run from top to bottom, and what is stored in them is what they print today."""

import re
from pathlib import Path

import nbformat
import pytest

from tests.notebooks.execute import execute, notebooks, printed, shown

LARGEST_KB = 600


def read(path: Path) -> object:
    return nbformat.read(path, as_version=4)


def same(now: str, stored: str) -> bool:
    """Whether two outputs say the same: equal words, and figures that differ by no more than
    another processor's rounding may make of them (3 of 100, or of 20 answers)."""
    number = re.compile(r"#*[ ]*\b\d+(?:\.\d+)?")
    if number.sub("0", now) != number.sub("0", stored):
        return False
    a, b = ([float(n) for n in re.findall(r"\d+(?:\.\d+)?", text)] for text in (now, stored))
    return all(abs(x - y) <= (3 if x == int(x) else 0.05) for x, y in zip(a, b, strict=True))


def test_outputs_that_differ_are_seen() -> None:
    assert same("its own  20 of 20", "its own  20 of 20")
    assert same(" 4 steps  ####     4 of 20", " 4 steps  #####    5 of 20")
    assert not same("its own  20 of 20", "its own  12 of 20")
    assert not same("cosine 0.47", "cosine 0.97")
    assert not same("said: 24", "heard: 24")


def test_there_are_three() -> None:
    assert [path.name[0] for path in notebooks()] == ["1", "2", "3"]


@pytest.mark.slow
@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_a_notebook_runs_and_says_what_is_stored(path: Path, tmp_path: Path) -> None:
    book = execute(path, tmp_path)
    for now, stored in zip(printed(book), printed(read(path)), strict=True):
        assert same(now, stored), f"{now}\nis not what is stored:\n{stored}"
    assert shown(book) == shown(read(path))


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_it_is_stored_executed_small_and_without_errors(path: Path) -> None:
    book = read(path)
    cells = [cell for cell in book.cells if cell.cell_type == "code"]  # type: ignore[attr-defined]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert all(out.output_type != "error" for cell in cells for out in cell.outputs)
    assert any("picture" in kinds for kinds in shown(book))
    assert path.stat().st_size < LARGEST_KB * 1024


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_no_path_of_a_machine_is_stored(path: Path) -> None:
    assert not re.search(r"/(?:home|root|work|tmp|Users)/", path.read_text(encoding="utf-8"))
