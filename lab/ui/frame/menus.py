"""Choices that depend on a record, in the language of whoever asks.

Gradio's menus know no keys (`lab.words`), so their choices are filled in before they leave: the
browser says its language in a cookie.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from lab.words import LANGUAGES, known, shown

COOKIE = "lab-language"
"""Written by ``assets/js/state.js``."""
_language: contextvars.ContextVar[str] = contextvars.ContextVar("language", default=LANGUAGES[0])


@contextmanager
def read_in(cookies: Mapping[str, str]) -> Iterator[None]:
    """Within it, menus are in the language that the cookies say, else in English."""
    language = cookies.get(COOKIE, "")
    token = _language.set(language if language in LANGUAGES else LANGUAGES[0])
    try:
        yield
    finally:
        _language.reset(token)


def reading() -> str:
    """The language of whoever asks."""
    return _language.get()


def in_menu(text: str) -> str:
    """A text of `lab.words` in the language that menus are read in."""
    return shown(text, _language.get())


def menu(values: Iterable[str], called: Callable[[str], str] = known) -> list[tuple[str, str]]:
    """Choices of a menu: what each value is called, and the value.

    Args:
        values: in their order.
        called: what the page calls a value.
    """
    return [(in_menu(called(value)), value) for value in values]
