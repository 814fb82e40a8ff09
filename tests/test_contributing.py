"""The table “Where does it go?” names places that exist."""

import re

import pytest

from tests import REPOSITORY

ROWS = [
    line
    for line in (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| new ")
]


def paths(text: str) -> list[str]:
    """Paths of a cell, with {a,b} written out."""
    found = []
    for path in re.findall(r"`((?:lab|presets|assets|tests|notebooks)/[^`]*)`", text):
        braces = re.search(r"\{([^}]*)\}", path)
        options = braces[1].split(",") if braces else [""]
        found += [path.replace(braces[0], o) if braces else path for o in options]
    return found


@pytest.mark.parametrize("row", ROWS, ids=[row.split("|")[1].strip() for row in ROWS])
def test_every_named_place_exists(row: str) -> None:
    named = paths(row)
    assert named
    for path in named:
        if "NAME" in path:  # a file that is to be written: its folder is there
            path = path.split("NAME")[0].rpartition("/")[0]  # noqa: PLW2901
        assert (REPOSITORY / path).exists(), path


def test_names_in_code_stand_in_the_file_beside_them() -> None:
    for name, path in re.findall(
        r"`(\w+)`(?: in| \(|, )\s*`?((?:lab)/[\w/]+\.py)`?", "\n".join(ROWS)
    ):
        assert name in (REPOSITORY / path).read_text(encoding="utf-8"), f"{name} in {path}"
