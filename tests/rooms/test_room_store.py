"""Rooms on real SQLite files: who may do what, what counts, what is told to whom, and what is
refused in one sentence.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.rooms import Limit, Measured, NewQuestion, Opened, RoomRefused, RoomStore
from lab.rooms.room_checks import LETTERS
from lab.rooms.room_reader import FRESH_SECONDS
from lab.rooms.room_state import LONGEST_ADDRESS
from lab.rooms.room_store import MOST_HANDED_IN, MOST_ROOMS
from lab.rooms.room_views import HOUR

ANIMALS = ("Fox", "Owl")
CHOICE = NewQuestion(text="Which?", choices=("7", "12", "19"))
RATE = NewQuestion(text="How often?", measured=Measured(rate=3.0, low=1.5, high=5.9, n=300))


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> RoomStore:
    return RoomStore(tmp_path / "rooms.sqlite", clock)


@pytest.fixture
def room(store: RoomStore) -> Opened:
    return store.open_room()


def refused(reason: str, call: Callable[..., object], *args: object) -> str:
    """The sentence with which a call is refused for this reason."""
    with pytest.raises(RoomRefused) as caught:
        call(*args)
    assert caught.value.reason == reason
    text = str(caught.value)
    assert "\n" not in text and text.endswith(".") and "{" not in text
    return text


# --- joining


def test_a_code_is_short_and_has_no_letters_that_look_alike(room: Opened) -> None:
    assert len(room.code) == 6 and set(room.code) <= set(LETTERS)
    assert not set(LETTERS) & set("AEIOU0O1IL25SZB")


def test_a_student_joins_with_a_name_or_an_animal(store: RoomStore, room: Opened) -> None:
    assert store.join(room.code, "  Ada  Lovelace ").name == "Ada Lovelace"
    names = [store.join(room.code, "", ANIMALS).name for _ in range(4)]
    assert names == ["Fox", "Owl", "Fox 2", "Owl 2"]
    assert store.look(room.code).students == 5


def test_a_name_is_taken_whatever_its_case_or_width(store: RoomStore, room: Opened) -> None:
    store.join(room.code, "Straße")
    for same in ("straße", "STRASSE", "Ｓｔｒａｓｓｅ"):
        refused("taken", store.join, room.code, same)


@pytest.mark.parametrize(
    "name",
    [
        *("", "   ", "\x00", "a\nb", "a\u202eb", "a\u200bb", "\ufeff", "\ud800", "\u2028"),
        *("x" * 25, "é" * 10_000, "a" + "\u0301\u0316\u0317" * 3),
    ],
)
def test_a_name_that_cannot_be_shown_is_refused(store: RoomStore, room: Opened, name: str) -> None:
    refused("name", store.join, room.code, name)


@pytest.mark.parametrize("name", ["李雷", "Zoë", "O'Brien", "<b>", "🦊", "नमस्ते", "x" * 24])
def test_names_of_all_scripts_and_hostile_ones_are_kept_as_text(
    store: RoomStore, room: Opened, name: str
) -> None:
    seat = store.join(room.code, name)
    assert store.look(room.code, seat=seat.secret).name == name


def test_unknown_closed_and_full_rooms_are_refused(store: RoomStore, room: Opened) -> None:
    refused("unknown", store.join, "NOROOM", "Ada")
    assert len(refused("unknown", store.look, "x" * 10_000)) < 200
    store.limit(room.code, room.secret, Limit(size=1))
    store.join(room.code, "Ada")
    refused("full", store.join, room.code, "Bob")
    store.close(room.code, room.secret)
    refused("closed", store.join, room.code, "Eve")


def test_a_seat_given_up_is_free_again(store: RoomStore, room: Opened) -> None:
    store.limit(room.code, room.secret, Limit(size=1))
    seat = store.join(room.code, "Ada")
    store.leave(room.code, seat.secret)
    assert store.join(room.code, "Ada").secret != seat.secret
    refused("seat", store.leave, room.code, seat.secret)


def test_one_server_holds_so_many_open_rooms_and_no_more(store: RoomStore) -> None:
    rooms = [store.open_room() for _ in range(MOST_ROOMS)]
    refused("many", store.open_room)
    store.close(rooms[0].code, rooms[0].secret)
    store.open_room()


# --- rights


def teacher_calls(store: RoomStore, code: str, secret: str, question: int) -> dict[str, object]:
    """Everything that only a teacher may do, as calls."""
    return {
        "pace": lambda: store.pace(code, secret, "together"),
        "pause": lambda: store.pause(code, secret, True),
        "limit": lambda: store.limit(code, secret, Limit()),
        "push": lambda: store.push(code, secret, "tab=map"),
        "ask": lambda: store.ask(code, secret, CHOICE),
        "reveal": lambda: store.reveal(code, secret, question),
        "invite": lambda: store.invite(code, secret),
        "results": lambda: store.results(code, secret),
        "reset": lambda: store.reset(code, secret),
        "close": lambda: store.close(code, secret),
        "delete": lambda: store.delete(code, secret),
    }


def test_only_a_teacher_of_this_room_has_a_teachers_rights(store: RoomStore, room: Opened) -> None:
    other, seat = store.open_room(), store.join(room.code, "Ada")
    invitation = store.invite(room.code, room.secret)
    question = store.ask(room.code, room.secret, CHOICE)
    before = store.look(room.code, room.secret)
    for wrong in ("", "x", other.secret, seat.secret, invitation):
        for call in teacher_calls(store, room.code, wrong, question).values():
            refused("rights", call)  # type: ignore[arg-type]
    assert store.look(room.code, room.secret) == before
    for name, call in teacher_calls(store, room.code, room.secret, question).items():
        call()  # type: ignore[operator]
        if name == "close":
            assert store.look(room.code).closed
    refused("unknown", store.look, room.code)
    assert not store.look(other.code, other.secret).closed


def test_a_question_of_another_room_cannot_be_reached(store: RoomStore, room: Opened) -> None:
    other = store.open_room()
    foreign = store.ask(other.code, other.secret, CHOICE)
    seat = store.join(room.code, "Ada")
    refused("none", store.reveal, room.code, room.secret, foreign)
    refused("none", store.predict, room.code, seat.secret, foreign, 0)
    refused("seat", store.predict, other.code, seat.secret, foreign, 0)


def test_an_invitation_lets_one_teacher_in_once(store: RoomStore, room: Opened) -> None:
    invitation = store.invite(room.code, room.secret)
    second = store.accept(room.code, invitation)
    store.pause(room.code, second, True)
    view = store.look(room.code, room.secret).teacher
    assert view is not None and view.teachers == 2
    refused("invited", store.accept, room.code, invitation)
    refused("invited", store.accept, store.open_room().code, store.invite(room.code, second))


def test_no_secret_stands_in_the_file(tmp_path: Path, store: RoomStore, room: Opened) -> None:
    seat = store.join(room.code, "Ada")
    invitation = store.invite(room.code, room.secret)
    data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Ada" in data
    for secret in (room.secret, seat.secret, invitation):
        assert secret.encode() not in data


# --- predictions


def test_a_prediction_counts_once_per_student_and_never_after_the_reveal(
    store: RoomStore, room: Opened
) -> None:
    question = store.ask(room.code, room.secret, CHOICE)
    ada, bob = (store.join(room.code, name).secret for name in ("Ada", "Bob"))
    store.predict(room.code, ada, question, 0)
    store.predict(room.code, ada, question, 2)  # from a second tab, or a changed mind
    store.predict(room.code, bob, question, 2)
    asked = store.look(room.code, room.secret).question
    assert asked and asked.tally and asked.tally.counts == (0, 0, 2)
    mine = store.look(room.code, seat=ada).question
    assert mine and mine.mine == 2 and mine.tally is None and mine.right is None
    store.reveal(room.code, room.secret, question, right=1)
    refused("late", store.predict, room.code, bob, question, 1)
    shown = store.look(room.code, seat=bob).question
    assert shown and shown.tally and shown.tally.counts == (0, 0, 2) and shown.right == 1


def test_a_rate_is_binned_and_stands_beside_what_was_measured(
    store: RoomStore, room: Opened
) -> None:
    question = store.ask(room.code, room.secret, RATE)
    for i, value in enumerate((0, 9.9, 10, 55, 100)):
        seat = store.join(room.code, f"s{i}").secret
        store.predict(room.code, seat, question, value)
    hidden = store.look(room.code, seat=seat).question
    assert hidden and hidden.measured is None and hidden.tally is None
    store.reveal(room.code, room.secret, question)
    shown = store.look(room.code, seat=seat).question
    assert shown and shown.tally and shown.tally.counts == (2, 1, 0, 0, 0, 1, 0, 0, 0, 1)
    assert shown.tally.mean == pytest.approx(174.9 / 5) and shown.measured == RATE.measured


@pytest.mark.parametrize("value", [-1, 3, 0.5, float("nan"), float("inf")])
def test_an_impossible_choice_is_refused(store: RoomStore, room: Opened, value: float) -> None:
    question = store.ask(room.code, room.secret, CHOICE)
    seat = store.join(room.code, "Ada").secret
    refused("value", store.predict, room.code, seat, question, value)


@pytest.mark.parametrize("value", [-0.1, 100.1, float("nan")])
def test_an_impossible_rate_is_refused(store: RoomStore, room: Opened, value: float) -> None:
    question = store.ask(room.code, room.secret, RATE)
    seat = store.join(room.code, "Ada").secret
    refused("value", store.predict, room.code, seat, question, value)


def test_while_paused_or_for_an_older_question_nothing_counts(
    store: RoomStore, room: Opened
) -> None:
    seat = store.join(room.code, "Ada").secret
    old, new = (store.ask(room.code, room.secret, CHOICE) for _ in range(2))
    refused("late", store.predict, room.code, seat, old, 0)
    store.pause(room.code, room.secret, True)
    refused("paused", store.predict, room.code, seat, new, 0)
    store.pause(room.code, room.secret, False)
    store.predict(room.code, seat, new, 0)


@pytest.mark.parametrize(
    "asked",
    [
        NewQuestion(text=" "),
        NewQuestion(text="x" * 301),
        NewQuestion(text="?", choices=("only",)),
        NewQuestion(text="?", choices=("a", "a")),
        NewQuestion(text="?", choices=("a", "")),
        NewQuestion(text="?", choices=tuple("abcdefghi")),
        NewQuestion(text="?", choices=("a", "b" * 121)),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(
    store: RoomStore, room: Opened, asked: NewQuestion
) -> None:
    refused("question", store.ask, room.code, room.secret, asked)


def test_fifty_students_who_predict_at_once_are_all_counted(store: RoomStore, room: Opened) -> None:
    question = store.ask(room.code, room.secret, CHOICE)

    def student(i: int) -> None:
        seat = store.join(room.code, "", ANIMALS).secret
        store.predict(room.code, seat, question, i % 3)

    with ThreadPoolExecutor(50) as threads:
        list(threads.map(student, range(50)))
    asked = store.look(room.code, room.secret).question
    assert asked and asked.tally and asked.tally.counts == (17, 17, 16)


def test_a_change_is_seen_at_once_and_another_processs_within_a_second(
    tmp_path: Path, store: RoomStore, room: Opened, clock: Clock
) -> None:
    other = RoomStore(tmp_path / "rooms.sqlite", clock)  # as another process has it
    assert not other.look(room.code).paused
    store.pause(room.code, room.secret, True)
    assert store.look(room.code).paused
    end = time.monotonic() + FRESH_SECONDS + 5
    while not other.look(room.code).paused:
        assert time.monotonic() < end


# --- views, shelf, limits


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)//<",
        "a b",
        "a=\u202e",
        "x" * (LONGEST_ADDRESS + 1),
        'a="',
        "a#b",
        "a\\b",
        "a\nb",
    ],
)
def test_only_the_query_of_an_address_can_be_shown(
    store: RoomStore, room: Opened, address: str
) -> None:
    refused("address", store.push, room.code, room.secret, address)


def test_a_view_shown_again_is_a_new_one_and_names_no_room(store: RoomStore, room: Opened) -> None:
    seat = store.join(room.code, "Ada").secret
    for n in (1, 2):
        store.push(room.code, room.secret, "?tab=map&room=ABCDEF&point=3")
        now = store.look(room.code, seat=seat)
        assert (now.view, now.view_number) == ("tab=map&point=3", n)
    assert store.look(room.code).view == ""  # a stranger sees nothing


def test_a_record_is_handed_in_once_with_the_students_name(store: RoomStore, room: Opened) -> None:
    seat = store.join(room.code, "Ada").secret
    for _ in range(2):
        store.hand_in(room.code, seat, "20261126-120000-ab12")
    view = store.look(room.code, room.secret).teacher
    assert view and [(h.name, h.record) for h in view.handed_in] == [
        ("Ada", "20261126-120000-ab12")
    ]
    for wrong in ("", "../etc", "a/b", "x" * 81, "a b"):
        refused("record", store.hand_in, room.code, seat, wrong)
    for i in range(MOST_HANDED_IN - 1):
        store.hand_in(room.code, seat, f"r-{i}")
    refused("record", store.hand_in, room.code, seat, "one-more")
    assert store.look(room.code, seat=seat).teacher is None


def test_runs_are_limited_per_minute_and_a_jumping_clock_locks_nobody_out(
    store: RoomStore, room: Opened, clock: Clock
) -> None:
    store.limit(room.code, room.secret, Limit(runs_per_minute=2))
    ada, bob = (store.join(room.code, name).student for name in ("Ada", "Bob"))
    for _ in range(2):
        store.count_run(room.code, ada, own=False)
    refused("runs", store.count_run, room.code, ada, False)
    store.count_run(room.code, bob, own=False)
    clock.now -= 1000
    store.count_run(room.code, ada, own=False)
    clock.now += 61
    store.count_run(room.code, ada, own=False)


def test_own_questions_and_real_models_are_off_until_a_teacher_allows_them(
    store: RoomStore, room: Opened
) -> None:
    ada = store.join(room.code, "Ada").student
    refused("own", store.count_run, room.code, ada, True)
    assert not store.count_run(room.code, ada, own=False).real_models
    store.limit(room.code, room.secret, Limit(own_questions=True, real_models=True))
    assert store.count_run(room.code, ada, own=True).real_models


# --- ends


def test_a_room_ends_by_itself_and_its_data_is_deleted_after_the_stated_time(
    tmp_path: Path, store: RoomStore, clock: Clock
) -> None:
    room = store.open_room(hours=2, kept_hours=1)
    seat = store.join(room.code, "Ada Lovelace").secret
    assert store.look(room.code).minutes_left == 120
    clock.now += 2 * HOUR
    assert store.look(room.code, seat=seat).closed
    refused("closed", store.join, room.code, "Bob")
    assert store.sweep() == 0
    assert store.results(room.code, room.secret).startswith("question,")
    clock.now += 1 * HOUR
    assert store.sweep() == 1
    refused("unknown", store.look, room.code)
    assert b"Ada Lovelace" not in b"".join(p.read_bytes() for p in tmp_path.iterdir())


def test_a_room_that_is_closed_early_is_deleted_earlier(store: RoomStore, clock: Clock) -> None:
    room = store.open_room(hours=10, kept_hours=1)
    store.close(room.code, room.secret)
    clock.now += 1.01 * HOUR
    assert store.sweep() == 1


def test_deleted_at_once_leaves_nothing_in_the_file(
    tmp_path: Path, store: RoomStore, room: Opened
) -> None:
    seat = store.join(room.code, "Ada Lovelace").secret
    store.predict(room.code, seat, store.ask(room.code, room.secret, RATE), 50)
    store.delete(room.code, room.secret)
    refused("unknown", store.look, room.code)
    assert b"Ada Lovelace" not in b"".join(p.read_bytes() for p in tmp_path.iterdir())
    with sqlite3.connect(tmp_path / "rooms.sqlite") as db:
        for table in ("rooms", "teachers", "students", "questions", "predictions"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_a_reset_keeps_the_room_and_forgets_the_group(store: RoomStore, room: Opened) -> None:
    seat = store.join(room.code, "Ada").secret
    question = store.ask(room.code, room.secret, CHOICE)
    store.predict(room.code, seat, question, 1)
    store.reset(room.code, room.secret)
    state = store.look(room.code, room.secret)
    assert (state.students, state.question) == (0, None)
    assert store.look(room.code, seat=seat).role == "stranger"
    refused("seat", store.predict, room.code, seat, question, 1)
    assert store.join(room.code, "Ada").name == "Ada"


def test_the_table_says_how_many_and_no_formula_gets_into_a_spreadsheet(
    store: RoomStore, room: Opened
) -> None:
    asked = NewQuestion(text="=HYPERLINK()", choices=("@SUM(1)", "no, really"))
    question = store.ask(room.code, room.secret, asked)
    store.predict(room.code, store.join(room.code, "Ada").secret, question, 1)
    store.reveal(room.code, room.secret, question, right=1)
    store.ask(room.code, room.secret, RATE)
    lines = store.results(room.code, room.secret).splitlines()
    assert lines[1:3] == [
        "'=HYPERLINK(),'@SUM(1),0,no,,,,",
        '\'=HYPERLINK(),"no, really",1,yes,,,,',
    ]
    assert lines[3] == "How often?,0 to 10 %,0,,3.0,1.5,5.9,300" and len(lines) == 13
    assert "Ada" not in "".join(lines)
