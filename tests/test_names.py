"""A file stem and a class name say one thing in the whole lab."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator

from tests import REPOSITORY

SAME_STEMS = {
    "__init__",
    "glossary",  # a command that writes what the module of that name holds
    "moa",  # the method, and its bench
    "run",  # the command, and its bench
}
SAME_CLASSES = {
    "Settings",  # one per experiment, found by this name
    "Parts",  # one per tab: the components it made
}


def repeated(named: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Names that stand in more than one place, with the places."""
    places = defaultdict(list)
    for name, place in named:
        places[name].append(place)
    return {name: where for name, where in places.items() if len(where) > 1}


def classes() -> Iterator[tuple[str, str]]:
    for path in (REPOSITORY / "lab").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield node.name, str(path)


def test_a_stem_says_one_thing() -> None:
    stems = repeated((path.stem, str(path)) for path in (REPOSITORY / "lab").rglob("*.py"))
    assert {stem: where for stem, where in stems.items() if stem not in SAME_STEMS} == {}


def test_a_class_name_says_one_thing() -> None:
    found = repeated(classes())
    assert {name: where for name, where in found.items() if name not in SAME_CLASSES} == {}


def test_a_second_place_is_found() -> None:
    assert repeated([("a", "x"), ("b", "x"), ("a", "y")]) == {"a": ["x", "y"]}
