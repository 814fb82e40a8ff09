"""The record that tests of tabs look into."""

from pathlib import Path

import pytest

from lab.records import Record
from tests.make_record import make_record


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    folder: Path = tmp_path_factory.mktemp("records") / "r"
    make_record(folder)
    return Record.open(folder)
