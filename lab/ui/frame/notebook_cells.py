"""Notebooks that the page gives along: their cells, and texts in them.

Texts of a record may come from strangers: in a cell of code they stand as Python's own literals, in
one of text they are escaped.
"""

from __future__ import annotations

import json
from pprint import pformat
from typing import Any

from lab.notebook import safe
from lab.ui.frame.menus import in_menu
from lab.words import for_the_page, say

LINE = 96
"""Letters of a line of code."""


def notebook_bytes(cells: list[dict[str, Any]]) -> bytes:
    """The notebook as a file.

    Args:
        cells: of `text_cell` and `code_cell`, in order.
    """
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book = {
        "cells": cells,
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(book, indent=1).encode()


def text_cell(source: str) -> dict[str, Any]:
    """A cell of text.

    Args:
        source: Markdown.
    """
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code_cell(source: str) -> dict[str, Any]:
    """A cell of code that has not run yet.

    Args:
        source: Python.
    """
    nothing: dict[str, Any] = {"execution_count": None, "outputs": []}
    return {"cell_type": "code", "metadata": {}, "source": source, **nothing}


def literal(data: Any) -> str:
    """Plain data as Python writes it."""
    return pformat(data, width=LINE, sort_dicts=False)


def plain(text: str) -> str:
    """A text of a record or a model without markup of any kind."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]#|~$" else sign for sign in safe(text))


def said(key: str, **values: str) -> str:
    """A text in the language of whoever asks."""
    with for_the_page():
        return in_menu(say(key, **values))
