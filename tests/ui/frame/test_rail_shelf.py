"""Records have an owner and a name; who made one takes it away and back, nobody else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import BadInput
from lab.records import list_records
from lab.ui.frame.question_strip import question_value
from lab.ui.frame.rail_shelf import COOKIE, KEPT_SECONDS, RailShelf, known_by
from tests.make_record import make_record

ANNA, BEN = {COOKIE: "1x2"}, {COOKIE: "3x4"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_record(tmp_path / "run")
    return tmp_path


def ids(folder: Path) -> list[str]:
    return [Path(item["folder"]).name for item in list_records(folder)]


def test_who_made_a_record_names_deletes_and_restores_it_and_nobody_else_does(folder: Path) -> None:
    shelf = RailShelf(folder)
    with known_by(ANNA):
        shelf.keep("run")
        shelf.rename("run", " My \x1b[31mrun\u202e ")
        assert shelf.is_mine(shelf.slips()["run"])
    assert shelf.slips()["run"].name == "My [31mrun"
    with known_by(BEN):
        assert not shelf.may_change(shelf.slips()["run"])
        for act in (shelf.delete, shelf.restore, lambda record: shelf.rename(record, "mine")):
            with pytest.raises(BadInput):
                act("run")
    assert ids(folder) == ["run"]
    with known_by(ANNA):
        shelf.delete("run")
        assert ids(folder) == []
        shelf.restore("run")
    assert ids(folder) == ["run"]


def test_what_is_nobodys_may_be_deleted_where_one_person_works_and_not_in_a_class(
    folder: Path,
) -> None:
    with known_by(BEN), pytest.raises(BadInput):
        RailShelf(folder, shared=True).delete("run")
    with known_by({}):
        RailShelf(folder).delete("run")
    assert ids(folder) == []


@pytest.mark.parametrize("record", ["", ".", "..", "../run", "deleted", "a/b", "nowhere"])
def test_only_a_record_can_be_deleted(folder: Path, record: str) -> None:
    with pytest.raises(BadInput):
        RailShelf(folder).delete(record)
    assert ids(folder) == ["run"]


def test_a_damaged_file_and_a_hostile_cookie_name_nobody(folder: Path) -> None:
    (folder / "rail.json").write_text("{", encoding="utf-8")
    shelf = RailShelf(folder)
    with known_by({COOKIE: "../../x"}):
        shelf.keep("run")
    assert shelf.slips() == {}


def test_what_was_deleted_long_ago_is_gone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = RailShelf(folder)
    shelf.delete("run")
    make_record(folder / "other")
    monkeypatch.setattr("lab.ui.frame.rail_shelf.KEPT_SECONDS", -KEPT_SECONDS)
    shelf.delete("other")
    with pytest.raises(BadInput):
        shelf.restore("run")
    shelf.restore("other")


def test_the_question_stands_above_a_records_pictures(folder: Path) -> None:
    (item,) = list_records(folder)
    value = question_value(item)
    assert value.question == item["question"] != ""
    assert [answer.title for answer in value.answers] == [a["title"] for a in item["answers"]]
