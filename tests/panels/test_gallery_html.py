"""Finished runs as a folder of pages: every run is listed with its answers, opens, and says nothing
that is not its own.
"""

import html
import re

import pytest

from lab.errors import BadInput
from lab.events import LaneFinished
from lab.files import ASSETS
from lab.panels.gallery_html import write_gallery
from lab.records import Record
from lab.words import LANGUAGES, texts_of
from tests.make_record import make_record

RELAY = ASSETS / "records" / "relay"


def test_every_run_is_listed_with_its_answers_and_opens(tmp_path):
    record = Record.open(RELAY)
    written = list(write_gallery([record], tmp_path / "new"))
    assert [path.name for path in written] == ["relay.html", "index.html"]
    page = written[-1].read_text(encoding="utf-8")
    assert re.findall(r'href="([^"]+)"', page) == ["relay.html"]
    ends = [event for event in record.events if isinstance(event, LaneFinished)]
    lead = len(LANGUAGES)  # it says in each what the signs mean
    assert page.count("✓") - lead == sum(event.correct is True for event in ends)
    assert page.count("✗") - lead == sum(event.correct is False for event in ends)
    for language in LANGUAGES:
        assert html.escape(texts_of(language)["gallery.title"]) in page
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)


def test_what_a_record_says_stays_text(tmp_path):
    folder = make_record(tmp_path / "run<b>")
    told = (folder / "record.json").read_text(encoding="utf-8")
    events = (folder / "events.jsonl").read_text(encoding="utf-8")
    question = Record.open(folder).problem.question
    for name, text in (("record.json", told), ("events.jsonl", events)):
        hostile = text.replace(question, "<script>alert(1)</script>")
        (folder / name).write_text(hostile, encoding="utf-8")
    page = list(write_gallery([Record.open(folder)], tmp_path / "out"))[-1]
    text = page.read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert 'href="run&lt;b&gt;.html"' in text


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="Cannot write"):
        list(write_gallery([], tmp_path / "file" / "folder"))
