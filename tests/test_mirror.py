"""tests/ has the folders of lab/: whoever knows where a thing is knows where its tests are."""

from pathlib import Path

from tests import REPOSITORY

LAB, TESTS = REPOSITORY / "lab", REPOSITORY / "tests"
OWN = {"browser", "notebooks"}
"""What tests have beside: the real page, and the notebooks."""


def packages(folder: Path) -> set[str]:
    return {
        str(file.parent.relative_to(folder))
        for file in folder.rglob("__init__.py")
        if file.parent != folder
    }


def test_every_folder_of_the_tests_is_a_folder_of_the_lab() -> None:
    here = {name for name in packages(TESTS) if name.split("/")[0] not in OWN}
    assert here <= packages(LAB)


def test_every_part_of_the_lab_has_tests_in_its_own_folder() -> None:
    parts = {name for name in packages(LAB) if "/" not in name}
    assert {name for name in parts if not list((TESTS / name).rglob("test_*.py"))} == set()


def test_a_test_named_after_a_module_stands_in_its_folder() -> None:
    homes: dict[str, set[str]] = {}
    for file in LAB.rglob("*.py"):
        homes.setdefault(file.stem, set()).add(str(file.parent.relative_to(LAB)))
    for file in TESTS.rglob("test_*.py"):
        where, stem = str(file.parent.relative_to(TESTS)), file.stem.removeprefix("test_")
        if stem in homes and where != "." and where.split("/", maxsplit=1)[0] not in OWN:
            assert where in homes[stem], f"{file} tests {stem} of lab/{homes[stem]}"
