"""All texts that the lab shows, by language and key: ``assets/words/{en,zh}``, one file per topic.

The lab itself speaks English: figures, captions and sentences are the same in a notebook, in a
terminal and in a record. Only the page is shown in two languages.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from lab.errors import LabError
from lab.files import ASSETS

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Safe, and quick where PyYAML was built with its C parser."""
LANGUAGES = ("en", "zh")
FOLDER = ASSETS / "words"
GLOSSARY = "glossary.yaml"
"""Not texts by key but the glossary's entries, see `lab.glossary`."""


def read_yaml(file: Path) -> dict[str, Any]:
    """One file of texts or entries by key; an empty file has none."""
    return dict(yaml.load(file.read_text(encoding="utf-8"), _Loader) or {})


def read_texts(language: str, folder: Path = FOLDER) -> dict[str, str]:
    """The texts of one language by key, all topics together.

    Raises:
        LabError: if two files of the language hold the same key, or a text is no string.
    """
    texts: dict[str, str] = {}
    for file in sorted((folder / language).glob("*.yaml")):
        if file.name == GLOSSARY:
            continue
        for key, text in read_yaml(file).items():
            if key in texts or not isinstance(text, str):
                what = "stands in two files" if key in texts else f"holds {text!r}, not a text"
                raise LabError(f"{file}: the key {key} {what}; keep one text per key.")
            texts[key] = text
    return texts


def widget_texts(table: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """By language, the texts that widgets read in the browser: those under ``js.``, by the rest of
    their key.

    Args:
        table: texts by language and key.
    """
    return {
        language: {key[3:]: text for key, text in texts.items() if key.startswith("js.")}
        for language, texts in table.items()
    }


def phrases(table: Mapping[str, Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
    """What Python says in English, each with the same in Chinese.

    Args:
        table: texts by language and key.
    """
    return tuple(
        (text, table["zh"][key])
        for key, text in table["en"].items()
        if not key.startswith(("js.", "choice.")) and key in table["zh"]
    )


@cache
def _english() -> dict[str, str]:
    return read_texts("en")


def say(key: str, **values: Any) -> str:
    """The English text of a key with its ``{placeholders}`` filled, for panels and figures.

    Raises:
        KeyError: if there is no such key: a defect of the lab.
    """
    template = _english()[key]
    return template.format(**values) if values else template
