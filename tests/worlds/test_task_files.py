"""Task files: every usual schema becomes the same typed value, and a bad line is one sentence."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from lab.errors import BadInput
from lab.worlds import make_problem
from lab.worlds.task_files import load_task, parse_task, public_tasks, shipped_tasks

GSM8K = {"question": "2 and 16?", "answer": "2 + 16 = <<2+16=18>>18\n#### 18"}
ARC = {
    "id": "x",
    "question": "Which is hot?",
    "choices": {"text": ["ice", "fire", "snow", "rain"], "label": ["1", "2", "3", "4"]},
    "answerKey": "2",
}
MEDQA = {"question": "Which?", "answer": "Zinc", "options": {"B": "Zinc", "A": "Iron"}} | {
    "answer_idx": "B"
}
MBPP = {"task_id": 2, "prompt": "Square a number.", "test_list": ["assert f(3) == 9"]} | {
    "test": "import math\nassert f(3) == 9\nassert f(-2) == 4",
    "test_imports": [],
}
OLD_MBPP = {"text": "Square.", "code": "", "test_list": ["assert f(3) == 9"], "test_setup_code": ""}
HUMAN = {
    "task_id": "HumanEval/0",
    "prompt": 'def f(x: int) -> int:\n    """Square."""\n',
    "entry_point": "f",
    "canonical_solution": "    return x * x\n",
    "test": "def check(candidate):\n    assert candidate(3) == 9\n",
}
OWN = {"question": "Where?", "facts": "It is in Cald.", "truth": "Cald"}


@pytest.mark.parametrize(
    ("row", "kind", "right", "wrong"),
    [
        (GSM8K, "number", "It is 18.", "It is 16."),
        (ARC, "choice", "The answer is B.", "The answer is 2 or C."),
        (ARC, "choice", "fire", "ice"),
        (MEDQA, "choice", "B", "A"),
        (MBPP, "code", "def f(x): return x * x", "def f(x): return 9"),
        (OLD_MBPP, "code", "def f(x): return x * x", "def f(x): return x"),
        (HUMAN, "code", "    return x * x", "    return x"),
        (HUMAN, "code", "```python\ndef f(x): return x**2\n```", "I cannot."),
        (OWN, "text", "In Cald.", "In Brul."),
        ({**OWN, "truth": "12", "kind": "number"}, "number", "12.0", "13"),
    ],
)
def test_every_schema_is_read_and_judged(
    row: dict[str, Any], kind: str, right: str, wrong: str
) -> None:
    [item] = parse_task("t", [(1, row)]).items
    assert item.kind == kind and item.number == 1
    assert item.judged(right).correct and not item.judged(wrong).correct
    assert item.problem.truth is None, "an agent's plan does not carry the truth"


def test_options_stand_in_the_question_in_order() -> None:
    [item] = parse_task("t", [(1, MEDQA)]).items
    assert "A. Iron\nB. Zinc" in item.question and item.truth == "B"


def test_tests_beyond_those_that_are_shown_are_run() -> None:
    [item] = parse_task("t", [(1, MBPP)]).items
    assert "assert f(3) == 9" in item.question and "f(-2)" not in item.question
    assert not item.judged("def f(x): return 9 if x == 3 else 0").correct


BAD: list[tuple[str, str]] = [
    ("{", "line 2: expected one JSON object, got '{'"),
    ("[1]", "line 2: expected an object with keys, got list"),
    ('{"q": 1}', "line 2: expected the keys of one schema"),
    (json.dumps({**ARC, "answerKey": "E"}), "line 2: a question of ARC, answerKey: expected one"),
    (json.dumps({**MEDQA, "answer_idx": "Z"}), "of MedQA, answer_idx: expected one of A, B"),
    (json.dumps({**GSM8K, "answer": "no mark"}), "of GSM8K, The truth is empty|is no number"),
    (json.dumps({**OWN, "truth": ""}), "of your own, truth: String should have at least 1"),
    (json.dumps({**OWN, "kind": "essay"}), "of your own, kind: Input should be"),
    (json.dumps({**HUMAN, "entry_point": "g"}), "expected the head of g"),
    (json.dumps({**MBPP, "test": "assert f("}), "of MBPP+, "),
    (json.dumps({**MBPP, "test": "", "test_list": []}), "test_list: expected tests"),
    ('{"world": "ledger", "seed": 1, "depth": 9}', "of a world, "),
    ('{"world": "chess", "seed": 1}', "of a world, world: Input should be"),
]


@pytest.mark.parametrize(("line", "words"), BAD)
def test_a_bad_line_is_one_sentence_with_line_and_reason(
    line: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(f"{json.dumps(OWN)}\n{line}\n", encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_task(str(path))
    told = str(caught.value)
    assert re.search(words.replace("+", r"\+"), told), told
    assert "mine, line 2" in told and "\n" not in told and told.endswith("correct this line.")


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "is empty"), (b"\xff\xfe\x00", "UTF-8"), (None, "cannot be read")],
)
def test_a_bad_file_is_one_sentence(data: bytes | None, words: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(BadInput, match=words):
        load_task(str(path))


def test_unknown_names_are_told_what_there_is() -> None:
    with pytest.raises(BadInput, match=r"no task 'nope'.*english.*gsm8k"):
        load_task("nope")
    assert all("/" in place or place.startswith("pypi:") for place in public_tasks().values())


def test_packed_files_and_limits(tmp_path: Path) -> None:
    path = tmp_path / "HumanEval.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join([json.dumps(HUMAN)] * 3).encode()))
    assert [item.number for item in load_task(str(path), 2).items] == [1, 2]
    one = load_task(str(path)).digest
    path.write_bytes(gzip.compress(json.dumps({**HUMAN, "prompt": HUMAN["prompt"] + " "}).encode()))
    assert load_task(str(path)).digest != one


@pytest.mark.parametrize("name", shipped_tasks())
def test_shipped_tasks_cannot_be_guessed(name: str) -> None:
    """No constant answer, and no number of the question, gets far."""
    items = load_task(name).items
    assert len(items) >= 8 and len({(i.facts, i.question) for i in items}) == len(items)
    if name == "python":
        assert not any(item.judged("def f(*a): return None").correct for item in items)
        return
    for kind in {item.kind for item in items}:
        mine = [item for item in items if item.kind == kind]
        most = Counter(item.truth for item in mine).most_common(1)[0][1]
        assert most / len(mine) <= 0.2, (kind, most)
    for item in items:
        assert not item.judged(item.question if item.kind != "choice" else "").correct, item
        if item.kind == "text" and item.facts:
            assert item.truth in item.facts and item.truth not in item.question


def test_problems_of_the_worlds_are_held_out_and_judged_by_their_world() -> None:
    for name in ("ledger", "almanac"):
        item = load_task(name, 5).items[4]
        made = make_problem(name, item.seed, depth=item.depth)
        assert item.judged(made.answer).correct and item.facts == made.facts
        assert item.seed < 1_000_000
