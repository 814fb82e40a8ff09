"""The one checker of answers: is what a text gives as its answer the truth?

First the part of the text that gives the answer is found (`assertion`), then one value is read from
it, then that value is compared. So the value shown and the verdict always belong to the same part.
The tables of cases in ``tests/worlds/answers.tsv`` say what counts as right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

from lab.errors import BadInput
from lab.words import say
from lab.worlds.assertion import clauses, denied, final_part, sentences
from lab.worlds.code_run import code_in, run_tests
from lab.worlds.numbers import Named, numbers_in, plain_digits, write_number
from lab.worlds.problem import Verdict

Kind = Literal["number", "text", "choice", "code"]
KINDS: tuple[str, ...] = get_args(Kind)
MOST = 80
"""Characters of free text that are shown as the value."""
READ = 20_000
"""Characters at the end of an answer that are read."""


def judge(
    truth: str, answer: str, kind: str = "text", *, choices: Sequence[str] = (), stub: str = ""
) -> Verdict:
    """Is an answer right?

    Args:
        truth: the right value: a number (“1,200”, “1/2”, “50%”, “12 apples”), words, or the letter
            of a choice; for ``code`` the tests.
        answer: any text.
        kind: ``number`` compares values, ``text`` words, ``choice`` letters; ``code`` runs the
            answer's Python against its tests in a process with limits (`lab.worlds.code_run`).
        choices: for ``choice`` the texts of the options A, B, …, so that an answer may also name
            the option by its words.
        stub: for ``code`` what the answer was asked to complete.

    Returns:
        The verdict; judging its ``value`` again gives the same verdict.

    Raises:
        BadInput: for an unknown kind, or a truth that cannot be read as one of this kind.
    """
    if kind not in KINDS:
        raise BadInput(
            say("error.judge.unknown_kind_answer_choose", kind=kind, names=", ".join(KINDS))
        )
    if not truth.strip():
        raise BadInput(say("error.judge.truth_empty_value_judge"))
    answer = answer[-READ:]
    if kind == "code":
        return run_tests(truth, answer, stub)
    if kind == "number":
        return _judge_number(truth, answer)
    if kind == "choice":
        return _judge_choice(truth, answer, choices)
    return _judge_text(truth, answer)


def kind_of(truth: str) -> Kind:
    """The kind that a truth has by its form: a number in digits, a single capital letter from A to
    J, else text."""
    if re.search(r"\d|[½¼¾⅓⅔]", plain_digits(truth)) and _whole(truth) is not None:
        return "number"
    return "choice" if re.fullmatch(r"\s*\(?[A-J]\)?\s*", truth) else "text"


def read_answer(answer: str, kind: Kind | None = None) -> str | None:
    """What an answer gives, in short form, where no truth is known; None if nothing can be read.

    Args:
        kind: None takes a number where there is one, else the last words.
    """
    answer = answer[-READ:]
    if kind in (None, "number"):
        found, _ = _read_number(plain_digits(answer))
        if found is not None or kind == "number":
            return found.short if found else None
    if kind == "choice":
        return _read_choice(plain_digits(answer), ())[0]
    if kind == "code":
        return code_in(answer)
    part, marked = final_part(answer)
    lines = [line for line in part.strip().splitlines() if line.strip()]
    return lines[0 if marked else -1].strip()[:MOST] if lines else None


# --- numbers


def _whole(truth: str) -> Named | None:
    """The number that a truth is: one number, maybe with a currency or unit."""
    text = plain_digits(truth).strip()
    box = re.fullmatch(r"\\boxed\{(.*)\}|\$(?!\d*\.?\d*$)(.*)\$", text)
    text = next(filter(None, box.groups())).strip() if box and any(box.groups()) else text
    found = numbers_in(text)
    if len(found) != 1 or not re.fullmatch(r"\W*", text[: found[0].start]):
        return None
    after = text[found[0].end :]
    return found[0] if re.fullmatch(r"[\s\W]*(?:[^\W\d]+[.\s²³/]*){0,3}\W*", after) else None


def _judge_number(truth: str, answer: str) -> Verdict:
    wanted = _whole(truth)
    if wanted is None:
        raise BadInput(say("error.judge.truth_no_number_such", truth=truth[:MOST]))
    if answer.strip() == truth.strip():
        return Verdict(True, wanted.short, f"{wanted.short} is right")
    text = plain_digits(answer)
    unit = re.match(r"\s?([^\W\d]{2,})", plain_digits(truth).strip()[wanted.end :])
    found, several = _read_number(
        text, keep_years=_like_year(wanted), unit=unit[1].lower() if unit else ""
    )
    if several:
        return Verdict(False, several, f"several values are given ({several}), one is expected")
    if found is None:
        return Verdict(False, None, "no number in the answer")
    if _equal(wanted, found):
        return Verdict(True, found.short, f"{found.short} is right")
    return Verdict(False, found.short, f"{found.short} given, {wanted.short} is right")


def _equal(wanted: Named, found: Named) -> bool:
    """Whether two numbers are the same: exactly, up to the last digits of a float, or as a decimal
    that rounds a fraction without end. A percentage also stands for its share, and for the bare
    number where that is above 1."""
    for a in _readings(wanted):
        for b in _readings(found):
            if a == b:
                return True
            if max(wanted.places, found.places) >= 10 and abs(a - b) <= abs(a) / 10**12:
                return True
            endless = "/" in write_number(a)
            if endless and found.places >= 2 and round(a, found.places) == b:
                return True
    return False


def _readings(number: Named) -> list[Fraction]:
    if not number.percent:
        return [number.value]
    return [number.value / 100, *([number.value] if abs(number.value) > 1 else [])]


_TIME = re.compile(
    r"\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\b)?|\d{1,2}\s*(?:[ap]\.?m\b|o['’]clock)", re.I
)
_DATE = re.compile(r"\b\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b|\d{4}年|\d{1,2}月|\d{1,2}[日号]")
_YEAR = re.compile(
    r"\b(?:in|since|by|of|year|until|from|before|after|\()\s*((?:1[0-9]|20)\d\d)\b(?!\s*[a-zA-Z]{4,})"
)
_PRICE = re.compile(
    r"\b(?:for|at)\s+(?:\\?[$€£¥])\s?[\d.,]*\d\s*(?:each\b|apiece\b|per\b|an?\b|/)", re.I
)
_LABEL = re.compile(
    r"(?:^|\n)\s*\d{1,2}[.)]\s|\b(?:step|part|question|problem|figure|chapter|table|page|no\.)\s*#?\d+"
    r"|\d+(?:st|nd|rd|th)\b|第\s*\d+",
    re.IGNORECASE,
)
_RATE = re.compile(r"\b(?:per|every)\s+\d[\d.,]*", re.IGNORECASE)
_TAIL = re.compile(
    r"\(|,\s*(?:which|where|who)\b|\b(?:because|since|(?:al)?though|while|whereas|excluding|given\s+that|compared|instead|rather|than|up\s+from"
    r"|down\s+from|out\s+of)\b|\bof\s+(?:the\s+|these\s+|all\s+)?(?=\d)|因为|比",
    re.IGNORECASE,
)
_OR = re.compile(
    r"\s*(?:,\s*)?(?:\w+\s+)?(?:or|或者?|oder|ou)\s*(?:maybe\s+|perhaps\s+|about\s+)?[\\$€£¥]?\s*",
    re.I,
)
_RANGE = re.compile(r"-|\s*[至到~～]\s*")


def _read_number(
    text: str, *, keep_years: bool = False, unit: str = ""
) -> tuple[Named | None, str | None]:
    """The number that a text gives as its answer; or, where it gives several, all of them."""
    part, marked = final_part(text.replace("**", "  "))
    places = [(a, b) for a, b in sentences(part)] or [(0, len(part))]
    found = _asserted_numbers(part)
    if not found and marked:
        part = text.replace("**", "  ")
        places, marked, found = sentences(part), False, _asserted_numbers(part)
    if any(not n.loose for n in found):
        found = [n for n in found if not n.loose]
    if not found:
        return None, None
    for start, end in places if marked else reversed(places):
        here = [n for n in found if start <= n.start < end]
        if here:
            return _choose(part, here, start, end, marked, keep_years, unit)
    return found[0 if marked else -1], None


def _asserted_numbers(text: str) -> list[Named]:
    return [n for n in numbers_in(text) if not denied(text, n.start, n.end)]


def _choose(
    text: str, here: list[Named], start: int, end: int, first: bool, years: bool, unit: str
) -> tuple[Named | None, str | None]:
    """The answer among the numbers of one sentence."""
    patterns = [_TIME, _DATE, _PRICE, _LABEL, _RATE, *([] if years else [_YEAR])]
    aside = [m.span() for p in patterns for m in p.finditer(text, start, end)]
    here = [n for n in here if not any(a <= n.start < b for a, b in aside)] or here
    if unit:
        here = [
            n for n in here if text[n.end :].lstrip().lower().startswith(unit.rstrip("s"))
        ] or here
    equals = [m.end() for m in re.finditer(r"=(?!=)|≈", text[start:end])]
    for at in reversed(equals):
        right = [n for n in here if n.start >= start + at]
        if right:
            here, first = right, True
            break
    cuts = [m.start() for m in _TAIL.finditer(text, here[0].end, end)]
    if cuts:
        here = [n for n in here if n.end <= cuts[0]] or here
    one = here[0 if first else -1]
    at = here.index(one)
    for other in here[:at][-1:] + here[at + 1 :][:1]:
        a, b = sorted((one, other), key=lambda n: n.start)
        between = text[a.end : b.start]
        if a.value != b.value and (_OR.fullmatch(between) or _RANGE.fullmatch(between)):
            return None, text[a.start : b.end]
    return one, None


def _like_year(number: Named) -> bool:
    return number.value.denominator == 1 and 1000 <= number.value <= 2100


# --- words

_ARTICLES = frozenset(("the", "a", "an"))
_OR_WORDS = frozenset(("or", "oder", "ou", "或"))
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff]|[\U00020000-\U0003ffff]"
)


@dataclass(frozen=True)
class _Token:
    form: str
    """Case, width and Latin accents folded; a number word as its digits."""
    start: int
    end: int


def _tokens(text: str) -> list[_Token]:
    """The words of a text (as `plain_digits` gives it); the characters where words are not
    spaced."""
    out: list[_Token] = []
    numbers = {n.start: n for n in numbers_in(text)}
    at, done = 0, 0
    while at < len(text):
        if at in numbers and at >= done:
            n = numbers[at]
            out.append(_Token(n.short, n.start, n.end))
            at = done = max(n.end, at + 1)
            continue
        if not _is_word(text[at]):
            at += 1
            continue
        end = at + 1
        spaceless = _SPACELESS.match(text[at])
        while end < len(text) and end not in numbers:
            mark = unicodedata.category(text[end])[0] == "M"
            if not mark and (spaceless or not _is_word(text[end]) or _SPACELESS.match(text[end])):
                break
            end += 1
        out.append(_Token(_fold(text[at:end]), at, end))
        at = end
    return out


def _is_word(c: str) -> bool:
    return unicodedata.category(c)[0] in "LMN"


def _fold(word: str) -> str:
    out = []
    for c in unicodedata.normalize("NFKC", word).casefold():
        base = unicodedata.normalize("NFD", c)
        out.append(base[0] if base[0].isascii() else c)
    return "".join(out)


def _judge_text(truth: str, answer: str) -> Verdict:
    said, wanted = plain_digits(answer), _words_of(plain_digits(truth))
    if answer.strip() == truth.strip() or (wanted and _words_of(said) == wanted):
        return Verdict(True, answer.strip(), "the answer is the truth")
    part, marked = final_part(said)
    if marked and len(sentences(truth)) <= 1:
        part = next((part[a:b] for a, b in sentences(part)), part)
    tokens = _tokens(part)
    found = _occurrences(wanted, tokens)
    several = None
    for first, last in found:
        start, end = tokens[first].start, tokens[last].end
        if denied(part, start, end):
            continue
        several = _alternatives(part, tokens, first, last)
        if several is None:
            value = part[start:end]
            return Verdict(True, value, f"{value} is right")
    if several is not None:
        return Verdict(False, several, f"several values are given ({several}), one is expected")
    other = _other_words(part, wanted, marked)
    if found:
        return Verdict(False, other, f"{truth} is named but not given as the answer")
    return Verdict(False, other, f"{truth} is not in the answer")


def _words_of(text: str) -> list[str]:
    forms = [t.form for t in _tokens(text)]
    return [form for form in forms if form not in _ARTICLES] or forms


def _occurrences(wanted: list[str], tokens: list[_Token]) -> list[tuple[int, int]]:
    """Where the wanted words stand, as (first, last) token; words written together or apart count
    as the same."""
    if not wanted:
        return []
    goal = "".join(wanted)
    exact = [form[:1].isdigit() or form[:1] == "-" for form in wanted]
    out = []
    for i in range(len(tokens)):
        built, j = "", i
        while j < len(tokens) and goal.startswith(built + _kept(tokens[j].form, built)):
            built += _kept(tokens[j].form, built)
            if built == goal:
                if (
                    any(exact)
                    and [t.form for t in tokens[i : j + 1] if t.form not in _ARTICLES] != wanted
                ):
                    break
                out.append((i, j))
                break
            j += 1
    return out


def _kept(form: str, built: str) -> str:
    """Articles inside the wanted words do not count."""
    return "" if built and form in _ARTICLES else form


def _alternatives(text: str, tokens: list[_Token], first: int, last: int) -> str | None:
    """The words around where an answer names several values (“Paris or Lyon”), else None."""
    before, after = max(first - 2, 0), min(last + 2, len(tokens) - 1)
    joined_before = first >= 2 and tokens[first - 1].form in _OR_WORDS
    joined_after = last + 2 < len(tokens) and tokens[last + 1].form in _OR_WORDS
    if first and text[tokens[first - 1].end : tokens[first].start].strip() == "/":
        joined_before, before = True, first - 1
    if last + 1 < len(tokens) and text[tokens[last].end : tokens[last + 1].start].strip() == "/":
        joined_after, after = True, last + 1
    if joined_before or joined_after:
        start = before if joined_before else first
        return text[tokens[start].start : tokens[after if joined_after else last].end]
    items = [item for item in re.split(r"\s*(?:[,，、]|\band\b)\s*", text.strip(" .。")) if item]
    if len(items) >= 3 and all(len(_tokens(item)) == 1 for item in items):
        return text.strip()
    return None


def _other_words(part: str, wanted: list[str], marked: bool) -> str | None:
    """What was read where it is not the truth: a clause without the truth in it."""
    rest = [c for c in clauses(part) if not _occurrences(wanted, _tokens(c))]
    return rest[0 if marked else -1][:MOST] if rest else None


# --- letters of choices


def _judge_choice(truth: str, answer: str, choices: Sequence[str]) -> Verdict:
    letter = re.fullmatch(r"\W*([A-Z])\W*", plain_digits(truth).upper())
    at = [i for i, choice in enumerate(choices) if choice.strip() == truth.strip()]
    wanted = letter[1] if letter else chr(65 + at[0]) if at else None
    if wanted is None:
        raise BadInput(say("error.judge.truth_no_choice_letter", truth=truth[:MOST]))
    value, several = _read_choice(plain_digits(answer), choices)
    if several:
        return Verdict(False, several, f"several choices are given ({several}), one is expected")
    if value is None:
        return Verdict(False, None, "no choice in the answer")
    if value == wanted:
        return Verdict(True, value, f"{value} is right")
    return Verdict(False, value, f"{value} given, {wanted} is right")


_LETTER = re.compile(r"(?<![A-Za-z0-9'’])(?:\(([A-Za-z])\)|([A-Z])(?![A-Za-z0-9'’]))")
_NO_LETTER = re.compile(
    r"A\s+(?!(?:is|was|and|or|because|seems|would|must|has|as|since)\b)[a-z]|I\s+[a-z]|I['’]"
)
_SO = re.compile(r"\b(?:so|must\s+be|hence|leaves)\b|所以|因此", re.IGNORECASE)


_LEAD = re.compile(
    r"\W*(?:option|choice)?\s*\(?([A-Za-z])(?:\)(?!\s+(?:is|are|was|has|does|cannot|can)\b)"
    r"|(?=\s*(?:[.:,]|$)))",
    re.IGNORECASE | re.MULTILINE,
)


def _read_choice(text: str, choices: Sequence[str]) -> tuple[str | None, str | None]:
    """The letter that a text gives; or, where it gives several, all of them."""
    part, marked = final_part(
        re.sub(r"\*\*|\\text|[{}$]", " ", text) if "boxed" not in text else text
    )
    part = re.sub(r"\\(?:text|mathrm|textbf)\s*\{([^}]*)\}", r"\1", part)
    lead = _LEAD.match(part)
    found = [
        (m.start(), m.end(), (m[1] or m[2]).upper())
        for m in _LETTER.finditer(part)
        if not _NO_LETTER.match(part, m.start()) or m[1]
    ]
    found = [f for f in found if not denied(part, f[0], f[1])]
    if lead and not denied(part, lead.start(1), lead.end(1)):
        found = (
            [(lead.start(1), lead.end(1), lead[1].upper())] if not _either(part, found) else found
        )
    elif marked:
        edge = next((b for a, b in sentences(part)), len(part))
        found = [f for f in found if f[0] < edge] or found
        found = found if _either(part, found) else found[:1]
    ends = [m.end() for m in _SO.finditer(part)]
    if not lead and not marked and ends:
        found = [f for f in found if f[0] >= ends[-1]] or found
    letters = list(dict.fromkeys(letter for *_, letter in found))
    if len(letters) == 1:
        return letters[0], None
    if letters:
        return None, ", ".join(letters)
    named = [chr(65 + i) for i, choice in enumerate(choices) if _judge_text(choice, part).correct]
    if len(named) > 1:
        return None, ", ".join(named)
    return (named[0] if named else None), None


def _either(text: str, found: Sequence[tuple[int, int, str]]) -> bool:
    """Whether the first two letters are joined as alternatives."""
    if len(found) < 2 or found[0][2] == found[1][2]:
        return False
    between = text[found[0][1] : found[1][0]]
    return re.fullmatch(r"\s*(?:or|and|/|,|&|或|和)\s*\(?", between, re.IGNORECASE) is not None
