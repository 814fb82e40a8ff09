"""All texts of the page, in English and Chinese, as the page uses them: see `lab.words`.

Keys that start with ``js.`` are read by the widgets in the browser; all others are said by Python,
and filled in by the browser (`lab.words.for_the_page`). A missing translation falls back to
English, a missing key is a defect and raises.
"""

from __future__ import annotations

import json
from typing import Any

from lab.glossary import glossary_for_page
from lab.words import LANGUAGES, read_texts, script_texts


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

    def text(self, language: str, key: str, **values: Any) -> str:
        """The text of a key with its ``{placeholders}`` filled.

        Raises:
            KeyError: if even English lacks the key: a defect of the page.
        """
        template = self.table.get(language, {}).get(key) or self.table["en"][key]
        return template.format(**values) if values else template

    def script(self) -> str:
        """A script element that gives the browser all texts as ``window.LAB_WORDS``; what widgets
        say themselves stands there without its ``js.``."""
        return f"<script>window.LAB_WORDS = {_quoted(script_texts(self.table))};</script>"


def glossary_script() -> str:
    """A script element that gives the browser the glossary as ``window.LAB_GLOSSARY``, and the
    module that marks its terms."""
    return (
        f"<script>window.LAB_GLOSSARY = {_quoted(glossary_for_page())};</script>"
        '<script type="module" src="lab/js/glossary.js"></script>'
    )


def _quoted(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
