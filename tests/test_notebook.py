"""Notebook display: nothing that comes from data can be markup."""

import re

import pytest

import lab
from lab.notebook import LONGEST, card, grid, safe

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&\u202e\x1b[2J"


def tags(markup: str) -> set[str]:
    return set(re.findall(r"<\s*/?\s*([a-zA-Z]+)", markup))


@pytest.mark.parametrize(
    "markup",
    [
        card(HOSTILE, [(HOSTILE, HOSTILE)], HOSTILE),
        grid(HOSTILE, [HOSTILE], [[HOSTILE]], HOSTILE),
    ],
)
def test_hostile_texts_stay_texts(markup: str) -> None:
    assert tags(markup) <= {"div", "b", "table", "tr", "th", "td", "small"}
    assert "\u202e" not in markup and "\x1b" not in markup
    assert markup.count("&lt;script&gt;") == 4


def test_the_wrong_variant_would_be_seen() -> None:
    assert "script" in tags(f"<div>{HOSTILE}</div>")


def test_long_texts_are_cut() -> None:
    assert len(safe("x" * 10_000)) == LONGEST
    assert safe("x" * LONGEST) == "x" * LONGEST


def test_every_object_of_the_face_shows_itself_in_one_line_and_as_a_table() -> None:
    base = lab.load("pocket-base")
    memory = lab.think(base, lab.problem("ledger", 11), 4, agent="<b>Ada</b>")
    record = lab.open_record("side-by-side")
    answer = lab.speak(base, lab.problem("ledger", 11), role="solo")
    assert repr(base) == "Host('pocket-base', 1,048,000 parameters, 5 layers of width 128, cpu)"
    assert re.fullmatch(
        r"LatentMemory\(pocket-base, \d+ slots: <b>Ada</b>: \d+ prompt, <b>Ada</b>: 4 latent\)",
        repr(memory),
    )
    assert repr(record).startswith("Record('side-by-side', finished, ")
    for shown in (base, memory, record, answer):
        assert "\n" not in repr(shown)
        assert "<table>" in shown._repr_html_()
    assert "&lt;b&gt;Ada" in memory._repr_html_() and "<b>Ada" not in memory._repr_html_()
