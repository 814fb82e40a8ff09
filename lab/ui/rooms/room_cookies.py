"""The cookies that say who somebody is in which room.

They are out of reach of scripts (HttpOnly) and are sent by this page alone (SameSite=Strict); all
tabs of one browser are one person.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

TEACHER, STUDENT = "lab_teacher_", "lab_student_"
SECONDS = 30 * 24 * 3600


def secret_of(cookies: Mapping[str, str], code: str) -> str:
    """The teacher's secret of a room, or an empty text."""
    return cookies.get(TEACHER + code, "")


def seat_of(cookies: Mapping[str, str], code: str) -> str:
    """The student's seat in a room, or an empty text."""
    return cookies.get(STUDENT + code, "")


def codes_in(cookies: Mapping[str, str], prefix: str) -> list[str]:
    """The rooms that a browser has cookies of.

    Args:
        prefix: ``TEACHER`` or ``STUDENT``.
    """
    return [name.removeprefix(prefix) for name in cookies if name.startswith(prefix)]


def remember(response: Response, request: Request, name: str, secret: str) -> None:
    """Let the browser keep a secret until its room is long gone.

    Args:
        name: of the cookie.
    """
    response.set_cookie(
        name,
        secret,
        max_age=SECONDS,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
