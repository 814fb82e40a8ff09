"""The glossary: the field's terms in plain sentences, the same in ``GLOSSARY.md`` and on the page.

The source is ``assets/words/{en,zh}/glossary.yaml``; ``python -m lab glossary --write`` makes the
file at the top of the project from it.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from lab.words import FOLDER, GLOSSARY, LANGUAGES, read_yaml

HEAD = """# Glossary

The terms of the field as this lab uses them. The page shows the same entries when the pointer or
the keyboard's focus is on a marked term. Made by `python -m lab glossary --write` from
`assets/words/en/glossary.yaml`: change the entries there.
"""


class Entry(BaseModel):
    """One term in one language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    name: str = ""
    """The term itself where it is not the key, for translations."""
    source: str = ""
    """The paper that defines it."""
    also: tuple[str, ...] = ()
    """Other spellings by which the page finds it."""
    never: tuple[str, ...] = ()
    """Other words for it that no text of the page uses."""


def read_glossary(language: str = "en") -> dict[str, Entry]:
    """The entries of one language by their English term, in the file's order."""
    entries = read_yaml(FOLDER / language / GLOSSARY)
    return {str(term): Entry.model_validate(entry) for term, entry in entries.items()}


def glossary_markdown() -> str:
    """The text of ``GLOSSARY.md``, terms in alphabetical order."""
    parts = [HEAD]
    for term, entry in sorted(read_glossary().items(), key=lambda item: item[0].lower()):
        source = f" Source: {entry.source}." if entry.source else ""
        parts.append(f"**{term}**: {entry.text}{source}\n")
    return "\n".join(parts)


def glossary_for_page() -> dict[str, list[dict[str, Any]]]:
    """By language, what the browser marks: ``names`` to find, ``text`` and ``source`` to show."""
    english = read_glossary()
    out: dict[str, list[dict[str, Any]]] = {}
    for language in LANGUAGES:
        out[language] = [
            {
                "names": [name for name in (entry.name or term, *entry.also) if name],
                "text": entry.text,
                "source": english[term].source,
            }
            for term, entry in read_glossary(language).items()
        ]
    return out
