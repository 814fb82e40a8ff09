"""All texts that the lab shows, by language and key: ``assets/words/{en,zh}``, one file per topic.

The lab itself speaks English: figures, captions and sentences are the same in a notebook, in a
terminal and in a record. Only the page is shown in two languages. Within `for_the_page`, which the
page puts around all that it builds and answers, a text is not filled in yet: `say` gives its key
and its values, between four signs of Unicode's private use, and the browser
(``assets/js/words.js``) fills in the text of its language. Such a text
survives being joined to others, cached and sent to people who read different languages.
"""

from __future__ import annotations

import contextvars
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

import yaml

from lab.errors import LabError
from lab.files import ASSETS

if TYPE_CHECKING:
    from pydantic import ValidationError

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


def script_texts(table: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """By language, what the browser is given: all texts by key; those that widgets say themselves
    without their ``js.``.

    Args:
        table: texts by language and key.
    """
    return {
        language: {key.removeprefix("js."): text for key, text in texts.items()}
        for language, texts in table.items()
    }


OPEN, NAME, IS, CLOSE = "\ue000", "\ue001", "\ue002", "\ue003"
"""``OPEN key (NAME name IS value)* CLOSE``: a text that the browser fills in; values may hold
others."""
_NAME = "name."
"""Start of the keys of names for people, see `known`."""
NUMERAL = "#"
"""``OPEN # value | unit | half CLOSE``: a number that the reader has simple or exact, see
``numbers.js``."""
PART = "|"
_HELD = (
    "condition.",
    "error.",
    "preset.",
    "said.ablate.",
    "said.capture.",
    "said.cards.",
    "said.methods.",
    "said.lens.",
    "said.models_panel.",
    "said.progress.",
    "said.room.ask.",
    "said.service.",
    "title.",
)
"""Keys of the texts that also stand, in English, in records, results, cards, presets and jobs."""
_KEYS = re.compile(f"{OPEN}([^{OPEN}{NAME}{IS}{CLOSE}]+)[{NAME}{CLOSE}]")
_page: contextvars.ContextVar[bool] = contextvars.ContextVar("for_the_page", default=False)


@cache
def texts_of(language: str) -> dict[str, str]:
    """The shipped texts of one language, read once."""
    return read_texts(language)


@contextmanager
def for_the_page(on: bool = True) -> Iterator[None]:
    """Within it, texts are keys and values for the browser to fill in; with ``on=False``, English
    again: for files that leave the page."""
    token = _page.set(on)
    try:
        yield
    finally:
        _page.reset(token)


def say(key: str, **values: Any) -> str:
    """The text of a key with its ``{placeholders}`` filled: in English, or for the page as what
    the browser fills in.

    Raises:
        KeyError: if there is no such key: a defect of the lab.
    """
    template = texts_of("en")[key]
    if _page.get():
        return _marked(key, _filled(template, values))
    return template.format(**values) if values else template


def numeral(value: float, unit: str = "", half: float | None = None) -> str | None:
    """For the page, a number that its reader has simple or exact; elsewhere None.

    Args:
        value: finite.
        unit: what follows; ``share`` for one between 0 and 1 that is shown in per cent.
        half: of its interval.
    """
    if not _page.get():
        return None
    parts = [f"{float(value):.6g}", unit, "" if half is None else f"{float(half):.6g}"]
    return f"{OPEN}{NUMERAL}{PART.join(parts).rstrip(PART)}{CLOSE}"


def called(kind: str, name: str) -> str:
    """What a metric, unit or role is called; one that has no words of the lab's, because somebody
    added it in a notebook, is called by its name.

    Args:
        kind: start of the keys, such as ``metric``.
        name: empty for none.
    """
    key = f"{kind}.{name}"
    return say(key) if key in texts_of("en") else name


def agent_name(name: str) -> str:
    """What an agent is called: names of roles, numbered or not, are words of the lab's; a name that
    somebody gave stays.

    Args:
        name: as the record has it, such as ``proposer 2``.
    """
    role, _, number = name.rpartition(" ")
    if not number.isdigit():
        role, number = name, ""
    key = f"agent.{role}"
    return f"{say(key)} {number}".rstrip() if key in texts_of("en") else name


def first_mistake(error: ValidationError, top: str = "top level") -> str:
    """What is wrong with some data in one clause: ``where: what was expected; got …``.

    Args:
        error: what pydantic found; the first mistake is told.
        top: what the data as a whole is called.
    """
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"])) or top
    got = repr(first.get("input"))
    got = got if len(got) <= 80 else got[:79] + "…"
    return say("error.mistake", where=where, what=known(first["msg"]), got=got)


class Sayings(Mapping[str, str]):
    """Texts by name, said when they are looked up and not when the module is read."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        """
        Args:
            keys: the key of each text by name; an empty key says nothing.
        """
        self._keys = dict(keys)

    def __getitem__(self, name: str) -> str:
        key = self._keys[name]
        return say(key) if key else ""

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def known(text: str) -> str:
    """A text of a record, result, card or preset, which are written in English: for the page, the
    same as `say` gives if it is one of the lab's own, also where somebody took it over in another
    language; anything else stays as it is.

    What is written for programs, such as the condition “latentmas”, has a name for people beside
    it: for the key ``condition.latentmas`` that of ``name.latentmas``."""
    exact, patterns = _held() if _page.get() else _named()
    if text in exact:
        return say(exact[text])
    for key, part, pattern in patterns:
        found = pattern.fullmatch(text) if part in text else None
        if found:
            told = _marked(key, {name: known(part) for name, part in found.groupdict().items()})
            return told if _page.get() else shown(told, "en")
    return text


def said(text: str) -> bool:
    """Whether texts of the lab's stand in a text, for the browser to fill in."""
    return bool(_page.get()) and any(
        key.startswith(NUMERAL) or key in texts_of("en") for key in _KEYS.findall(text)
    )


def shown(text: str, language: str) -> str:
    """A text of `for_the_page` as the browser would fill it in, for what has no script to do so."""
    while CLOSE in text:
        end = text.index(CLOSE)
        start = text.rfind(OPEN, 0, end)
        key, *pairs = text[start + 1 : end].split(NAME)
        if key.startswith(NUMERAL):
            value, unit, *_ = [*key[1:].split(PART), ""]
            written = f"{float(value):.3g} {unit}".rstrip()
            text = text[: max(start, 0)] + written + text[end + 1 :]
            continue
        template = texts_of(language).get(key) or texts_of("en").get(key, "")
        for name, _, value in (pair.partition(IS) for pair in pairs):
            hole = rf"\{{{name}(?:[:!][^{{}}]*)?\}}"
            template = re.sub(hole, value.replace("\\", r"\\"), template)
        text = text[: max(start, 0)] + template + text[end + 1 :]
    return text


def _marked(key: str, values: Mapping[str, str]) -> str:
    """What the browser fills in."""
    return (
        f"{OPEN}{key}{''.join(f'{NAME}{name}{IS}{text}' for name, text in values.items())}{CLOSE}"
    )


def _filled(template: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Every value as the template's format writes it."""
    if not values:
        return {}
    fields = {name: (spec or "", how) for _, name, spec, how in Formatter().parse(template) if name}
    formatter = Formatter()
    return {
        name: format(formatter.convert_field(value, how or None), spec)
        for name, value in values.items()
        for spec, how in (fields.get(name, ("", None)),)
    }


def _in_rooms(key: str) -> bool:
    """Whether it is a question or a choice of a lesson: a room keeps them in English."""
    return key.startswith("lesson.") and (key.endswith(".ask") or ".option." in key)


def _same_everywhere(key: str) -> bool:
    """Whether no language says it otherwise: a name, such as LatentMAS."""
    return len({texts_of(language)[key] for language in LANGUAGES}) == 1


@cache
def _held() -> tuple[dict[str, str], list[tuple[str, str, re.Pattern[str]]]]:
    """Keys by their whole text in any language; and of English ones with placeholders the key, its
    longest part between them, and the pattern.

    A name that another language writes in Latin letters too is no text of that language: the lane
    “LatentMAS” is not what Chinese calls the condition “latentmas”.
    """
    exact = {
        text: _for_people(key)
        for language in LANGUAGES
        for key, text in texts_of(language).items()
        if _in_rooms(key) and "{" not in text and not _same_everywhere(key)
    } | {
        text: _for_people(key)
        for language in LANGUAGES
        for key, text in texts_of(language).items()
        if key.startswith(_HELD) and "{" not in text and (language == "en" or not text.isascii())
    }
    patterns = []
    for key, text in texts_of("en").items():
        if not (key.startswith(_HELD) or _in_rooms(key)):
            continue
        parts = re.split(r"\{(\w+)(?:[:!][^{}]*)?\}", text)
        if len(parts) == 1:
            continue
        source = "".join(
            _hole(part, parts[1:i:2]) if i % 2 else re.escape(part) for i, part in enumerate(parts)
        )
        longest = max(parts[::2], key=len)
        patterns.append((_for_people(key), longest, re.compile(source, re.DOTALL)))
    patterns.sort(key=lambda one: -len(one[2].pattern))
    return exact, patterns


@cache
def _named() -> tuple[dict[str, str], list[tuple[str, str, re.Pattern[str]]]]:
    """Of `_held` what has a name for people: elsewhere than on the page only that changes."""
    exact, patterns = _held()
    return (
        {text: key for text, key in exact.items() if key.startswith(_NAME)},
        [one for one in patterns if one[0].startswith(_NAME)],
    )


def _for_people(key: str) -> str:
    """The key of the name of what this key's text identifies, or the key itself."""
    name = _NAME + key.partition(".")[2]
    return name if key.startswith("condition.") and name in texts_of("en") else key


def _hole(name: str, before: list[str]) -> str:
    """The pattern of a placeholder; where it stands again, the same value is expected."""
    return f"(?P={name})" if name in before else f"(?P<{name}>.*?)"
