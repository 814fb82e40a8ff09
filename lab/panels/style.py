"""One place for the palette, shapes, number formats and the display of untrusted words.

Colours say *who* (`lab.panels.agent_colors` decides which), and a shape or a pattern always
repeats what the colour says. Figures are transparent and carry no theme; the page (or `themed`)
sets ink and grid for light or dark. The module knows nothing of records.
"""

from __future__ import annotations

import html
import math
import unicodedata
from collections.abc import Iterable
from typing import Any, Protocol

import plotly.graph_objects as go

from lab.words import Sayings, numeral, said

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
MORE_COLORS = ("#999933", "#8A6FB0")
"""Two hues that can be told from the six."""
SYMBOLS = (
    "circle",
    "square",
    "diamond",
    "triangle-up",
    "cross",
    "star",
    "hexagon",
    "triangle-down",
    "x",
    "pentagon",
)
SYMBOLS_3D = (
    "circle",
    "square",
    "diamond",
    "cross",
    "x",
    "circle-open",
    "square-open",
    "diamond-open",
)
SEQUENTIAL = "Cividis"
DIVERGING = "RdBu"
NEUTRAL = "#8a8f98"
"""Grey for controls, missing values and things nobody owns."""

KIND_WORD = Sayings(
    {"prompt": "said.style.prompt", "latent": "said.style.latent_step", "token": "said.style.token"}
)

THEMES: dict[str, dict[str, str]] = {
    "light": {"ink": "#1C2430", "paper": "#ffffff", "grid": "#dfe3e8"},
    "dark": {"ink": "#e8ebf0", "paper": "#14181f", "grid": "#363d48"},
}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans CJK SC', sans-serif"


# --- colours and shapes
# --------------------------------------------------------------------------------------------------


def mix(color: str, other: str, share: float) -> str:
    """``color`` with ``share`` (0 to 1) of ``other``; both and the result ``#rrggbb``."""
    a, b = _rgb(color), _rgb(other)
    return "#" + "".join(f"{round(x + (y - x) * share):02X}" for x, y in zip(a, b, strict=True))


def rgba(color: str, alpha: float) -> str:
    """``#rrggbb`` and an opacity as a CSS ``rgba()`` colour."""
    return "rgba({},{},{},{:.3g})".format(*_rgb(color), alpha)


def contrast(a: str, b: str) -> float:
    """WCAG 2 contrast ratio of two ``#rrggbb`` colours, 1 to 21."""
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    channels = [c / 255 for c in _rgb(color)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


# --- numbers
# --------------------------------------------------------------------------------------------------


def number(value: float | None, unit: str = "") -> str:
    """Three significant digits with the unit (“0.123 nats”); a dash for what is not known. On the
    page the reader chooses the digits."""
    if isinstance(value, float) and math.isfinite(value):
        left = numeral(value, unit)
        if left is not None:
            return left
    if value is None or not math.isfinite(value):
        text = "–" if value is None or math.isnan(value) else ("∞" if value > 0 else "−∞")
    elif isinstance(value, int):
        text = f"{value:,}".replace(",", "\u202f")
    elif value != 0 and not 1e-3 <= abs(value) < 1e6:
        text = f"{value:.2e}"
    else:
        digits = 2 if value == 0 else max(0, 2 - math.floor(math.log10(abs(float(f"{value:.3g}")))))
        text = f"{float(f'{value:.3g}'):.{digits}f}" if value else "0"
    text = text.replace("-", "−", 1) if text.startswith("-") else text
    return f"{text} {unit}" if unit and text != "–" else text


def interval(mean: float, half: float, n: int) -> str:
    """A share with its 95 % half-width and sample size: “0.93 ± 0.03, n = 200”."""
    return f"{spread(mean, half, share=True)}, n = {n}"


def spread(value: float, half: float, *, share: bool = False) -> str:
    """A figure with the half-width of its interval: “0.93 ± 0.03”; a share may be “93 ± 3 %” on the
    page."""
    if math.isfinite(value) and math.isfinite(half):
        left = numeral(value, "share" if share else "", half)
        if left is not None:
            return left
    return f"{value:.2f} ± {half:.2f}" if share else f"{number(value)} ± {number(half)}"


def share(value: float | None) -> str:
    """A fraction as per cent with three significant digits."""
    return number(None if value is None else 100 * float(value), "%")


def amount_of_bytes(count: float | None) -> str:
    """Bytes in the largest decimal unit that keeps the number at 1 or more: “62.1 KB”, “1.20
    MB”."""
    if count is None:
        return "–"
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if count >= size:
            return number(float(count / size), unit)
    return f"{int(count)} B"


def duration(seconds: float | None) -> str:
    """Seconds, in ms below one second: “12.3 ms”, “4.56 s”."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    return number(float(seconds) * 1e3, "ms") if abs(seconds) < 1 else number(float(seconds), "s")


# --- words of strangers
# --------------------------------------------------------------------------------------------------


def visible(text: str, limit: int = 40) -> str:
    """Text of a token or prompt made safe to *see*: white space, control and direction marks become
    visible signs.

    The result is plain text; escape it with `escaped` where Plotly or HTML would read markup.
    """
    if said(text):
        return text
    signs = {"\n": "↵", "\t": "⇥", "\r": "␍", "\u00a0": "⍽"}
    out = [
        signs.get(c) or (_code(c) if unicodedata.category(c) in _UNSEEN else c)
        for c in text[: limit * 4]
    ]
    shown = "".join(out)
    if shown.startswith(" ") and shown.strip():
        shown = "␣" + shown[1:]
    elif shown and not shown.strip():
        shown = "␣" * len(shown)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _code(char: str) -> str:
    point = ord(char)
    return chr(0x2400 + point) if point < 0x20 else f"⟨U+{point:04X}⟩"


def escaped(text: str, limit: int = 40) -> str:
    """`visible` text with HTML's special signs escaped: what Plotly's labels and hover texts may be
    given."""
    return html.escape(visible(text, limit), quote=False)


def brief(text: str, limit: int = 9) -> str:
    """`escaped` without the sign for a leading space: for cells and ticks, where nearly every word
    begins with one."""
    shown = visible(text.lstrip(" ␣▁") or text, limit)
    return html.escape(shown, quote=False)


# --- figures
# --------------------------------------------------------------------------------------------------


TEMPLATE = go.layout.Template(
    layout={"xaxis": {"title": {"font": {"size": 13}}}, "yaxis": {"title": {"font": {"size": 13}}}}
)
"""Plotly's own defaults but for the size of axis titles, in every subplot."""


def figure(title: str = "", height: int = 460, **layout: Any) -> go.Figure:
    """An empty transparent figure with the lab's font, margins and a stable ``uirevision``.

    Args:
        title: plain text; escaped here.
        layout: further Plotly layout entries.
    """
    fig = go.Figure(layout={"template": TEMPLATE})
    fig.update_layout(
        title={
            "text": html.escape(title, quote=False),
            "font": {"size": 15},
            "x": 0,
            "xref": "paper",
        }
        if title
        else None,
        height=height,
        font={"family": FONT, "size": 13},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 56, "r": 16, "t": 40 if title else 16, "b": 48},
        hoverlabel={"align": "left", "font": {"family": FONT}},
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0},
        uirevision="keep",
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": NEUTRAL, "activecolor": OKABE_ITO[0]},
        dragmode="pan",
    )
    fig.update_layout(**layout)
    return fig


