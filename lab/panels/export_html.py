"""A whole record as one HTML file, readable without network or lab.

The file holds the values of the live page's widgets, the very modules that draw them there, and
plotly.py's own plotly.js, packed together by gzip; a few lines unpack them in the browser, which is
told by a content policy that it may load nothing. Every value comes from the functions that make
it for the live page, so the numbers are the same.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from lab.errors import BadInput, LabError
from lab.files import ASSETS
from lab.panels.agent_colors import plan_of_record, roster_of
from lab.panels.break_it.break_results import find_result, results_caption
from lab.panels.break_it.break_value import GalleryValue
from lab.panels.break_it.gallery_cards import cards
from lab.panels.caption import caption
from lab.panels.drafts.drafts_pictures import draft_pictures, runs_with_drafts
from lab.panels.export_value import (
    ExportedBreakIt,
    ExportedDrafts,
    ExportedLens,
    ExportedMap,
    ExportedMemory,
    ExportedPage,
)
from lab.panels.run.ablation_value import kept_ablations
from lab.panels.run.lanes import lanes_state
from lab.panels.run.lanes_value import LanesValue
from lab.panels.run.replay_value import replay_pictures
from lab.panels.states.choose import Choice
from lab.panels.states.lens_values import (
    alignment_values,
    captured_agents,
    host_of_agent,
    lens_values,
    stored_grid,
    watched_value,
)
from lab.panels.states.map_frames import make_map
from lab.panels.states.map_values import map_values
from lab.panels.states.memory_values import cost_value, growth_value, lanes_of, strip_values
from lab.panels.states.moment_cards import moment_values
from lab.panels.states.moment_value import MomentValue
from lab.panels.states.projection import MapSettings, measure
from lab.panels.states.watch import answer_words, watch
from lab.panels.value import EmptyValue
from lab.panels.widget_values import HonestyView, PlotValue, notes_value
from lab.records import Record
from lab.words import (
    CLOSE,
    LANGUAGES,
    NUMERAL,
    OPEN,
    PART,
    for_the_page,
    known,
    read_texts,
    say,
    script_texts,
    texts_of,
)

TEMPLATE = ASSETS / "export"
MODULES = ASSETS / "js"
ENTRY = "exported.js"
MOST_LAYERS = 9
"""Layers on the map; more are thinned evenly, with a note."""
MOST_COLUMNS = 200
"""Columns of a lens heat-map."""
MOST_MOMENTS = 6_000
"""Cards behind “This moment”; in larger records, what was thought and said comes before prompts."""
_IMPORT = re.compile(r"(?<=from ')\./(?=[\w-]+\.js';)")


def export_html(record: Record, target: Path | str) -> Path:
    """Write the page.

    Returns:
        The file's path.

    Raises:
        BadInput: if the record holds no captured vectors, or the file cannot be written.
    """
    if not len(record.points):
        raise BadInput(say("error.export_html.record_holds_no_captured"))
    target = Path(target)
    with writing(target):
        target.write_text(page(record), encoding="utf-8")
    return target


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Whatever cannot be written there is said in one sentence.

    Raises:
        BadInput: with the system's reason.
    """
    try:
        yield
    except OSError as error:
        raise BadInput(
            say(
                "error.export_html.cannot_write_choose_another",
                target=target,
                strerror=error.strerror,
            )
        ) from error


