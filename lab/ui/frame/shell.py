"""Header, history rail and address: what surrounds the tabs, and how a record, a tab and a moment
come to the page.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from lab.errors import BadInput, LabError
from lab.panels.states.choose import point_at, selection_at
from lab.panels.style import number
from lab.panels.value import Pick, Selection
from lab.records import import_zip
from lab.ui.frame import address_line
from lab.ui.frame.address import Address
from lab.ui.frame.address_line import first_record
from lab.ui.frame.context import QUIET, Ctx
from lab.ui.frame.frame_values import (
    AddressOpened,
    AddressValue,
    DeleteRecord,
    HeaderValue,
    HostLine,
    LanguageChoice,
    OpenRecord,
    RailAnswer,
    RailRecord,
    RailValue,
    RenameRecord,
    RestoreRecord,
)
from lab.ui.frame.rail_changes import changes_of
from lab.ui.frame.waiting import browser
from lab.ui.widgets import Kind, message
from lab.words import LANGUAGES, for_the_page, known, say, shown

HEARTBEAT_SECONDS = 4.0
RAIL_LENGTH = 60
IN_FRONT = """async () => {
  await new Promise((drawn) => setTimeout(drawn, 30));
  const front = '#lab-tabs > .tab-wrapper [role="tab"][aria-selected="true"]';
  return document.querySelector(front)?.dataset.tabId ?? '';
}"""
"""The tab that is seen: while a link is opened and the tabs get their names in another language,
Gradio also says ``select`` of the one that was in front before, and which comes last is chance."""
HEADER = Kind("header.js", HeaderValue, {"language": LanguageChoice})
ADDRESS = Kind("address.js", AddressValue, {"went": AddressOpened})
RAIL = Kind(
    "rail.js",
    RailValue,
    {
        "open": OpenRecord,
        "rename": RenameRecord,
        "delete": DeleteRecord,
        "restore": RestoreRecord,
    },
)


def build_header(ctx: Ctx) -> dict[str, Any]:
    """The bar at the top: name, loaded models with device and dtype, idle or busy, language,
    look."""
    bar = HEADER.widget(header_value(ctx), elem_id="lab-header", label="header")
    address = ADDRESS.widget(AddressValue(), elem_id="lab-address", label="address")
    return {"bar": bar, "address": address, "timer": gr.Timer(HEARTBEAT_SECONDS)}


def build_rail(ctx: Ctx) -> dict[str, Any]:
    """The list of records, and the button that takes in one from elsewhere."""
    records = RAIL.widget(rail_value(ctx, None), elem_id="lab-records", label="records")
    button = gr.UploadButton(
        ctx.t("rail.import"), file_types=[".zip"], size="sm", elem_id="lab-import"
    )
    return {"records": records, "import": ctx.label(button, "rail.import")}


def header_value(ctx: Ctx) -> HeaderValue:
    """Loaded hosts and the state of the queue."""
    hosts = [HostLine(name=h["name"], summary=_host_summary(h)) for h in ctx.service.loaded()]
    return HeaderValue(
        hosts=tuple(hosts),
        busy=ctx.service.current is not None,
        waiting=ctx.service.waiting,
    )


def _host_summary(host: dict[str, Any]) -> str:
    size = f"{number(host['params'] / 1e6)} M" if host.get("params") else ""
    why = known((host.get("why") or {}).get("device", ""))
    place = f"{host.get('device', '')} {host.get('dtype', '')}".strip()
    return " · ".join(part for part in (size, f"{place} ({why})" if why else place) if part)


def rail_value(ctx: Ctx, opened: str | None, message: str = "") -> RailValue:
    """The history: the user's records, newest first, then the shipped ones; above them a sentence
    if there is one."""
    items: list[RailRecord] = []
    slips = ctx.shelf.slips()
    for i, folder in enumerate(ctx.folders):
        for item in ctx.listed(folder)[:RAIL_LENGTH]:
            name = Path(item["folder"]).name
            if any(name == known.id for known in items):
                # a record of the user's own with the same name is found first, see `Ctx.folder_of`
                continue
            slip = slips.get(name) if i == 0 else None
            items.append(
                RailRecord(
                    id=name,
                    called=slip.name if slip else "",
                    mine=ctx.shelf.is_mine(slip),
                    changeable=i == 0 and ctx.shelf.may_change(slip),
                    title=known(str(item["question"] or item["title"] or item["id"])),
                    name=known(str(item["title"] or item["name"])),
                    created=str(item["created"]),
                    status=str(item["status"]),
                    message=str(item["message"]),
                    question=str(item["question"]),
                    shipped=i > 0,
                    changed=changes_of(item["plan"]) if i == 0 else (),
                    answers=tuple(
                        RailAnswer(title=known(a["title"]), text=a["answer"], correct=a["correct"])
                        for a in item["answers"]
                    ),
                )
            )
    return RailValue(records=tuple(items), open=opened, message=message)


def wire(
    ctx: Ctx, page: gr.Blocks, header: dict[str, Any], rail: dict[str, Any], container: gr.Tabs
) -> None:
    """Connect everything around the tabs."""
    records = rail["records"]

    def opened(request: gr.Request, event: gr.EventData, record_id: str | None) -> Any:
        with ctx.asking(request):
            try:
                wanted = message(OpenRecord, event).record
                ctx.folder_of(wanted)
                return wanted, gr.skip(), Address()
            except LabError as error:
                return gr.skip(), rail_value(ctx, record_id, str(error)), gr.skip()

    def picked(
        request: gr.Request,
        record_id: str | None,
        before: Selection | None,
        event: gr.EventData,
    ) -> Any:
        with ctx.asking(request):
            return _pick(ctx, record_id, before, event)

    def taken_in(request: gr.Request, archive: str, record_id: str | None) -> Any:
        with ctx.asking(request):
            return _import(ctx, archive, record_id)

    def listed(request: gr.Request, record_id: str | None) -> RailValue:
        with ctx.asking(request):
            return rail_value(ctx, record_id)

    def relabel(event: gr.EventData, visit: int) -> Any:
        return _relabel(ctx, event, visit)

    address_line.wire(ctx, page, header["address"], container)
    records.open(opened, ctx.record, [ctx.record, records, ctx.arrived], **QUIET)
    shelf_changes: tuple[tuple[Any, type[Any], Callable[[Any], None]], ...] = (
        (records.rename, RenameRecord, lambda m: ctx.shelf.rename(m.record, m.name)),
        (records.delete, DeleteRecord, lambda m: ctx.shelf.delete(m.record)),
        (records.restore, RestoreRecord, lambda m: ctx.shelf.restore(m.record)),
    )
    for listener, kind, act in shelf_changes:
        listener(_shelved(ctx, kind, act), ctx.record, [ctx.record, records], **QUIET)
    for changed in (ctx.record.change, ctx.history.change):
        changed(listed, ctx.record, records, **QUIET)
    ctx.record.change(_forget_selection, [ctx.record, ctx.selection], ctx.selection, **QUIET)
    rail["import"].upload(taken_in, [rail["import"], ctx.record], [ctx.record, records], **QUIET)
    header["timer"].tick(for_the_page()(partial(header_value, ctx)), None, header["bar"], **QUIET)
    front = gr.Textbox(visible=False)  # filled in by the browser
    for tab in ctx.tabs.values():
        tab.select(_in_front, front, ctx.tab, js=IN_FRONT, **QUIET)
    for source in ctx.picks:
        source.pick(picked, [ctx.record, ctx.selection], ctx.selection, **QUIET)
    header["bar"].language(
        relabel, ctx.visit, [ctx.visit, *(component for component, _, _ in ctx.labels)], **QUIET
    )


def _pick(ctx: Ctx, record_id: str | None, before: Selection | None, event: gr.EventData) -> Any:
    """A click anywhere as the new selection: a ``point_id``, or a ``moment`` at the layer selected
    before."""
    try:
        click = message(Pick, event)
        record_id = click.record or record_id
        if not record_id:
            return gr.skip()
        point = click.point_id
        if point is None and click.moment is not None:
            layer = before.layer if click.layer is None and before else click.layer
            record = ctx.open(record_id)
            kept = record.points["layer"].unique() if layer is not None else ()
            point = point_at(record, click.moment, layer if layer in kept else None)
        if point is None:
            return gr.skip()
        return selection_at(ctx.open(record_id), record_id, point)
    except LabError as error:
        return Selection(record=record_id or "", error=str(error))


def _import(ctx: Ctx, archive: str, opened: str | None) -> tuple[Any, Any]:
    """Take in a record from elsewhere and open it."""
    try:
        name = import_zip(archive, ctx.folders[0], ctx.folders[1:]).name
        ctx.keep(name)
        return name, gr.skip()
    except LabError as error:
        return gr.skip(), rail_value(ctx, opened, str(error))


def _shelved(
    ctx: Ctx, kind: type[Any], act: Callable[[Any], None]
) -> Callable[..., tuple[Any, RailValue]]:
    """A handler that names, deletes or brings back a record: the record on the page and the list
    after it."""

    def handle(request: gr.Request, record_id: str | None, event: gr.EventData) -> Any:
        with ctx.asking(request):
            try:
                wanted = message(kind, event)
                if not ctx.rooms.may_open(browser(), wanted.record):
                    raise BadInput(say("error.rail_shelf.not_yours"))
                act(wanted)
            except LabError as error:
                return gr.skip(), rail_value(ctx, record_id, str(error))
            if kind is not DeleteRecord:
                return gr.skip(), rail_value(ctx, record_id)
            left = first_record(ctx) if wanted.record == record_id else record_id
            rail = rail_value(ctx, left).model_copy(update={"deleted": wanted.record})
            return (left if left != record_id else gr.skip()), rail

    return handle


def _in_front(name: str | None) -> Any:
    return name or gr.skip()


def _forget_selection(record_id: str | None, selection: Selection | None) -> Any:
    return gr.skip() if selection and selection.record == record_id else None


def _relabel(ctx: Ctx, event: gr.EventData, visit: int) -> Any:
    try:
        choice = message(LanguageChoice, event)
    except LabError:
        choice = LanguageChoice(language="en")
    language = choice.language
    language = language if language in LANGUAGES else "en"
    texts: list[dict[str, Any]] = []
    for i, (_, attr, key) in enumerate(ctx.labels):
        text = ctx.words.text(language, key)
        texts.append({attr: text.split(" | ") if attr == "headers" else text})
        if i in ctx.choices:
            texts[i]["choices"] = [(shown(text, language), value) for text, value in ctx.choices[i]]
    return [visit + 1 if choice.again else gr.skip(), *(gr.update(**text) for text in texts)]
