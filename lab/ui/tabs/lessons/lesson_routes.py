"""Addresses of the sheets: ``lab/lesson/NAME/worksheet.html`` and ``teacher.html``. In a class the
answers are for teachers.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from lab.errors import LabError
from lab.lessons import find_lesson
from lab.lessons.lesson_sheets import KINDS, sheet
from lab.ui.frame.context import Ctx
from lab.ui.frame.waiting import browser
from lab.words import LANGUAGES, say, shown


def lesson_routes(ctx: Ctx) -> list[Route]:
    """The routes for one page's sheets."""

    async def given(request: Request) -> Response:
        name, kind = request.path_params["name"], request.path_params["kind"]
        wanted = request.query_params.get("lang", "en")
        language = wanted if wanted in LANGUAGES else "en"
        with ctx.asking(request):
            person = browser()
            leads = person is not None and person.leads
            seated = person is not None and bool(person.seats)
            if kind == "teacher" and not leads and (ctx.rooms.in_class or seated):
                return PlainTextResponse(shown(say("said.lesson.sheet.no"), language), 403)
            try:
                lesson = find_lesson(name)
            except LabError as error:
                return PlainTextResponse(shown(str(error), language), 404)
        if kind not in KINDS:
            return PlainTextResponse(f"Expected one of {', '.join(KINDS)}; correct it.", 404)
        return HTMLResponse(await run_in_threadpool(sheet, lesson, kind, language))

    return [Route("/lab/lesson/{name}/{kind}.html", given)]
