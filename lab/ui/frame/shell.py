"""Header, history rail and address: what surrounds the tabs, and how a record, a tab and a moment
come to the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from pydantic import ValidationError

from lab.errors import LabError
from lab.panels.states.choose import point_at, selection_at
from lab.panels.style import number
from lab.panels.value import Pick, Selection
from lab.presets import starting_preset
from lab.records import import_zip, list_records
from lab.ui.frame.address import LOOK, STEPS, Address, Arrival, entries, keys, parse
from lab.ui.frame.context import QUIET, Ctx
from lab.ui.frame.frame_values import (
    AddressOpened,
    AddressValue,
    HeaderValue,
    HostLine,
    LanguageChoice,
    OpenRecord,
    RailAnswer,
    RailRecord,
    RailValue,
)
from lab.ui.frame.waiting import browser
from lab.ui.widgets import Kind, message
from lab.words import LANGUAGES, for_the_page, known, say, shown

ADDRESS_KEYS = tuple(key for key in keys() if key not in LOOK)
HEARTBEAT_SECONDS = 4.0
RAIL_LENGTH = 60
HEADER = Kind("header.js", HeaderValue, {"language": LanguageChoice})
ADDRESS = Kind("address.js", AddressValue, {"went": AddressOpened})
RAIL = Kind("rail.js", RailValue, {"open": OpenRecord})


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
    hidden = ctx.rooms.hidden(browser())
    for i, folder in enumerate(ctx.folders):
        for item in list_records(folder)[:RAIL_LENGTH]:
            name = Path(item["folder"]).name
            if i == 0 and name in hidden:
                continue
            if any(name == known.id for known in items):
                # a record of the user's own with the same name is found first, see `Ctx.folder_of`
                continue
            items.append(
                RailRecord(
                    id=name,
                    title=known(str(item["question"] or item["title"] or item["id"])),
                    name=str(item["name"]),
                    created=str(item["created"]),
                    status=str(item["status"]),
                    message=str(item["message"]),
                    question=str(item["question"]),
                    shipped=i > 0,
                    answers=tuple(
                        RailAnswer(title=known(a["title"]), text=a["answer"], correct=a["correct"])
                        for a in item["answers"]
                    ),
                )
            )
    return RailValue(records=tuple(items), open=opened, message=message)


def first_record(ctx: Ctx) -> str | None:
    """What the page opens on: a shipped run of its starting preset if there is one, else the newest
    record."""
    for folder in reversed(ctx.folders):
        finished = [item for item in list_records(folder) if item["status"] == "finished"]
        for item in sorted(finished, key=lambda item: item["name"] != starting_preset()):
            return Path(item["folder"]).name
    return None


def wire(
    ctx: Ctx, page: gr.Blocks, header: dict[str, Any], rail: dict[str, Any], container: gr.Tabs
) -> None:
    """Connect everything around the tabs."""
    records = rail["records"]

    def arrive(request: gr.Request) -> list[Any]:
        with ctx.asking(request):
            return _open(ctx, parse(dict(request.query_params)), 0, None, 0)

    def went(
        request: gr.Request, event: gr.EventData, record_id: str | None, visit: int
    ) -> list[Any]:
        try:
            came = message(AddressOpened, event)
            with ctx.asking(request):
                return _open(ctx, parse(came.query), came.serial, record_id, visit)
        except LabError:
            return [gr.skip()] * len(opening)

    def goes(query: Callable[[gr.EventData], str]) -> Callable[..., list[Any]]:
        def go(
            request: gr.Request,
            event: gr.EventData,
            record_id: str | None,
            visit: int,
            serial: int,
        ) -> list[Any]:
            try:
                with ctx.asking(request):
                    return _open(ctx, parse(query(event)), serial, record_id, visit)
            except LabError:
                return [gr.skip()] * len(opening)

        return go

    def opened(request: gr.Request, event: gr.EventData, record_id: str | None) -> Any:
        with ctx.asking(request):
            try:
                wanted = message(OpenRecord, event).record
                ctx.folder_of(wanted)
                return wanted, gr.skip(), Address()
            except LabError as error:
                return gr.skip(), rail_value(ctx, record_id, str(error)), gr.skip()

    def told(
        request: gr.Request,
        serial: int,
        record_id: str | None,
        tab: str,
        chosen: Selection | None,
        *values: Any,
    ) -> AddressValue:
        with ctx.asking(request):
            made = address_value(ctx, record_id, tab, chosen, values)
        return made.model_copy(update={"serial": serial})

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

    put = [out for share in ctx.shares for out in share.outputs]
    opening = [
        ctx.record,
        ctx.tab,
        container,
        ctx.selection,
        ctx.arrived,
        ctx.visit,
        ctx.serial,
        header["address"],
        *put,
    ]
    page.load(arrive, None, opening, **QUIET)
    header["address"].went(went, [ctx.record, ctx.visit], opening, **QUIET)
    for listener, query in ctx.openers:
        listener(goes(query), [ctx.record, ctx.visit, ctx.serial], opening, **QUIET)
    records.open(opened, ctx.record, [ctx.record, records, ctx.arrived], **QUIET)
    for changed in (ctx.record.change, ctx.history.change):
        changed(listed, ctx.record, records, **QUIET)
    ctx.record.change(_forget_selection, [ctx.record, ctx.selection], ctx.selection, **QUIET)
    rail["import"].upload(taken_in, [rail["import"], ctx.record], [ctx.record, records], **QUIET)
    header["timer"].tick(for_the_page()(partial(header_value, ctx)), None, header["bar"], **QUIET)
    for name, tab in ctx.tabs.items():
        tab.select(partial(str, name), None, ctx.tab, **QUIET)
    for source in ctx.picks:
        source.pick(picked, [ctx.record, ctx.selection], ctx.selection, **QUIET)
    watched = [value for share in ctx.shares for value in share.inputs]
    gr.on(
        [
            *(state.change for state in (ctx.record, ctx.tab, ctx.selection)),
            *(change for share in ctx.shares for change in share.changes),
        ],
        told,
        [ctx.serial, ctx.record, ctx.tab, ctx.selection, *watched],
        header["address"],
        trigger_mode="always_last",
        **QUIET,
    )
    header["bar"].language(
        relabel, ctx.visit, [ctx.visit, *(component for component, _, _ in ctx.labels)], **QUIET
    )


def _open(ctx: Ctx, arrival: Arrival, serial: int, record_id: str | None, visit: int) -> list[Any]:
    """Bring to the page what an address says; a missing record is named where it would have stood.

    Args:
        serial: the browser's number of this address.
        record_id: of the record on the page.
        visit: the last one.
    """
    address = arrival.address
    wanted = address.record or first_record(ctx)
    address = arrival.address = address.model_copy(update={"record": wanted})
    tab = address.tab or "side_by_side"
    if tab not in ctx.tabs:
        arrival.ignore("tab")
        tab = "side_by_side"
    selection = None
    if wanted and address.point is not None:
        try:
            selection = selection_at(ctx.open(wanted), wanted, address.point)
        except LabError:
            arrival.ignore("point")
    put = [value for share in ctx.shares for value in share.put(arrival)]
    notice = ""
    if arrival.ignored:
        notice = say("said.address.ignored", names=", ".join(arrival.ignored))
    value = AddressValue(notice=notice, selection=selection, serial=serial)
    again = visit + 1 if wanted == record_id else gr.skip()
    opened = [wanted, tab, gr.Tabs(selected=tab), selection, arrival.address, again, serial]
    return [*opened, value, *put]


def address_value(
    ctx: Ctx,
    record_id: str | None,
    tab: str,
    selection: Selection | None,
    values: Sequence[Any],
) -> AddressValue:
    """The address of what the page shows.

    Args:
        values: of the inputs of all shares, one after the other.
    """
    said: dict[str, Any] = {
        "record": record_id,
        "tab": tab,
        "point": selection.point_id if selection and selection.lies_in(record_id) else None,
    }
    rest = iter(values)
    for share in ctx.shares:
        own = [next(rest) for _ in share.inputs]
        try:
            said |= share.read(*own)
        except LabError:
            continue
    fields = {}
    for name, value in said.items():
        try:
            fields[name] = getattr(Address.model_validate({name: value}), name)
        except ValidationError:
            continue
    return AddressValue(
        keys=ADDRESS_KEYS, entries=entries(Address(**fields)), steps=STEPS, selection=selection
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
        ctx.rooms.keep_record(browser(), name)
        return name, gr.skip()
    except LabError as error:
        return gr.skip(), rail_value(ctx, opened, str(error))


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
