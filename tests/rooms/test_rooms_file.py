"""The rooms' file under stress: killed writers, locks of other processes, full disks, damaged and
newer files.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from lab.rooms import Limit, NewQuestion, RoomRefused, Rooms, RoomStore, rooms_file
from tests import REPOSITORY

WRITER = """
import sys
from pathlib import Path
from lab.rooms import RoomStore
store, (code, question) = RoomStore(Path(sys.argv[1])), sys.argv[2:]
n = 0
while True:
    seat = store.join(code, f"student {n}")
    store.predict(code, seat.secret, int(question), n % 2)
    print(n, seat.secret, flush=True)
    n += 1
"""


@pytest.mark.parametrize("confirmed", [1, 5, 23])
def test_whatever_was_confirmed_outlives_a_killed_writer(tmp_path: Path, confirmed: int) -> None:
    store = RoomStore(tmp_path / "rooms.sqlite")
    room = store.open_room()
    question = store.ask(room.code, room.secret, NewQuestion(text="?", choices=("a", "b")))
    command = [sys.executable, "-c", WRITER, str(tmp_path / "rooms.sqlite")]
    process = subprocess.Popen(
        [*command, room.code, str(question)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    told = [process.stdout.readline().split() for _ in range(confirmed)]
    process.kill()
    told += [line.split() for line in process.stdout.read().splitlines() if line.count(" ") == 1]
    process.wait()
    again = RoomStore(tmp_path / "rooms.sqlite")
    for n, seat in told:
        state = again.look(room.code, seat=seat)
        assert state.name == f"student {n}"
        assert state.question and state.question.mine == int(n) % 2
    state = again.look(room.code, room.secret)
    assert state.question and state.question.tally
    assert len(told) <= state.question.tally.answered <= state.students <= len(told) + 1
    with sqlite3.connect(tmp_path / "rooms.sqlite") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    again.join(room.code, "goes on")


def test_rooms_survive_the_server_that_opened_them(tmp_path: Path) -> None:
    first = Rooms(tmp_path, key="k")
    room = first.open_room("k", Limit(), 3, 24)
    seat = first.store.join(room.code, "Ada").secret
    second = Rooms(tmp_path, key="other")
    assert second.look(room.code, "", seat).name == "Ada"
    assert second.look(room.code, room.secret, "").role == "teacher"
    with pytest.raises(RoomRefused, match="not the teacher's key"):
        second.open_room("k", Limit(), 3, 24)


def test_presence_is_told_to_teachers_only(tmp_path: Path) -> None:
    rooms = Rooms(tmp_path)
    room = rooms.open_room("", Limit(), 3, 24)
    seat, away = (rooms.store.join(room.code, name).secret for name in ("Ada", "Bob"))
    rooms.waits = lambda _student: True
    assert rooms.look(room.code, "", seat, "tab=map").teacher is None
    view = rooms.look(room.code, room.secret, "").teacher
    assert view is not None
    assert [(s.name, s.here, s.where, s.waits) for s in view.students] == [
        ("Ada", True, "tab=map", True),
        ("Bob", False, "", False),
    ]
    assert away


def test_a_file_held_by_another_process_is_one_sentence_and_reading_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms_file, "PATIENCE_SECONDS", 0.1)
    store = RoomStore(tmp_path / "rooms.sqlite")
    room = store.open_room()
    script = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "db.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "rooms.sqlite")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline().strip() == b"held"
        with pytest.raises(RoomRefused, match="held by another program") as caught:
            store.join(room.code, "Ada")
        assert caught.value.reason == "locked"
        assert store.look(room.code).students == 0
        holder.communicate()
    assert store.join(room.code, "Ada").name == "Ada"


def test_a_full_disk_is_one_sentence_and_changes_nothing(tmp_path: Path) -> None:
    store = RoomStore(tmp_path / "rooms.sqlite")
    room = store.open_room()
    db = store._file._connection()
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages}").fetchall()
    asked = NewQuestion(text="x" * 300, choices=tuple(c * 120 for c in "abcdefgh"))

    def fill() -> None:
        for _ in range(100):
            store.ask(room.code, room.secret, asked)

    with pytest.raises(RoomRefused, match="make room on the server's disk") as caught:
        fill()
    assert caught.value.reason == "disk"
    db.execute(f"PRAGMA max_page_count = {pages + 100}").fetchall()
    store.ask(room.code, room.secret, asked)


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"\x00" * 5000])
def test_a_file_of_something_else_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rooms.sqlite"
    path.write_bytes(content)
    with pytest.raises(RoomRefused, match="move it away"):
        RoomStore(path)
    assert path.read_bytes() == content


def test_a_file_of_a_newer_lab_is_one_sentence(tmp_path: Path) -> None:
    RoomStore(tmp_path / "rooms.sqlite")
    with sqlite3.connect(tmp_path / "rooms.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(RoomRefused, match="version 99"):
        RoomStore(tmp_path / "rooms.sqlite")


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RoomRefused, match="cannot be written"):
        assert Rooms(tmp_path / "file" / "below").store
    assert os.listdir(tmp_path) == ["file"]