def legend_below(fig: go.Figure, rows: int = 1) -> go.Figure:
    """Room under the axis for so many rows of the legend."""
    return fig.update_layout(margin_b=58 + 22 * rows)


def stack_on_phones(fig: go.Figure) -> go.Figure:
    """Ask the page to put panels that stand side by side under each other where it is narrow."""
    return fig.update_layout(meta={"stack": True})


def span(low: float, high: float) -> str:
    """An interval of a share in per cent, “79 – 89 %”; as the first of a mark's ``customdata`` it
    says that the mark is no point of a record."""
    return f"{100 * low:.0f} – {100 * high:.0f} %"


class Interval(Protocol):
    """A figure with its interval: a `lab.stats.Estimate`, or a row of a result's summary."""

    @property
    def value(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


def whiskers(found: Iterable[Interval], **look: object) -> dict[str, object]:
    """Error bars (``error_x`` or ``error_y``) from figure to interval, in the order of the marks.

    Args:
        look: of Plotly's error bars: ``thickness``, ``color``.
    """
    shown = list(found)
    return {
        "array": [e.high - e.value for e in shown],
        "arrayminus": [e.value - e.low for e in shown],
        **look,
    }


def colorbar(title: str) -> dict[str, Any]:
    """A slim colour bar whose title fits beside a low figure."""
    return {
        "title": {"text": title, "side": "right", "font": {"size": 12}},
        "thickness": 12,
        "tickfont": {"size": 11},
    }


def empty_figure(sentence: str, height: int = 320) -> go.Figure:
    """A figure that says in one sentence why there is no picture."""
    fig = figure(height=height, xaxis={"visible": False}, yaxis={"visible": False})
    fig.add_annotation(
        text=html.escape(sentence, quote=False),
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        showarrow=False,
        width=460,
    )
    return fig


def themed(fig: go.Figure, theme: str) -> go.Figure:
    """A copy with ink, paper and grid of ``light`` or ``dark``: for exports, where no page sets
    them."""
    colors = THEMES[theme]
    out = go.Figure(fig)
    out.update_layout(
        font_color=colors["ink"], paper_bgcolor=colors["paper"], plot_bgcolor=colors["paper"]
    )
    axis = {
        "gridcolor": colors["grid"],
        "zerolinecolor": colors["grid"],
        "linecolor": colors["grid"],
    }
    out.update_xaxes(**axis)
    out.update_yaxes(**axis)
    return out
