"""``eval`` from end to end on untrained pocket models: table, JSON, resume, wrong use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.cli import main
from tests.tiny_pocket import make_pockets

FEW = ["--steps", "2", "--max-tokens", "4", "--samples", "2"]


@pytest.fixture(autouse=True, scope="module")
def _models(tmp_path_factory: pytest.TempPathFactory):
    root = make_pockets(tmp_path_factory.mktemp("models"), "pocket-base")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_LAB_MODELS", str(root))
        yield


def test_it_prints_the_papers_table_and_continues(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["eval", "--limit", "2", *FEW, "--out", str(tmp_path / "out")]
    assert main(command) == 0
    said = capsys.readouterr()
    for word in (
        "accuracy",
        "against single",
        "passes vs TextMAS",
        "speed-up",
        "latentmas",
        "moa",
        "same compute",
        "best of N",
        "n = 2, finished",
    ):
        assert word in said.out
    assert main([*command, "--json"]) == 0
    again = capsys.readouterr()
    data = json.loads(again.out)
    assert "question" not in again.err, "finished questions are not asked again"
    assert [line["method"] for line in data["results"]][:4] == [
        "single",
        "textmas",
        "latentmas",
        "moa",
    ]
    assert all(line["n"] == 2 for line in data["results"])


def test_code_answers_are_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task = tmp_path / "mine.jsonl"
    task.write_text('{"text": "box", "test_list": ["assert f(1) == 1"]}\n', encoding="utf-8")
    command = ["eval", "--task", str(task), "--method", "single", *FEW]
    assert main([*command, "--out", str(tmp_path / "out"), "--json"]) == 0
    [line] = json.loads(capsys.readouterr().out)["results"]
    assert line["accuracy"]["value"] == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--method", "single,telepathy"], "got telepathy"),
        (["--task", "nope"], "There is no task 'nope'"),
        (["--limit", "0"], "n: Input should be greater"),
        (["--task", "no-such.jsonl"], "cannot be read"),
    ],
)
def test_wrong_use_is_one_sentence(
    options: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", *FEW, *options, "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert words in said and "Traceback" not in said
