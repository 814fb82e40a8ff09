"""The cookies that say who somebody is in which room.

They are out of reach of scripts (HttpOnly) and are sent by this page alone (SameSite=Strict); all
tabs of one browser are one person.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

TEACHER, STUDENT = "lab_teacher_", "lab_student_"
MOST_ROOMS_KEPT = 12
SECONDS = 30 * 24 * 3600


def secret_of(cookies: Mapping[str, str], code: str) -> str:
    """The teacher's secret of a room, or an empty text."""
    return cookies.get(TEACHER + code, "")


def seat_of(cookies: Mapping[str, str], code: str) -> str:
    """The student's seat in a room, or an empty text."""
    return cookies.get(STUDENT + code, "")


def secrets_in(cookies: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The secrets that a browser holds, by code; only so many that nobody can make the server look
    up thousands.

    Args:
        prefix: ``TEACHER`` or ``STUDENT``.
    """
    named = {
        name.removeprefix(prefix): secret
        for name, secret in cookies.items()
        if name.startswith(prefix)
    }
    return dict(list(named.items())[-MOST_ROOMS_KEPT:])


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
