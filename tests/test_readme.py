"""The maps of the house name every folder, and nothing that is not there."""

import re
from pathlib import Path

from tests import REPOSITORY

LAB = REPOSITORY / "lab"


def paths_in(page: str) -> set[str]:
    """Paths of the project that stand between backticks, the general ones (NAME, {…}) left out."""
    said = re.findall(r"`([^`\s]+)`", (REPOSITORY / page).read_text(encoding="utf-8"))
    real = [path for path in said if path.startswith(("lab/", "assets/", "presets/", "tests/"))]
    return {path.rstrip("/") for path in real if not re.search(r"NAME|[{*<]", path)}


def test_the_readme_names_every_part_of_the_lab() -> None:
    known = paths_in("README.md")
    parts = [p for p in LAB.iterdir() if p.suffix == ".py" or (p / "__init__.py").is_file()]
    own = {f"lab/{p.name}" for p in parts if not p.name.startswith("__") and p.name != "version.py"}
    assert own - known == set()


def test_what_the_guides_name_exists() -> None:
    for page in ("README.md", "CONTRIBUTING.md"):
        missing = [path for path in sorted(paths_in(page)) if not Path(REPOSITORY, path).exists()]
        assert missing == [], page
