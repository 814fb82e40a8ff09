"""The routes of the rooms, under ``lab/room``: open, look, act, the code as a picture, the results.

A request that changes something must be JSON from this very page: a form of another site can send
neither this content type nor the cookies.
"""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import segno
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lab.errors import LabError
from lab.panels.value import FromBrowser
from lab.rooms import RoomRefused, Rooms
from lab.ui.frame.page_words import Words
from lab.ui.rooms.room_cookies import STUDENT, TEACHER, remember, seat_of, secret_of
from lab.ui.rooms.room_messages import (
    ACTIONS,
    AcceptInvitation,
    JoinRoom,
    OpenRoom,
    RoomNo,
    RoomReply,
)
from lab.words import for_the_page, known

MOST_BYTES = 16_384
"""Of one message."""
MOST_GUESSES = 60
"""Wrong codes from one address in a minute."""
STATUS = {"unknown": 404, "rights": 403, "seat": 403, "key": 403, "guesses": 429, "message": 400}
"""HTTP status by the reason of a refusal; others are 409, the server's own troubles 503."""
TROUBLES = ("locked", "disk", "damaged")
Handler = Callable[[Request], Awaitable[Response]]


class Guesses:
    """How many wrong codes came from where."""

    def __init__(self, most: int = MOST_GUESSES) -> None:
        self._most = most
        self._wrong: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    def check(self, host: str) -> None:
        """Refuse an address that guesses.

        Raises:
            RoomRefused: if it sent too many wrong codes in the last minute.
        """
        with self._lock:
            if len(self._recent(host)) >= self._most:
                raise RoomRefused("guesses", most=self._most)

    def wrong(self, host: str) -> None:
        """Note a wrong code."""
        with self._lock:
            if len(self._wrong) > 10_000:
                self._wrong.clear()
            self._wrong[host] = [*self._recent(host), time.monotonic()]

    def _recent(self, host: str) -> list[float]:
        since = time.monotonic() - 60
        return [at for at in self._wrong.get(host, []) if at > since]


def room_routes(rooms: Rooms, words: Words) -> list[Route]:
    """The routes for the rooms of one page."""
    guesses = Guesses()

    def route(path: str, handler: Handler, method: str) -> Route:
        return Route(f"/lab/room{path}", _answering(handler, guesses, rooms), methods=[method])

    async def opened(request: Request) -> Response:
        asked = OpenRoom.read(await _body(request))
        made = await run_in_threadpool(
            rooms.open_room, asked.key, asked.limit, asked.hours, asked.kept_hours
        )
        state = await run_in_threadpool(rooms.look, made.code, made.secret, "")
        response = _json(RoomReply(state=state).plain())
        remember(response, request, TEACHER + made.code, made.secret)
        return response

    async def looked(request: Request) -> Response:
        code = request.path_params["code"]
        who = (code, secret_of(request.cookies, code), seat_of(request.cookies, code))
        look = partial(rooms.look, *who, request.query_params.get("at"))
        state = look() if rooms.at_once(code) else await run_in_threadpool(look)
        return _json(RoomReply(state=state).plain())

    async def joined(request: Request) -> Response:
        code, asked = request.path_params["code"], JoinRoom.read(await _body(request))
        seat = seat_of(request.cookies, code)
        if not seat or not await run_in_threadpool(rooms.store.student_of, code, seat):
            language = asked.language if asked.language in words.table else "en"
            animals = words.text(language, "room.animals").split(", ")
            taken = await run_in_threadpool(rooms.store.join, code, asked.name, animals)
            seat = taken.secret
        state = await run_in_threadpool(rooms.look, code, "", seat)
        response = _json(RoomReply(state=state).plain())
        remember(response, request, STUDENT + code, seat)
        return response

    async def accepted(request: Request) -> Response:
        code, asked = request.path_params["code"], AcceptInvitation.read(await _body(request))
        secret = await run_in_threadpool(rooms.store.accept, code, asked.invitation)
        state = await run_in_threadpool(rooms.look, code, secret, "")
        response = _json(RoomReply(state=state).plain())
        remember(response, request, TEACHER + code, secret)
        return response

    async def acted(request: Request) -> Response:
        code, name = request.path_params["code"], request.path_params["action"]
        action = ACTIONS.get(name)
        if action is None:
            raise RoomRefused("unknown", code=name[:12])
        sent = action.message.read(await _body(request))
        state, told = await run_in_threadpool(_act, rooms, request, code, name, sent)
        response = _json(RoomReply(state=state, invitation=told).plain())
        if name in ("leave", "delete"):
            response.delete_cookie((STUDENT if name == "leave" else TEACHER) + code)
        return response

    async def results(request: Request) -> Response:
        code = request.path_params["code"]
        text = await run_in_threadpool(rooms.store.results, code, secret_of(request.cookies, code))
        headers = {
            "Content-Disposition": f'attachment; filename="room-{code}.csv"',
            "Cache-Control": "no-store",
        }
        # a byte order mark, so that spreadsheets read it as UTF-8
        return Response("\ufeff" + text, media_type="text/csv; charset=utf-8", headers=headers)

    return [
        route("", opened, "POST"),
        route("/{code}", looked, "GET"),
        route("/{code}/results.csv", results, "GET"),
        route("/{code}/join.svg", _picture, "GET"),
        route("/{code}/join", joined, "POST"),
        route("/{code}/accept", accepted, "POST"),
        route("/{code}/{action}", acted, "POST"),
    ]


