"""Who somebody is in the rooms, what they may start, and whose records they see."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.rooms import Limit, Opened, RoomPerson, RoomRefused, Rooms


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    return Rooms(tmp_path, key="k")


@pytest.fixture
def room(rooms: Rooms) -> Opened:
    return rooms.open_room("k", Limit(), 3, 24)


@pytest.fixture
def student(rooms: Rooms, room: Opened) -> Callable[[str], RoomPerson]:
    def seated(name: str) -> RoomPerson:
        return rooms.person({}, {room.code: rooms.store.join(room.code, name).secret})

    return seated


@pytest.fixture
def teacher(rooms: Rooms, room: Opened) -> RoomPerson:
    return rooms.person({room.code: room.secret}, {})


def test_only_true_secrets_make_somebody(rooms: Rooms, room: Opened, teacher: RoomPerson) -> None:
    seat = rooms.store.join(room.code, "Ada")
    assert rooms.person({room.code: seat.secret}, {room.code: room.secret}) == RoomPerson()
    assert rooms.person({"NOROOM": room.secret}, {"NOROOM": seat.secret}) == RoomPerson()
    assert rooms.person({}, {room.code: seat.secret}).seats == {room.code: seat.student}
    assert teacher.leads and teacher.teaches == {room.code}
    rooms.store.close(room.code, room.secret)
    assert not rooms.person({room.code: room.secret}, {}).leads


def test_in_a_class_only_teachers_ask_their_own_questions_and_load_real_models(
    rooms: Rooms, room: Opened, teacher: RoomPerson, student: Callable[[str], RoomPerson]
) -> None:
    ada = student("Ada")
    for person in (ada, RoomPerson()):
        assert rooms.admit(person, own=False)  # pocket models only
        with pytest.raises(RoomRefused, match=r"Questions of one's own are off"):
            rooms.admit(person, own=True)
    assert rooms.admit(teacher, own=True) is False
    assert rooms.admit(None, own=True) is False  # the command line
    rooms.store.limit(room.code, room.secret, Limit(own_questions=True, real_models=True))
    assert rooms.admit(ada, own=True) is False


def test_in_a_class_nobody_trains_a_student_until_a_teacher_allows_it(
    rooms: Rooms, room: Opened, teacher: RoomPerson, student: Callable[[str], RoomPerson]
) -> None:
    ada = student("Ada")
    for person in (ada, RoomPerson()):
        with pytest.raises(RoomRefused, match="Training a student is off"):
            rooms.check_training(person)
    rooms.check_training(teacher)
    rooms.check_training(None)  # the command line
    rooms.store.limit(room.code, room.secret, Limit(training=True))
    rooms.check_training(ada)


def test_without_a_class_strangers_are_free(tmp_path: Path) -> None:
    rooms = Rooms(tmp_path / "own")
    assert rooms.admit(RoomPerson(), own=True) is False
    rooms.check_training(RoomPerson())
    assert rooms.hidden(RoomPerson()) == set()
    assert not (tmp_path / "own").exists()  # nothing is written until a room is opened


def test_while_paused_nobody_starts_anything(
    rooms: Rooms, room: Opened, teacher: RoomPerson, student: Callable[[str], RoomPerson]
) -> None:
    ada = student("Ada")
    rooms.store.pause(room.code, room.secret, True)
    with pytest.raises(RoomRefused, match="paused"):
        rooms.admit(ada, own=False)
    assert rooms.admit(teacher, own=False) is False


def test_a_students_records_are_seen_by_the_student_and_the_teachers(
    rooms: Rooms, room: Opened, teacher: RoomPerson, student: Callable[[str], RoomPerson]
) -> None:
    ada, bob, stranger = student("Ada"), student("Bob"), RoomPerson()
    elsewhere = rooms.open_room("k", Limit(), 3, 24)
    other = rooms.person({elsewhere.code: elsewhere.secret}, {})
    rooms.keep_record(ada, "of-ada")
    rooms.keep_record(teacher, "of-the-teacher")
    assert [rooms.may_open(p, "of-ada") for p in (ada, teacher)] == [True, True]
    assert [rooms.may_open(p, "of-ada") for p in (bob, stranger, other)] == [False] * 3
    assert all(rooms.may_open(p, "of-the-teacher") for p in (ada, bob, stranger))
    assert rooms.hidden(ada) == set()
    assert rooms.hidden(bob) == rooms.hidden(stranger) == {"of-ada"}


def test_a_teachers_list_holds_what_was_handed_in_and_all_see_what_is_shown(
    rooms: Rooms, room: Opened, teacher: RoomPerson, student: Callable[[str], RoomPerson]
) -> None:
    seat = rooms.store.join(room.code, "Eve").secret
    eve, bob = rooms.person({}, {room.code: seat}), student("Bob")
    rooms.keep_record(eve, "of-eve")
    assert rooms.hidden(teacher) == {"of-eve"}
    rooms.store.hand_in(room.code, seat, "of-eve")
    assert rooms.hidden(teacher) == set()
    rooms.store.push(room.code, room.secret, "record=of-eve&tab=map")
    assert rooms.may_open(bob, "of-eve") and not rooms.may_open(RoomPerson(), "of-eve")
    rooms.store.push(room.code, room.secret, "tab=map")
    assert not rooms.may_open(bob, "of-eve")


def test_records_go_with_their_students(
    tmp_path: Path, rooms: Rooms, room: Opened, student: Callable[[str], RoomPerson]
) -> None:
    rooms.keep_record(student("Ada"), "of-ada")
    for name in ("of-ada", "of-nobody"):
        (tmp_path / name).mkdir()
    rooms.store.reset(room.code, room.secret)
    assert not rooms.may_open(RoomPerson(), "of-ada")  # not even before the folder is gone
    rooms.clear()
    assert not (tmp_path / "of-ada").exists() and (tmp_path / "of-nobody").exists()
    assert rooms.store.records.owners() == {}
