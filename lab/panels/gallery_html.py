"""Finished runs as a folder of files for any web server, or none: a page that lists them with what
each shows, and every run as the page of `lab.panels.export_html`.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.errors import BadInput
from lab.files import ASSETS
from lab.panels.agent_colors import roster_of
from lab.panels.export_html import export_html, writing
from lab.panels.run.lanes import lanes_state
from lab.panels.run.lanes_value import LanesValue, LaneView
from lab.records import Record
from lab.words import LANGUAGES, for_the_page, known, say, shown

TEMPLATE = ASSETS / "export" / "gallery.html"
INDEX = "index.html"
MOST_LANES = 6
SIGNS = {True: ("right", "✓"), False: ("wrong", "✗"), None: ("open", "·")}


@dataclass(frozen=True)
class GalleryCase:
    """One finished run."""

    file: str
    """Name of its page in the folder."""
    about: str
    """What it shows, in a line."""
    lanes: LanesValue


def write_gallery(records: Sequence[Record], folder: Path | str) -> Iterator[Path]:
    """Write the pages of some runs, one by one, and at last the one that lists them.

    Args:
        records: finished ones, in the order of the list.
        folder: made if it is not there; files of the same names are written anew.

    Yields:
        The path of each file when it is there.

    Raises:
        BadInput: if a record is still running or holds no captured vectors, or a file cannot be
            written.
    """
    folder = Path(folder)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    cases = []
    for record in records:
        if record.status == "running":
            raise BadInput(say("error.gallery.still_running", name=record.folder.name))
        file = f"{record.folder.name}.html"
        yield export_html(record, folder / file)
        with for_the_page():
            lanes = lanes_state(record.events, roster_of(record), record.plan)
            cases.append(GalleryCase(file, known(record.plan.about), lanes))
    with writing(folder / INDEX):
        (folder / INDEX).write_text(gallery_page(cases), encoding="utf-8")
    yield folder / INDEX


def gallery_page(cases: Sequence[GalleryCase]) -> str:
    """The page that lists them, in both languages; whoever reads it chooses.

    Args:
        cases: in order.
    """
    with for_the_page():
        title, lead = _both(say("gallery.title")), _both(say("gallery.lead"))
        listed = "".join(map(_case, cases))
    body = f'<h1>{title}</h1><p class="lead">{lead}</p><ol class="cases">{listed}</ol>'
    return TEMPLATE.read_text(encoding="utf-8").replace("<!--BODY-->", body, 1)


def _case(case: GalleryCase) -> str:
    lanes = "".join(_lane(lane) for lane in case.lanes.lanes[:MOST_LANES])
    return (
        f'<li><a href="{html.escape(case.file)}"><h2>{_both(case.lanes.question)}</h2></a>'
        f"<p>{_both(case.about)}</p><ul>{lanes}</ul></li>"
    )


def _lane(lane: LaneView) -> str:
    kind, sign = SIGNS[lane.correct]
    rate = ""
    if lane.rate is not None:
        of_others = say("gallery.rate", share=round(100 * lane.rate.value), n=lane.rate.n)
        rate = f"<small>{_both(of_others)}</small>"
    said = html.escape(lane.value or lane.answer)
    answer = f'{_both(lane.title)}: <q lang="en">{said}</q>'
    return f'<li class="{kind}"><i>{sign}</i> {answer} {rate}</li>'


def _both(text: str) -> str:
    """The text in every language, of which the page shows one; only once where all are the same."""
    told = {language: html.escape(shown(text, language)) for language in LANGUAGES}
    if len(set(told.values())) == 1:
        return told["en"]
    return "".join(f'<span lang="{language}">{one}</span>' for language, one in told.items())
