"""Colours, number formats and the display of hostile words."""

import pytest

from lab.panels import style
from lab.words import for_the_page, said, shown


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.12345, "nats", "0.123 nats"),
        (12.345, "ms", "12.3 ms"),
        (123456.0, "", "123000"),
        (41, "tokens", "41 tokens"),
        (1234567, "", "1\u202f234\u202f567"),
        (-0.5, "", "−0.500"),
        (0.9999, "", "1.00"),
        (None, "s", "–"),
        (float("nan"), "s", "–"),
        (2e-5, "", "2.00e-05"),
        (0.0, "MB", "0 MB"),
    ],
)
def test_numbers_have_three_digits_and_a_unit(value, unit, text):
    assert style.number(value, unit) == text


def test_amounts():
    assert style.amount_of_bytes(62_100) == "62.1 KB"
    assert style.amount_of_bytes(12) == "12 B"
    assert style.duration(0.0123) == "12.3 ms"
    assert style.share(0.305) == "30.5 %"
    assert style.interval(0.931, 0.034, 200) == "0.93 ± 0.03, n = 200"


@pytest.mark.parametrize(
    "bad",
    [
        "<img src=x onerror=alert(1)>",
        "${alert(1)}",
        "`x`",
        "\x00\x1b[31m",
        "\u202eevil",
        "a\u2028b",
    ],
)
def test_hostile_tokens_become_visible_text(bad):
    shown = style.escaped(bad)
    assert "<" not in shown
    assert not any(c in shown for c in "\x00\x1b\u202e\u2028")
    assert shown


def test_white_space_can_be_seen():
    assert style.visible(" Eve") == "␣Eve"
    assert style.visible("  ") == "␣␣"
    assert style.visible("\n") == "↵"
    assert len(style.visible("x" * 500)) == 40


def test_text_colour_reaches_contrast():
    assert style.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert all(style.contrast(t["ink"], t["paper"]) >= 4.5 for t in style.THEMES.values())


def test_figures_and_titles_escape_markup():
    fig = style.empty_figure("<b>no</b>")
    assert "<b>" not in fig.to_json()
    assert style.themed(fig, "dark").layout.font.color == style.THEMES["dark"]["ink"]


def test_on_the_page_a_number_is_left_to_its_reader_and_elsewhere_not() -> None:
    with for_the_page():
        left = [style.number(0.98765, "nats"), style.spread(0.8, 0.05, share=True), style.share(1)]
        assert all(said(text) for text in left)
        assert left[1] == "\ue000#0.8|share|0.05\ue003"
        assert shown(left[0], "en") == "0.988 nats"
        assert style.number(1234) == "1\u202f234"
        assert style.number(None) == style.number(float("nan")) == "–"
    assert style.number(0.98765, "nats") == "0.988 nats"
    assert style.spread(0.8, 0.05, share=True) == "0.80 ± 0.05"
