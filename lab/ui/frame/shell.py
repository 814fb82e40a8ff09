"""Header, history rail and address: what surrounds the tabs, and how a record, a tab and a moment
come to the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from lab.errors import BadInput, LabError
from lab.panels.style import number
from lab.panels.value import Selection
from lab.records import import_zip
from lab.ui.frame import address_line
from lab.ui.frame.address import Address
from lab.ui.frame.address_line import first_record
from lab.ui.frame.context import QUIET, Ctx
from lab.ui.frame.frame_values import (
    AddressOpened,
    AddressValue,
    ClearRecords,
    DeleteRecord,
    HeaderValue,
    HostLine,
    LanguageChoice,
    MoreRecords,
    OpenRecord,
    PinRecord,
    RailAnswer,
    RailRecord,
    RailValue,
    RenameRecord,
    RestoreRecords,
)
from lab.ui.frame.rail_changes import changes_of
from lab.ui.frame.rail_shelf import Slip
from lab.ui.frame.waiting import browser
from lab.ui.widgets import Kind, message
from lab.words import LANGUAGES, for_the_page, known, say, shown

HEARTBEAT_SECONDS = 4.0
RAIL_LENGTH = 60
"""So many records are in the list at first, and come to it with every press of *more*."""
NO_SLIP = Slip()
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
        "pin": PinRecord,
        "delete": DeleteRecord,
        "clear": ClearRecords,
        "restore": RestoreRecords,
        "more": MoreRecords,
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
    most = gr.State(RAIL_LENGTH)
    return {"records": records, "import": ctx.label(button, "rail.import"), "most": most}


def header_value(ctx: Ctx) -> HeaderValue:
    """Loaded hosts and the state of the queue."""
    hosts = [
        HostLine(name=h["name"], summary=_host_summary(h), dtype=_dtype_reason(h))
        for h in ctx.service.loaded()
    ]
    return HeaderValue(
        hosts=tuple(hosts),
        busy=ctx.service.current is not None,
        waiting=ctx.service.waiting,
    )


def _host_summary(host: dict[str, Any]) -> str:
    size = f"{number(host['params'] / 1e6)} M" if host.get("params") else ""
    why = {name: known(text) for name, text in (host.get("why") or {}).items()}
    place = f"{host.get('device', '')} {host.get('dtype', '')}".strip()
    place = f"{place} ({why['device']})" if why.get("device") else place
    return " · ".join(part for part in (size, place, why.get("weights", "")) if part)


def _dtype_reason(host: dict[str, Any]) -> str:
    why = (host.get("why") or {}).get("dtype", "")
    return f"{host.get('dtype', '')}: {known(why)}" if why else ""


def rail_value(
    ctx: Ctx, opened: str | None, message: str = "", most: int = RAIL_LENGTH
) -> RailValue:
    """The history: pinned records, then the user's others, newest first, then the shipped ones;
    above them a sentence if there is one.

    Args:
        most: of the records of one folder so many are in the list; how many more there are is said.
    """
    items: list[RailRecord] = []
    more = 0
    slips = ctx.shelf.slips()
    lists = [ctx.listed(folder) for folder in ctx.folders]
    for i, all_ in enumerate(lists):
        more += max(len(all_) - most, 0)
        if i == 0:
            all_.sort(key=lambda item: not slips.get(Path(item["folder"]).name, NO_SLIP).pinned)
        for item in all_[:most]:
            name = Path(item["folder"]).name
            if any(name == known.id for known in items):
                # a record of the user's own with the same name is found first, see `Ctx.folder_of`
                continue
            slip = slips.get(name) if i == 0 else None
            items.append(
                RailRecord(
                    id=name,
                    called=slip.name if slip else "",
                    pinned=slip is not None and slip.pinned,
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
    return RailValue(
        records=tuple(items),
        open=opened,
        message=message,
        more=more,
        clearable=len(_clearable(ctx, lists[0], slips)),
    )


def clearable(ctx: Ctx) -> list[str]:
    """The records that the browser that asks made, as far as they are over and not pinned."""
    return _clearable(ctx, ctx.listed(ctx.folders[0]), ctx.shelf.slips())


def _clearable(ctx: Ctx, listed: list[dict[str, Any]], slips: Mapping[str, Slip]) -> list[str]:
    over = [item for item in listed if item["status"] != "running"]
    names = [Path(item["folder"]).name for item in over]
    return [name for name in names if ctx.shelf.is_mine(slips.get(name)) and not slips[name].pinned]


def wire(
    ctx: Ctx, page: gr.Blocks, header: dict[str, Any], rail: dict[str, Any], container: gr.Tabs
) -> None:
    """Connect everything around the tabs."""
    records, most = rail["records"], rail["most"]

    def opened(request: gr.Request, event: gr.EventData, record_id: str | None, most: int) -> Any:
        with ctx.asking(request):
            try:
                wanted = message(OpenRecord, event).record
                ctx.folder_of(wanted)
                return wanted, gr.skip(), Address()
            except LabError as error:
                return gr.skip(), rail_value(ctx, record_id, str(error), most), gr.skip()

    def taken_in(request: gr.Request, archive: str, record_id: str | None, most: int) -> Any:
        with ctx.asking(request):
            return _import(ctx, archive, record_id, most)

    def listed(request: gr.Request, record_id: str | None, most: int) -> RailValue:
        with ctx.asking(request):
            return rail_value(ctx, record_id, most=most)

    def longer(request: gr.Request, record_id: str | None, most: int) -> Any:
        with ctx.asking(request):
            return most + RAIL_LENGTH, rail_value(ctx, record_id, most=most + RAIL_LENGTH)

    def relabel(event: gr.EventData, visit: int) -> Any:
        return _relabel(ctx, event, visit)

    address_line.wire(ctx, page, header["address"], container)
    here = [ctx.record, most]
    records.open(opened, here, [ctx.record, records, ctx.arrived], **QUIET)
    records.more(longer, here, [most, records], **QUIET)
    shelf_changes: tuple[tuple[Any, type[Any], Callable[[Any, str], None]], ...] = (
        (records.rename, RenameRecord, lambda m, name: ctx.shelf.rename(name, m.name)),
        (records.pin, PinRecord, lambda m, name: ctx.shelf.pin(name, m.pinned)),
        (records.delete, DeleteRecord, lambda _, name: ctx.shelf.delete(name)),
        (records.clear, ClearRecords, lambda _, name: ctx.shelf.delete(name)),
        (records.restore, RestoreRecords, lambda _, name: ctx.shelf.restore(name)),
    )
    for listener, kind, act in shelf_changes:
        listener(_shelved(ctx, kind, act), here, [ctx.record, records], **QUIET)
    for changed in (ctx.record.change, ctx.history.change):
        changed(listed, here, records, **QUIET)
    ctx.record.change(_forget_selection, [ctx.record, ctx.selection], ctx.selection, **QUIET)
    rail["import"].upload(taken_in, [rail["import"], *here], [ctx.record, records], **QUIET)
    header["timer"].tick(for_the_page()(partial(header_value, ctx)), None, header["bar"], **QUIET)
    front = gr.Textbox(visible=False)  # filled in by the browser
    for tab in ctx.tabs.values():
        tab.select(_in_front, front, ctx.tab, js=IN_FRONT, **QUIET)
    header["bar"].language(
        relabel, ctx.visit, [ctx.visit, *(component for component, _, _ in ctx.labels)], **QUIET
    )


def _import(ctx: Ctx, archive: str, opened: str | None, most: int) -> tuple[Any, Any]:
    """Take in a record from elsewhere and open it."""
    try:
        name = import_zip(archive, ctx.folders[0], ctx.folders[1:]).name
        ctx.keep(name)
        return name, gr.skip()
    except LabError as error:
        return gr.skip(), rail_value(ctx, opened, str(error), most)


def _shelved(
    ctx: Ctx, kind: type[Any], act: Callable[[Any, str], None]
) -> Callable[..., tuple[Any, RailValue]]:
    """A handler that names, pins, deletes or brings back records: the record on the page and the
    list after it.

    Args:
        act: called with what the browser sent and the id of each record that it is about.
    """

    def about(wanted: Any) -> tuple[str, ...]:
        if isinstance(wanted, ClearRecords):
            return tuple(clearable(ctx))
        return wanted.records if isinstance(wanted, RestoreRecords) else (wanted.record,)

    def handle(request: gr.Request, record_id: str | None, most: int, event: gr.EventData) -> Any:
        done: list[str] = []
        told = ""
        with ctx.asking(request):
            try:
                wanted = message(kind, event)
                for name in about(wanted):
                    if not ctx.rooms.may_open(browser(), name):
                        raise BadInput(say("error.rail_shelf.not_yours"))
                    act(wanted, name)
                    done.append(name)
            except LabError as error:
                told = str(error)
            if not done or kind not in (DeleteRecord, ClearRecords):
                return gr.skip(), rail_value(ctx, record_id, told, most)
            left = first_record(ctx) if record_id in done else record_id
            rail = rail_value(ctx, left, told, most).model_copy(update={"deleted": tuple(done)})
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
