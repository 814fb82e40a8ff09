"""Plain addresses for whole records: ``lab/records/ID.zip``, ``lab/records/ID.html``, and
``lab/records/ID.ipynb`` with what the page shows of it behind the question mark; in the same way
``lab/break-it.ipynb``. Nothing is kept on disk.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from lab.errors import LabError
from lab.records import export_zip
from lab.ui.frame.address import Address, parse
from lab.ui.frame.context import Ctx
from lab.ui.frame.menus import in_menu

KINDS = {
    "zip": "application/zip",
    "html": "text/html; charset=utf-8",
    "ipynb": "application/x-ipynb+json",
}


def record_routes(ctx: Ctx) -> list[Route]:
    """The routes for one page's records."""

    async def download(request: Request) -> Response:
        name, kind = request.path_params["name"], request.path_params["kind"]
        seen = parse(dict(request.query_params)).address
        makers: dict[str, Callable[[Ctx, str], bytes]] = {
            "zip": _zip,
            "html": _html,
            "ipynb": partial(_ipynb, seen),
        }
        make = makers.get(kind)
        if make is None:
            return PlainTextResponse(
                f"Expected .zip, .html or .ipynb, got .{kind}; correct the address.", 404
            )
        with ctx.asking(request, seen.lang):
            try:
                data = await run_in_threadpool(make, ctx, name)
            except LabError as error:
                return PlainTextResponse(in_menu(str(error)), 404)
        return _file(data, name, kind)

    async def break_it(request: Request) -> Response:
        from lab.ui.tabs.break_it.break_notebook import break_notebook

        seen = parse(dict(request.query_params)).address
        with ctx.asking(request, seen.lang):
            return _file(await run_in_threadpool(break_notebook, seen), "break-it", "ipynb")

    return [
        Route("/lab/records/{name}.{kind}", download),
        Route("/lab/break-it.ipynb", break_it),
    ]


def _file(data: bytes, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{_safe(name)}.{kind}"'}
    return Response(data, media_type=KINDS[kind], headers=headers)


def _zip(ctx: Ctx, name: str) -> bytes:
    folder = ctx.folder_of(name)
    return _made(lambda target: export_zip(folder, target), "record.zip")


def _html(ctx: Ctx, name: str) -> bytes:
    from lab.panels.export_html import export_html

    record = ctx.open(name)
    return _made(lambda target: export_html(record, target), "record.html")


def _ipynb(seen: Address, ctx: Ctx, name: str) -> bytes:
    from lab.ui.frame.screen_notebook import screen_notebook

    shipped = ctx.folder_of(name).parent != ctx.folders[0]
    return screen_notebook(ctx.open(name), name, seen, shipped)


def _made(make: Callable[[Path], Path], name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return Path(make(Path(folder) / name)).read_bytes()


def _safe(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name)
