"""All texts of the page, in English and Chinese, as the page uses them: see `lab.words`.

Keys that start with ``js.`` are read by the widgets in the browser; all others by Python. A missing
translation falls back to English, a missing key is a defect and raises.
"""

from __future__ import annotations

import json
from typing import Any

from lab.glossary import glossary_for_page
from lab.words import LANGUAGES, phrases, read_texts, widget_texts


class Words:
    """The texts by language."""

    def __init__(self, table: dict[str, dict[str, str]] | None = None) -> None:
        """
        Args:
            table: texts by language and key; by default those of ``assets/words``.
        """
        if table is None:
            table = {language: read_texts(language) for language in LANGUAGES}
        self.table = {language: dict(table.get(language, {})) for language in LANGUAGES}
        self._shown: dict[str, str] = {}

    def text(self, language: str, key: str, **values: Any) -> str:
        """The text of a key with its ``{placeholders}`` filled.

        Raises:
            KeyError: if even English lacks the key: a defect of the page.
        """
        template = self.table.get(language, {}).get(key) or self.table["en"][key]
        return template.format(**values) if values else template

    def shown(self, language: str, text: str) -> str:
        """A text that Python says in English, in the page's language; unknown ones stay."""
        if language == "en":
            return text
        if not self._shown:
            english = self.table["en"]
            self._shown = {text: key for key, text in english.items() if not key.startswith("js.")}
        key = self._shown.get(text)
        return self.table.get(language, {}).get(key, text) if key else text

    def script(self) -> str:
        """A script element that gives the browser the ``js.`` texts as ``window.LAB_WORDS``, and
        the pairs of what Python says in English and its Chinese as ``window.LAB_PHRASES``."""
        return (
            f"<script>window.LAB_WORDS = {_quoted(widget_texts(self.table))};"
            f"window.LAB_PHRASES = {_quoted(phrases(self.table))};</script>"
        )


def glossary_script() -> str:
    """A script element that gives the browser the glossary as ``window.LAB_GLOSSARY``, and the
    module that marks its terms."""
    return (
        f"<script>window.LAB_GLOSSARY = {_quoted(glossary_for_page())};</script>"
        '<script type="module" src="lab/js/glossary.js"></script>'
    )


def _quoted(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