def _act(rooms: Rooms, request: Request, code: str, name: str, sent: FromBrowser) -> Any:
    """Do it, and look at the room afterwards: (state or None, an invitation or nothing)."""
    action = ACTIONS[name]
    secret, seat = secret_of(request.cookies, code), seat_of(request.cookies, code)
    told = action.do(rooms.store, code, seat if action.student else secret, sent)
    if name in ("leave", "delete", "reset"):
        rooms.clear()
    if name in ("leave", "delete"):
        return None, ""
    return rooms.look(code, secret, seat), told if name == "invite" else ""


async def _picture(request: Request) -> Response:
    """The address that students open, as a QR code."""
    code, base = request.path_params["code"], request.query_params.get("base", "")
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or len(base) > 200 or not code.isalnum():
        raise RoomRefused("address", most=200)
    out = io.BytesIO()
    segno.make(f"{base.split('?')[0]}?room={code[:12]}", error="m").save(
        out, kind="svg", border=3, light="#fff", dark="#000", omitsize=True
    )
    return Response(out.getvalue(), media_type="image/svg+xml")


def _is_here(rooms: Rooms, request: Request) -> bool:
    """Whether somebody has a seat in the room that they ask for, or teaches it."""
    code = request.path_params.get("code", "")
    secret, seat = secret_of(request.cookies, code), seat_of(request.cookies, code)
    person = rooms.person({code: secret}, {code: seat})
    return bool(person.seats or person.teaches)


def _answering(handler: Handler, guesses: Guesses, rooms: Rooms) -> Handler:
    """The handler with its refusals as JSON, and a limit for those who guess codes."""

    async def answer(request: Request) -> Response:
        host = request.client.host if request.client else ""
        try:
            with for_the_page():
                try:
                    guesses.check(host)
                except RoomRefused:  # a whole school may have one address
                    if not await run_in_threadpool(_is_here, rooms, request):
                        raise
                if request.method != "GET":
                    _check_origin(request)
                return await handler(request)
        except RoomRefused as error:
            if error.reason == "unknown":
                guesses.wrong(host)
            status = 503 if error.reason in TROUBLES else STATUS.get(error.reason, 409)
            return _json(RoomNo(error=str(error), reason=error.reason).plain(), status)
        except LabError as error:
            return _json(RoomNo(error=str(error), reason="message").plain(), 400)

    return answer


def _in_words(data: Any) -> Any:
    """Questions that come with the lab as texts of the lab, so that everybody reads them in their
    own language."""
    if isinstance(data, dict):
        return {
            name: known(part)
            if name == "text" and isinstance(part, str)
            else [known(choice) for choice in part]
            if name == "choices"
            else _in_words(part)
            for name, part in data.items()
        }
    return [_in_words(part) for part in data] if isinstance(data, list) else data


def _json(data: Any, status: int = 200) -> JSONResponse:
    return JSONResponse(_in_words(data), status, headers={"Cache-Control": "no-store"})


async def _body(request: Request) -> Any:
    """The JSON that was sent, at most `MOST_BYTES` of it.

    Raises:
        RoomRefused: if it is none.
    """
    data = b""
    try:
        async for chunk in request.stream():
            data += chunk
            if len(data) > MOST_BYTES:
                raise RoomRefused("message")
        return json.loads(data)
    except (ValueError, ClientDisconnect) as error:  # nobody hears the answer to the second
        raise RoomRefused("message") from error


def _check_origin(request: Request) -> None:
    """Other sites may not act in the name of whoever looks at them.

    Raises:
        RoomRefused: for a request that this page did not send.
    """
    plain = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    origin = request.headers.get("origin")
    hosts = {request.headers.get("host"), request.headers.get("x-forwarded-host")}
    if plain != "application/json" or (origin and urlsplit(origin).netloc not in hosts):
        raise RoomRefused("message")
