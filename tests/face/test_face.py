"""`lab` itself: every name is there, typed and lazy; the README's lines do what they say."""

import ast
import contextlib
import io
import re
import subprocess
import sys

import pytest

import lab
from tests import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
MOST_LINES = 10


def test_types_and_run_time_name_the_same_things_in_the_same_modules() -> None:
    tree = ast.parse((REPOSITORY / "lab" / "__init__.py").read_text(encoding="utf-8"))
    (guard,) = [node for node in tree.body if isinstance(node, ast.If)]
    typed = {
        alias.name: node.module
        for node in guard.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == lab._HOME
    assert set(lab.__all__) == {*typed, "__version__"}


@pytest.mark.parametrize("name", [name for name in lab.__all__ if name != "__version__"])
def test_every_name_is_there_and_documented(name: str) -> None:
    assert getattr(lab, name).__doc__
    assert name in dir(lab)


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(AttributeError, match="lab has no 'train': expected one of load, problem"):
        _ = lab.train


def test_looking_at_the_names_loads_nothing() -> None:
    code = "import sys, lab; dir(lab); print(*({'torch', 'pandas', 'lab.face'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_the_lines_of_the_readme_show_a_hand_over_and_none() -> None:
    block = re.search(r"## In Python\n.*?```python\n(.*?)```", README, re.S)
    assert block is not None
    lines = [line for line in block[1].splitlines() if line.strip()]
    assert len(lines) <= MOST_LINES
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(block[1], "README.md", "exec"), {})
    handed, alone = out.getvalue().strip().splitlines()
    promised = re.findall(r"#\s+→\s+(.*)", block[1])
    assert [handed, alone] == promised
    assert "True" in handed and "False" in alone
