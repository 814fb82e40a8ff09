"""The frame of the page: header, history on the left, tabs in the middle, “This moment” on the
right.

It only assembles: tabs come from `lab.ui.tabs.order`, texts from `lab.ui.frame.page_words`,
pictures from widgets.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from lab.files import ASSETS
from lab.rooms import Rooms
from lab.ui.frame import moment, question_strip, redraws, selecting
from lab.ui.frame import shell as frame
from lab.ui.frame.answer_streams import AnswerStreams
from lab.ui.frame.body_limit import MOST_UPLOADED, UPLOADED_IN_CLASS, BodyLimit
from lab.ui.frame.context import Ctx
from lab.ui.frame.downloads import record_routes
from lab.ui.frame.packed_page import PackedPage
from lab.ui.frame.page_words import Words, glossary_script
from lab.ui.frame.quick_blocks import QuickBlocks
from lab.ui.frame.security_headers import SecurityHeaders
from lab.ui.frame.sessions import ForgetSessions
from lab.ui.frame.theme import static_routes, theme
from lab.ui.frame.waiting import browser, waits
from lab.ui.rooms import room_widget
from lab.ui.rooms.room_routes import room_routes
from lab.ui.tabs import order as tabs
from lab.ui.tabs.lessons.lesson_routes import lesson_routes
from lab.words import for_the_page

SHIPPED = ASSETS / "records"
SWEEP_UPLOADS, KEEP_UPLOADS = 300, 900
"""Seconds between two looks at what was uploaded, and after which it is gone from Gradio's folder:
what was taken in as a record has been copied."""


def build(service: Any, rooms: Rooms | None = None, address: str = "") -> gr.Blocks:
    """The whole page over one service.

    Args:
        service: a `lab.service.Service`; its ``records_dir`` is the history, the shipped records
            follow it.
        rooms: of this server; by default their file lies with the records.
        address: how others reach this server, if that is known.
    """
    words = Words()
    modules = tabs.tab_modules()
    page: Any = QuickBlocks(
        title=words.text("en", "page.title"),
        fill_width=True,
        analytics_enabled=False,
        delete_cache=(SWEEP_UPLOADS, KEEP_UPLOADS),
    )
    with for_the_page(), page:
        ctx = Ctx(service, [Path(service.records_dir), SHIPPED], words, rooms, address)
        header = frame.build_header(ctx)
        room_widget.build(ctx)
        with gr.Row(elem_id="lab-body", equal_height=False):
            with gr.Column(elem_id="lab-rail", min_width=150):
                rail = frame.build_rail(ctx)
            with gr.Column(elem_id="lab-main", min_width=320):
                container, parts = _build_tabs(ctx, modules)
            with gr.Column(elem_id="lab-side", min_width=200):
                for name, module in modules.items():
                    if hasattr(module, "build_beside"):
                        parts[name] |= module.build_beside()
                card = moment.build(ctx)
        for name, module in modules.items():
            module.wire(ctx, parts[name])
        moment.wire(ctx, card)
        redraws.wire(ctx)
        frame.wire(ctx, page, header, rail, container)
        selecting.wire(ctx, card, header["address"])
    _one_place_for_progress(page, header["bar"])
    page.head = words.script() + glossary_script() + _style_links()
    vars(page)["lab"] = ctx
    service.admit = lambda own: ctx.rooms.admit(browser(), own)
    ctx.rooms.waits = partial(waits, service)
    queued: gr.Blocks = page.queue(default_concurrency_limit=40)
    return queued


def _one_place_for_progress(page: Any, component: Any) -> None:
    """Tell Gradio of one component as the place of all (hidden) progress: else the browser searches
    its tree for every output of every listener at each message, most of its work when a page
    opens."""
    for listener in page.fns.values():
        listener.show_progress_on = [component]


def _style_links() -> str:
    sheets = sorted((ASSETS / "css").glob("*.css"))
    return "".join(f'<link rel="stylesheet" href="lab/css/{sheet.name}">' for sheet in sheets)


def _build_tabs(ctx: Ctx, modules: dict[str, Any]) -> tuple[gr.Tabs, dict[str, Any]]:
    parts: dict[str, Any] = {}
    with gr.Tabs(elem_id="lab-tabs", overflow_behavior="wrap") as container:
        for name, module in modules.items():
            with gr.Tab(ctx.t(f"tab.{name}"), id=name, elem_id=f"tab-{name}") as tab:
                ctx.tabs[name] = ctx.label(tab, f"tab.{name}")
                ctx.label(_heading(ctx.t(f"tab.{name}")), f"tab.{name}", "value")
                strip = question_strip.build(name)
                if strip is not None:
                    question_strip.wire(ctx, name, strip)
                parts[name] = module.build(ctx)
    return container, parts


def _heading(text: str) -> gr.HTML:
    """A tab's heading, for those who find their way by headings: its label is already seen."""
    return gr.HTML(text, html_template="<h2>${value}</h2>", elem_classes=["lab-unseen"])


def launch_options(page: gr.Blocks) -> dict[str, Any]:
    """What ``page.launch`` must be given: look, static files, and nothing that leaves the
    machine."""
    ctx: Ctx = vars(page)["lab"]
    uploaded = UPLOADED_IN_CLASS if ctx.rooms.in_class else MOST_UPLOADED
    routes = [
        *static_routes(),
        *record_routes(ctx),
        *lesson_routes(ctx),
        *room_routes(ctx.rooms, ctx.words),
    ]
    return {
        "theme": theme(),
        "head": page.head,
        "app_kwargs": {
            "routes": routes,
            "middleware": [
                Middleware(SecurityHeaders),
                Middleware(PackedPage),
                Middleware(BodyLimit, uploaded=uploaded),
                Middleware(ForgetSessions, page=page),
                Middleware(AnswerStreams),
            ],
        },
        "share": False,
        "run_history": False,
        "mcp_server": False,
        "enable_monitoring": False,
        "strict_cors": True,
        "ssr_mode": False,
        "footer_links": [],
        "max_threads": 200,
        "state_session_capacity": 500,
    }
