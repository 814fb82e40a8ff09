"""The glossary on the page and ``GLOSSARY.md`` are the same data, whole in both languages."""

import re

import pytest
from pydantic import ValidationError

from lab.cli import main
from lab.glossary import Entry, glossary_for_page, glossary_markdown, read_glossary
from lab.words import texts_of
from tests import REPOSITORY


def test_the_file_is_what_the_command_writes(tmp_path) -> None:
    out = tmp_path / "G.md"
    assert main(["glossary", "--write", str(out)]) == 0
    assert out.read_text(encoding="utf-8") == glossary_markdown()
    assert (REPOSITORY / "GLOSSARY.md").read_text(encoding="utf-8") == glossary_markdown()


def test_both_languages_explain_the_same_terms() -> None:
    english, chinese = read_glossary("en"), read_glossary("zh")
    assert english.keys() == chinese.keys()
    assert all(entry.name for entry in chinese.values())


def test_every_entry_is_two_plain_sentences() -> None:
    for term, entry in read_glossary("en").items():
        assert len(re.findall(r"[.](?= |$)", entry.text)) == 2, term
    for term, entry in read_glossary("zh").items():
        assert entry.text.count("。") == 2, term


def test_no_spelling_names_two_entries() -> None:
    for language, entries in glossary_for_page().items():
        names = [name.lower() for entry in entries for name in entry["names"]]
        assert len(names) == len(set(names)), language


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError):
        Entry.model_validate({"text": "One. Two.", "meaning": "x"})


def _against(texts: dict[str, str], entries: dict[str, Entry]) -> list[str]:
    """Texts that say a term of the glossary by another word."""
    banned = [(word, entry) for entry in entries.values() for word in entry.never]
    return [
        f"{key}: {word}, not {entry.name}"
        for key, text in texts.items()
        for word, entry in banned
        if word in text
    ]


def test_a_term_has_one_name_in_chinese() -> None:
    entries = read_glossary("zh")
    assert _against(texts_of("zh"), entries) == []
    assert _against({"wrong": "交接隐藏状态"}, entries) == ["wrong: 隐藏状态, not 隐状态"]
    names = [entry.name for entry in entries.values()]
    assert len(names) == len(set(names))
