"""Public functions of the importable part of the lab say what they take."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import REPOSITORY

PLACES = ("engine", "methods", "models", "experiments/transfer", "face")
EVERYWHERE = {"host", "hosts", "pool", "memory", "prompts", "agents", "row", "rows"} | {
    "lane_id",
    "plan",
    "ctx",
}
"""Names that mean the same in every signature; what they are stands with their types and in
the engine's `stream_text`."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


def public_functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """Name and definition of the functions and methods that a caller may use; nested ones are
    nobody's business."""
    for node in tree.body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield node.name, node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for inner in node.body:
                if isinstance(inner, Function) and not inner.name.startswith("_"):
                    yield f"{node.name}.{inner.name}", inner


def unexplained(function: Function) -> list[str]:
    """Parameters of a function of several that its docstring does not explain.

    A parameter is explained by its line under ``Args:``, or where the text names it in double or
    single back-ticks. A name that means the same everywhere needs no line, nor does a flag whose
    name is the sentence.
    """
    taken = function.args
    names = [a.arg for a in (*taken.posonlyargs, *taken.args, *taken.kwonlyargs)]
    names = [name for name in names if name not in ("self", "cls")]
    if len(names) < 2:
        return []
    text = ast.get_docstring(function) or ""
    args = re.search(r"Args:\n((?: {4}.*\n?|\n)*)", text)
    said = set(re.findall(r"`(\w+)`", text))
    for line in args[1].splitlines() if args else ():
        if entry := re.match(r"    ([\w, *]+):", line):
            said.update(re.findall(r"\w+", entry[1]))
    return [name for name in names if name not in said | EVERYWHERE]


def modules() -> list[Path]:
    return sorted(path for place in PLACES for path in (REPOSITORY / "lab" / place).rglob("*.py"))


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(REPOSITORY / "lab")))
def test_public_functions_explain_their_parameters(path: Path) -> None:
    missing = {
        f"{name} (line {function.lineno})": left
        for name, function in public_functions(ast.parse(path.read_text(encoding="utf-8")))
        if (left := unexplained(function))
    }
    assert not missing


def test_a_missing_line_is_found() -> None:
    def left(source: str) -> list[str]:
        (function,) = ast.parse(source).body
        assert isinstance(function, ast.FunctionDef)
        return unexplained(function)

    assert left('def f(a, b):\n    """Adds."""') == ["a", "b"]
    assert left('def f(a, b):\n    """Adds.\n\n    Args:\n        a: metres.\n    """') == ["b"]
    assert left('def f(a, b):\n    """Adds.\n\n    Args:\n        a, b: metres.\n    """') == []
    assert left('def f(a, b):\n    """Adds ``a`` to `b`."""') == []
    assert left('def f(a):\n    """Doubles."""') == []
    assert left('def f(host, b):\n    """Adds."""') == ["b"]
