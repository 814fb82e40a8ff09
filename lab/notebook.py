"""How the lab's objects show themselves in a notebook: a small table, every text of it escaped.

Tokens, names and sentences may come from strangers, so markup never comes from data.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

LONGEST = 400
"""Characters of one text that are shown."""
_CELL = 'style="text-align:left;vertical-align:top;padding:2px 12px 2px 0"'


def card(title: str, rows: Iterable[tuple[str, object]], note: str = "") -> str:
    """A heading, a line per (name, value), and a sentence below, as HTML."""
    lines = "".join(
        f"<tr><th {_CELL}>{safe(name)}</th><td {_CELL}>{safe(value)}</td></tr>"
        for name, value in rows
    )
    below = f"<div><small>{safe(note)}</small></div>" if note else ""
    return f"<div><b>{safe(title)}</b><table>{lines}</table>{below}</div>"


def grid(title: str, heads: Sequence[str], rows: Iterable[Sequence[object]], note: str = "") -> str:
    """A heading, a table with a line of column names, and a sentence below, as HTML."""
    top = "".join(f"<th {_CELL}>{safe(head)}</th>" for head in heads)
    lines = "".join(
        "<tr>" + "".join(f"<td {_CELL}>{safe(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    below = f"<div><small>{safe(note)}</small></div>" if note else ""
    return f"<div><b>{safe(title)}</b><table><tr>{top}</tr>{lines}</table>{below}</div>"


def safe(value: object) -> str:
    """A value as text that cannot be markup: escaped, signs that cannot be seen shown as ``·``, cut
    at `LONGEST`."""
    text = str(value)
    cut = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return html.escape("".join(c if c.isprintable() else "·" for c in cut))