def page(record: Record) -> str:
    """The file's content: the template with style, a few lines of script, and all else packed."""
    import plotly.offline

    with for_the_page():
        shown = _without_unsaid(content(record).plain())
    contents = {
        "page": shown,
        "modules": modules(),
        "plotly": plotly.offline.get_plotlyjs(),
    }
    text = json.dumps(contents, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text = _NUMERAL.sub(lambda found: f"{found[1]}{float(found[2]):.3g}", text)
    # mtime=0: the same record gives the same file
    packed = base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()
    own = [one for one in sorted((ASSETS / "css").glob("*.css")) if one.stem not in ELSEWHERE_CSS]
    sheets = [*own, TEMPLATE / "page.css"]
    parts = {
        "TITLE": html.escape(f"{texts_of('en')['page.title']}: {record.run_id}"),
        "STYLE": "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets),
        "BOOT": (TEMPLATE / "boot.js").read_text(encoding="utf-8"),
        "PACK": packed,
    }
    out = (TEMPLATE / "page.html").read_text(encoding="utf-8")
    for name, part in parts.items():
        out = out.replace(f"<!--{name}-->", part, 1)
    return out


_NUMERAL = re.compile(f"({OPEN}{NUMERAL})([^{PART}{CLOSE}]+)")
"""A number that a reader may have exact; the file, which must stay small, keeps three digits."""


def _without_unsaid(shown: dict[str, Any]) -> dict[str, Any]:
    """The page without what Python could say and does not: modules ask for other keys."""
    said = json.dumps({**shown, "words": None}, ensure_ascii=False)
    words = {
        language: {
            key: text
            for key, text in texts.items()
            if not key.startswith(("error.", "said.")) or key in said
        }
        for language, texts in shown["words"].items()
    }
    return shown | {"words": words}


def modules(entry: str = ENTRY) -> dict[str, str]:
    """The entry module and all that it imports, by the name under which they import each other.

    A module inside the file has no folder to find others in, so ``./widget.js`` becomes
    ``lab/widget.js``, a name that the page's import map knows.
    """
    out: dict[str, str] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if f"lab/{name}" in out:
            continue
        text = (MODULES / name).read_text(encoding="utf-8")
        waiting += [text[m.end() :].split("'", 1)[0] for m in _IMPORT.finditer(text)]
        out[f"lab/{name}"] = _IMPORT.sub("lab/", text)
    return out


ELSEWHERE_CSS = ("embed", "lessons", "models", "pair", "room")
"""Style sheets of what only a page with a server shows."""
ELSEWHERE = (
    "js.own",
    "js.pair",
    "said.own",
    "said.get",
    "js.lesson",
    "js.room",
    "lesson",
    "room.",
    "said.lesson",
    "said.room",
    "said.machines",
)
"""How keys of texts begin that only a page with a server shows."""


def _of_the_file(texts: dict[str, str]) -> dict[str, str]:
    return {key: text for key, text in texts.items() if not key.startswith(ELSEWHERE)}


def content(record: Record) -> ExportedPage:
    """Everything that the page shows."""
    table = {language: read_texts(language) for language in LANGUAGES}
    return ExportedPage(
        record=record.folder.name,
        title=known(record.meta.get("plan", {}).get("title") or record.run_id),
        caption=caption(record),
        words=script_texts({language: _of_the_file(texts) for language, texts in table.items()}),
        replay=replay_pictures(record, record.folder.name)[0],
        lanes=_lanes(record),
        ablation=kept_ablations(record, recorded=True),
        moments=tuple(_moments(record)),
        maps=tuple(_maps(record)),
        lenses=tuple(_lens(record, lane, agent) for lane, agent in captured_agents(record)),
        watched=_watched(record),
        memories=tuple(_memory(record, lane) for lane in lanes_of(record)),
        growth=growth_value(record),
        cost=cost_value(record),
        drafts=tuple(_drafts(record)),
        break_it=_break_it(record),
    )


def _lanes(record: Record) -> LanesValue:
    """The last picture."""
    events = record.events
    shown = lanes_state(events, roster_of(record), plan_of_record(record))
    status = {} if record.status == "running" else {"status": record.status}
    return shown.model_copy(update={"record": record.folder.name} | status)


def _moments(record: Record) -> list[MomentValue]:
    df = record.points
    ids = df["point_id"].to_numpy()
    if len(ids) > MOST_MOMENTS:
        ids = ids[np.argsort(df["kind"].to_numpy() == "prompt", kind="stable")][:MOST_MOMENTS]
    return moment_values(record, sorted(ids.tolist()))


def _maps(record: Record) -> list[ExportedMap]:
    """Of the most captured model first, from the last layer down."""
    df = record.points
    out = []
    for host in map(str, df["host"].value_counts().index):
        layers = sorted(int(v) for v in df[df["host"] == host]["layer"].unique())
        kept = {
            layers[round(i)] for i in np.linspace(0, len(layers) - 1, min(MOST_LAYERS, len(layers)))
        }
        thinned = (
            []
            if len(kept) == len(layers)
            else [say("said.export.only_of_layers_are_in", kept=len(kept), layers=len(layers))]
        )
        out += [_map(record, host, layer, thinned) for layer in sorted(kept, reverse=True)]
    return out


def _map(record: Record, host: str, layer: int, thinned: list[str]) -> ExportedMap:
    choice = Choice(host=host)
    try:
        data = make_map(record, choice, layer, MapSettings())
        plot, under = map_values(record, data, choice, live=False)
    except LabError as error:
        empty = EmptyValue(empty=str(error))
        return ExportedMap(host=host, layer=layer, plot=empty, notes=notes_value(thinned))
    try:
        honesty = HonestyView.of(measure(data))
    except BadInput as error:
        honesty, thinned = None, [str(error), *thinned]
    lines = (*under.lines, *thinned)
    notes = under.model_copy(update={"lines": lines, "honesty": honesty})
    return ExportedMap(host=host, layer=layer, plot=plot, notes=notes)


def _lens(record: Record, lane: str, agent: str) -> ExportedLens:
    alignment, told = alignment_values(record, lane, agent)
    plot: PlotValue | EmptyValue
    try:
        grid = stored_grid(record, lane, agent, most=MOST_COLUMNS)
        plot, notes = lens_values(record, lane, agent, grid, most=MOST_COLUMNS)
    except BadInput as error:
        plot, notes = EmptyValue(empty=str(error)), notes_value()
    return ExportedLens(
        lane=lane,
        agent=agent,
        host=host_of_agent(record, lane, agent),
        plot=plot,
        notes=notes,
        alignment=alignment,
        alignment_notes=told,
    )


def _watched(record: Record) -> PlotValue | None:
    try:
        return watched_value(record, watch(record, answer_words(record)))
    except BadInput:
        return None


def _memory(record: Record, lane: str) -> ExportedMemory:
    strip, notes = strip_values(record, lane)
    return ExportedMemory(lane=lane, strip=strip, notes=notes)


def _drafts(record: Record) -> list[ExportedDrafts]:
    """The last reader of a lane first, as the live page shows it."""
    out = []
    for run in runs_with_drafts(record):
        for reader in reversed(run.readers):
            made = draft_pictures(record, run.lane, reader.agent)
            out.append(
                ExportedDrafts(
                    lane=run.lane,
                    title=run.title,
                    stage=made.stage,
                    flow=made.flow,
                    waiting=made.waiting,
                    confidence=made.confidence,
                )
            )
    return out


def _break_it(record: Record) -> ExportedBreakIt | None:
    """The shipped failure experiment, if it measured a model of this record."""
    table = find_result([ASSETS / "experiments"], "constraints")
    if table is None:
        return None
    reference = [str(host.get("digest")) for host in table.meta["hosts"].values()][:1]
    known = {str(host.get("digest")) for host in record.meta.get("hosts", {}).values()}
    if not known.intersection(reference):
        return None
    return ExportedBreakIt(
        gallery=GalleryValue(cards=cards(table), recorded=True), caption=results_caption(table)
    )
