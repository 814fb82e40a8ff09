"""The rooms' routes over HTTP: cookies say who somebody is, other sites can do nothing, and what is
refused is a sentence with a reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from lab.rooms import Rooms
from lab.ui.frame.page_words import Words
from lab.ui.rooms.room_cookies import STUDENT, TEACHER
from lab.ui.rooms.room_messages import ACTIONS
from lab.ui.rooms.room_routes import MOST_BYTES, MOST_GUESSES, Guesses, room_routes
from lab.words import shown

Browser = Callable[[], TestClient]


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    """Opens browsers of different people on one server."""
    app = Starlette(routes=room_routes(Rooms(tmp_path, key="the-key"), Words()))
    return lambda: TestClient(app)


@pytest.fixture
def teacher(browser: Browser) -> TestClient:
    return browser()


@pytest.fixture
def code(teacher: TestClient) -> str:
    answer = teacher.post("/lab/room", json={"key": "the-key"})
    assert answer.status_code == 200
    return str(answer.json()["state"]["code"])


def do(client: TestClient, code: str, action: str, **body: Any) -> Any:
    """An action that works: the state afterwards."""
    answer = client.post(f"/lab/room/{code}/{action}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["state"]


def refused(answer: Any, status: int, reason: str) -> None:
    assert (answer.status_code, answer.json().get("reason")) == (status, reason), answer.text
    assert shown(answer.json()["error"], "en").endswith(".")


def test_a_class_predicts_and_sees_the_result(
    browser: Browser, teacher: TestClient, code: str
) -> None:
    ada, bob = browser(), browser()
    assert do(ada, code, "join", name="Ada")["name"] == "Ada"
    assert do(bob, code, "join", language="zh")["name"] == "獾"
    question = do(teacher, code, "ask", text="Which?", choices=["7", "12"])["question"]["id"]
    assert do(ada, code, "predict", question=question, value=1)["question"]["mine"] == 1
    assert do(bob, code, "predict", question=question, value=1)["question"]["tally"] is None
    seen = teacher.get(f"/lab/room/{code}").json()["state"]
    assert seen["question"]["tally"]["counts"] == [0, 2]
    do(teacher, code, "reveal", question=question, right=1)
    refused(
        ada.post(f"/lab/room/{code}/predict", json={"question": question, "value": 0}), 409, "late"
    )
    results = teacher.get(f"/lab/room/{code}/results.csv")
    assert results.headers["content-type"].startswith("text/csv")
    assert "Which?,12,2,yes" in results.text


def test_two_tabs_of_one_browser_are_one_student(
    browser: Browser, teacher: TestClient, code: str
) -> None:
    ada = browser()
    for _ in range(2):
        assert do(ada, code, "join", name="Ada")["name"] == "Ada"
    assert teacher.get(f"/lab/room/{code}").json()["state"]["students"] == 1
    refused(browser().post(f"/lab/room/{code}/join", json={"name": "ada"}), 409, "taken")


def test_secrets_travel_in_cookies_that_no_script_reads(browser: Browser, code: str) -> None:
    answer = browser().post(f"/lab/room/{code}/join", json={"name": "Ada"})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(STUDENT + code) and "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower() and "secure" not in cookie.lower()
    assert cookie.split("=")[1].split(";")[0] not in answer.text
    https = TestClient(browser().app, base_url="https://lab.school")
    secure = https.post(f"/lab/room/{code}/join", json={"name": "Bob"})
    assert "secure" in secure.headers["set-cookie"].lower()


def test_a_student_has_no_right_of_a_teacher_not_even_with_a_cookie_of_that_name(
    browser: Browser, code: str
) -> None:
    eve = browser()
    do(eve, code, "join", name="Eve")
    eve.cookies.set(TEACHER + code, eve.cookies[STUDENT + code])
    bodies: dict[str, Any] = {
        "pace": {"pace": "free"},
        "pause": {"paused": True},
        "push": {"address": "tab=map"},
        "ask": {"text": "?"},
        "scene": {"lesson": "why", "scene": 0},
        "reveal": {"question": 1},
    }
    for name, action in ACTIONS.items():
        if not action.student:
            answer = eve.post(f"/lab/room/{code}/{name}", json=bodies.get(name, {}))
            refused(answer, 403, "rights")
    refused(eve.get(f"/lab/room/{code}/results.csv"), 403, "rights")
    assert eve.get(f"/lab/room/{code}").json()["state"]["teacher"] is None


def test_opening_a_room_takes_the_servers_key(browser: Browser) -> None:
    for key in ("", "another"):
        refused(browser().post("/lab/room", json={"key": key}), 403, "key")


def test_a_second_teacher_comes_in_by_an_invitation(
    browser: Browser, teacher: TestClient, code: str
) -> None:
    second = browser()
    invitation = teacher.post(f"/lab/room/{code}/invite", json={}).json()["invitation"]
    asked = {"invitation": invitation}
    answer = second.post(f"/lab/room/{code}/accept", json=asked)
    assert answer.json()["state"]["role"] == "teacher"
    assert do(second, code, "pause", paused=True)["paused"]
    refused(browser().post(f"/lab/room/{code}/accept", json=asked), 409, "invited")


@pytest.mark.parametrize(
    ("content", "kind", "origin"),
    [
        ("{}", "text/plain", None),
        ("{}", "application/x-www-form-urlencoded", None),
        ("{}", "application/json", "https://evil.example"),
        ("{}", "application/json", "null"),
        ("{", "application/json", None),
        ('"' + "x" * MOST_BYTES + '"', "application/json", None),
    ],
)
def test_what_this_page_did_not_send_changes_nothing(
    teacher: TestClient, code: str, content: str, kind: str, origin: str | None
) -> None:
    headers = {"content-type": kind} | ({"origin": origin} if origin else {})
    answer = teacher.post(f"/lab/room/{code}/close", content=content, headers=headers)
    refused(answer, 400, "message")
    assert not teacher.get(f"/lab/room/{code}").json()["state"]["closed"]


@pytest.mark.parametrize(
    "body", [[], "x", 7, {"pace": "fast"}, {"pace": "free", "more": 1}, {"pace": {}}]
)
def test_a_message_of_another_shape_is_one_sentence(
    teacher: TestClient, code: str, body: Any
) -> None:
    answer = teacher.post(f"/lab/room/{code}/pace", json=body)
    refused(answer, 400, "message")


@pytest.mark.parametrize("limit", [{"size": 0}, {"size": 501}, {"runs_per_minute": 0}])
def test_limits_out_of_range_are_one_sentence(
    teacher: TestClient, code: str, limit: dict[str, int]
) -> None:
    refused(teacher.post(f"/lab/room/{code}/limit", json=limit), 400, "message")


@pytest.mark.parametrize("code", ["NOROOM", "<script>", "x" * 2000, "%00"])
def test_an_unknown_room_is_one_sentence(browser: Browser, code: str) -> None:
    refused(browser().get(f"/lab/room/{code}"), 404, "unknown")


def test_who_guesses_codes_must_wait_and_the_class_must_not() -> None:
    from lab.rooms import RoomRefused

    guesses = Guesses(most=3)
    for _ in range(3):
        guesses.check("here")
        guesses.wrong("here")
    with pytest.raises(RoomRefused, match="at most 3 in a minute"):
        guesses.check("here")
    guesses.check("there")


def test_a_guesser_shuts_out_nobody_who_is_in_the_room(
    browser: Browser, teacher: TestClient, code: str
) -> None:
    student, guesser = browser(), browser()
    do(student, code, "join", name="Ada")
    for _ in range(MOST_GUESSES):
        refused(guesser.get("/lab/room/NOROOM"), 404, "unknown")
    guesser.cookies.set(f"lab_student_{code}", "x" * 43)
    refused(guesser.get(f"/lab/room/{code}"), 429, "guesses")
    for member in (student, teacher):  # of the same address
        assert member.get(f"/lab/room/{code}").status_code == 200


def test_the_picture_shows_the_join_link_and_no_other_scheme(
    teacher: TestClient, code: str
) -> None:
    where = f"/lab/room/{code}/join.svg"
    answer = teacher.get(where, params={"base": "http://192.168.1.5:7860/"})
    assert answer.headers["content-type"] == "image/svg+xml" and answer.text.startswith("<?xml")
    for wrong in ("javascript:alert(1)", "", "file:///etc", "http://" + "x" * 300):
        refused(teacher.get(where, params={"base": wrong}), 409, "address")


def test_a_room_that_is_reset_or_deleted_lets_its_students_go(
    browser: Browser, teacher: TestClient, code: str
) -> None:
    ada = browser()
    do(ada, code, "join", name="Ada")
    do(teacher, code, "reset")
    assert ada.get(f"/lab/room/{code}").json()["state"]["role"] == "stranger"
    assert do(ada, code, "join", name="Ada")["role"] == "student"
    assert do(teacher, code, "delete") is None
    refused(ada.get(f"/lab/room/{code}"), 404, "unknown")


def test_a_lessons_scene_is_asked_and_its_measured_rate_comes_with_the_result(
    browser: Browser, teacher: TestClient, code: str
) -> None:
    ada = browser()
    do(ada, code, "join", name="Ada")
    refused(ada.post(f"/lab/room/{code}/scene", json={"lesson": "why", "scene": 1}), 403, "rights")
    refused(
        teacher.post(f"/lab/room/{code}/scene", json={"lesson": "x", "scene": 1}), 400, "message"
    )
    asked = do(teacher, code, "scene", lesson="why", scene=1)["question"]
    assert asked["address"] == "tab=lessons&lesson.name=why&lesson.scene=2"
    assert shown(asked["choices"][3], "en") == "its words, as text"
    assert shown(asked["choices"][3], "zh") == "它写的文字"
    seen = do(ada, code, "predict", question=asked["id"], value=0)["question"]
    assert (seen["right"], seen["tally"]) == (None, None)
    told = do(teacher, code, "reveal", question=asked["id"])["question"]
    assert (told["right"], told["tally"]["counts"]) == (3, [1, 0, 0, 0])
    rate = do(teacher, code, "scene", lesson="jury", scene=0)["question"]
    assert "67.5 %" in shown(rate["text"], "zh") and "投票箱" in shown(rate["text"], "zh")
    do(ada, code, "predict", question=rate["id"], value=70)
    told = do(teacher, code, "reveal", question=rate["id"])["question"]
    assert told["measured"]["rate"] == 75.4 and told["tally"]["mean"] == 70


def test_who_loses_the_network_in_the_middle_of_a_message_is_no_fault_of_the_server(
    tmp_path: Path,
) -> None:
    app = Starlette(routes=room_routes(Rooms(tmp_path, key="the-key"), Words()))
    arrives = iter(
        [
            {"type": "http.request", "body": b'{"na', "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    told: list[Any] = []

    async def receive() -> Any:
        return next(arrives)

    async def send(message: Any) -> None:
        told.append(message)

    headers = [(b"content-type", b"application/json"), (b"host", b"lab")]
    scope = {"type": "http", "method": "POST", "path": "/lab/room/ABCDE/join", "headers": headers}
    scope |= {"query_string": b"", "scheme": "http", "server": ("lab", 80), "root_path": ""}
    asyncio.run(app(scope, receive, send))
    assert told[0]["status"] in range(400, 500)
