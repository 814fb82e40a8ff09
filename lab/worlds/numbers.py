"""The numbers that a text names: digits with separators, fractions, LaTeX, percentages, words,
other scripts. Knows nothing of questions, answers or truths.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SMALL = {word: i for i, word in enumerate(_ONES)} | {
    word: 10 * i for i, word in enumerate(_TENS, start=2)
}
_SCALES = {
    "dozen": 12,
    "hundred": 100,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
_PARTS = {"half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4} | {
    word + end: n
    for n, word in ((4, "fourth"), (5, "fifth"), (6, "sixth"), (8, "eighth"), (10, "tenth"))
    for end in ("", "s")
}
_HAN = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
_HAN_TENS = {"十": 10, "百": 100, "千": 1000}
_HAN_SCALES = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
MOST_DIGITS = 400
"""Characters of the longest number that is read."""
_MINUS = "−‒–—﹣－"
_SPACES = "\u00a0\u2009\u202f\u2007\u2008\u200a"
_CURRENCY = r"(?:\\?\$|[€£¥₹₽元]|USD|EUR|GBP|US\$)"
_UNIT = (
    rf"(?:(?:{'|'.join(_TENS)})[\s-]+(?:{'|'.join(_ONES[1:10])})"
    rf"|{'|'.join([*_ONES[::-1], *_TENS])})\b"
)
_SCALE = rf"(?:{'|'.join(_SCALES)})\b"
_PART = "|".join(sorted(_PARTS, key=len, reverse=True))

_DIGITS = r"""
    \d{1,3}(?:(?:\{,\}|\\,|,|'|_|[\u00a0\u2009\u202f\u2007\u2008\u200a])\d{3})+(?!\d)(?:\.\d+)?
  | \d{1,3}(?:\.\d{3})+,\d{1,2}(?![\d,])      # 1.200,50
  | \d+,\d{1,2}(?![\d,])                      # a decimal comma
  | \d+(?:\.\d+)?
  | (?<![\d.])\.\d+
"""
_NUMBER = re.compile(
    rf"""
    (?P<sign> (?<![\w)\]}}%\\.]) - (?=[\d.\\$€£¥₹(]) | (?<!\d\s)\b(?:minus|negative)\s+ | 负 | 負 )?
    (?: {_CURRENCY}\s?(?P<sign_after>-)? )?
    (?:
        (?P<tex_whole>(?<![\d.])\d+)?\\[dt]?frac\s*(?:\{{\s*(?P<top>-?\d+)\s*\}}|(?P<top1>\d))
            \s*(?:\{{\s*(?P<under>-?\d+)\s*\}}|(?P<under1>\d))
      | (?P<whole>\d+)[ ]?(?P<vulgar>[¼½¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]) | (?P<only_vulgar>[¼½¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])
      | (?P<mixed>\d+)[ ](?:and[ ])?(?P<m_top>\d+)\s?[/⁄]\s?(?P<m_under>\d+)(?![\d/]|\.\d)
      | (?<![\d/])(?P<a>\d+(?:\.\d+)?)\s?[/⁄]\s?(?P<b>\d+(?:\.\d+)?)(?![\d/])
      | (?P<base>\d+(?:\.\d+)?)\s?\^\s?\{{?\s?(?P<power>-?\d+)\s?\}}?
      | (?P<digits>{_DIGITS})
        (?: \s?(?:×|x|\\times|\*)\s?10\s?\^\s?\{{?\s?(?P<ten>-?\d+)\s?\}}?
          | [eE](?P<exp>[-+]?\d+) )?
        (?P<scale>\s?(?:hundred|thousand|million|billion|trillion|dozen)\b|\s?[万萬亿億])?
        (?:\s+and\s+an?\s+(?P<digits_and>half|third|quarter)\b(?!\s+of\b))?
        (?![a-zA-Z]*\d)
      | (?P<words>\b{_UNIT}(?:(?:[\s-]+{_SCALE})+(?:[\s-]+(?:and[\s-]+)?{_UNIT})?)*)
        (?:[\s-]+and[\s-]+an?[\s-]+(?P<words_and>half|third|quarter)\b(?!\s+of\b)|[\s-]+(?P<part>{_PART})\b)?
      | \b(?:a|an|one)?[\s-]?(?P<only_part>half|third|quarter|dozen|hundred|thousand|million)\b
      | (?P<hundredths>百分之)(?P<of_hundred>\d+(?:\.\d+)?|[零〇一二两三四五六七八九十百]+)
      | (?P<han>[零〇一二两兩三四五六七八九十百千万萬亿億]+)
    )
    (?P<percent>\s?\\?%|\s?per\s?cent\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True)
class Named:
    """A number as a text names it."""

    value: Fraction
    start: int
    end: int
    """Characters of the text, as `plain_digits` gives it, from start up to (not with) end."""
    percent: bool = False
    """``value`` is what stands before the sign: 50 for “50%”."""
    places: int = 0
    """Digits behind the decimal point."""
    loose: bool = False
    """A word that often is no number (“one of them”, “一个”)."""

    @property
    def short(self) -> str:
        """Shortest form: ``18``, ``0.5``, ``1/3``, ``50%``."""
        return write_number(self.value) + ("%" if self.percent else "")


def plain_digits(text: str) -> str:
    """The text with the digits, signs and letters of other widths and scripts in plain form,
    character by character, so that places stay the same."""
    return "".join(map(_plain, unicodedata.normalize("NFC", text)))


def _plain(c: str) -> str:
    if c < "\x7f":
        return c
    if c in _MINUS:
        return "-"
    if c.isdecimal():
        return str(unicodedata.decimal(c))
    wide = unicodedata.normalize("NFKC", c)
    return wide if len(wide) == 1 and wide.isascii() and c not in _SPACES else c


def numbers_in(text: str) -> list[Named]:
    """Every number in a text (as `plain_digits` gives it), from left to right."""
    out = []
    for m in _NUMBER.finditer(text):
        named = _named(m, text)
        if named is not None:
            out.append(named)
    return out


def write_number(value: Fraction) -> str:
    """Shortest exact form: a whole number, a decimal that ends, else a fraction."""
    if value.denominator == 1:
        return str(value.numerator)
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    if rest != 1 or places > 12:
        return f"{value.numerator}/{value.denominator}"
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    return ("-" if value < 0 else "") + f"{digits[:-places]}.{digits[-places:]}"


def _named(m: re.Match[str], text: str) -> Named | None:
    start, end = m.span()
    if end - start > MOST_DIGITS:
        return None
    in_digits = any(m[name] for name in ("digits", "a", "base", "mixed", "whole"))
    if in_digits and start and _glued(text, start):
        return None
    value = _value(m)
    if value is None:
        return None
    if m["sign"] or m["sign_after"]:
        value = -value
    loose = bool(
        (m["words"] and m["words"].strip().lower() == "one" and not m["part"])
        or (m["han"] and len(m["han"]) == 1)
        or m["only_part"]
    )
    decimals = (m["digits"] or "").partition(".")[2]
    return Named(
        value,
        start + len(m.group()) - len(m.group().lstrip()),
        end,
        percent=bool(m["percent"] or m["hundredths"]),
        places=len(decimals),
        loose=loose,
    )


def _glued(text: str, start: int) -> bool:
    """Digits that belong to a word (“B12”), an index or an exponent (“x^2”), or a later part of
    “1.2.3”; “2x3” is a product."""
    before = text[start - 1]
    if before in "^_\\":
        return True
    if before == "." and start > 1 and text[start - 2].isdigit():
        return True
    if before.isascii() and before.isalpha():
        return not (before in "xX" and start > 1 and text[start - 2].isdigit())
    return False


def _value(m: re.Match[str]) -> Fraction | None:
    g = m.groupdict()
    top = g["top"] or g["top1"] or g["m_top"] or g["a"]
    under = g["under"] or g["under1"] or g["m_under"] or g["b"]
    if top:
        part_of_one = _divide(top, under)
        whole = int(g["mixed"] or g["tex_whole"] or 0)
        return None if part_of_one is None else whole + part_of_one
    if g["vulgar"] or g["only_vulgar"]:
        part = unicodedata.numeric(g["vulgar"] or g["only_vulgar"])
        return int(g["whole"] or 0) + Fraction(part).limit_denominator(100)
    if g["base"]:
        base, power = Fraction(g["base"]), int(g["power"])
        return base**power if abs(power) <= 64 and (base or power >= 0) else None
    if g["digits"]:
        return _decimal(g) + _more(g["digits_and"])
    return _value_of_words(g)


def _value_of_words(g: dict[str, str]) -> Fraction | None:
    if g["words"]:
        value = _words(g["words"]) + _more(g["words_and"])
        return value / _PARTS[g["part"].lower()] if g["part"] else value
    if g["only_part"]:
        word = g["only_part"].lower()
        return Fraction(1, _PARTS[word]) if word in _PARTS else Fraction(_SCALES[word])
    if g["of_hundred"]:
        got = g["of_hundred"]
        return Fraction(got) if got[0].isdigit() else _han(got)
    return _han(g["han"])


def _more(part: str | None) -> Fraction:
    """The part after “and a”."""
    return Fraction(1, _PARTS[part.lower()]) if part else Fraction(0)


def _divide(top: str, under: str) -> Fraction | None:
    return Fraction(top) / Fraction(under) if Fraction(under) else None


def _decimal(g: dict[str, str | None]) -> Fraction:
    digits = re.sub(rf"\{{,\}}|\\,|['_{_SPACES}]", "", g["digits"] or "")
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d{1,2}", digits):
        digits = digits.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"\d+,\d{1,2}", digits):
        digits = digits.replace(",", ".")
    value = Fraction(digits.replace(",", ""))
    power = int(g["ten"] or g["exp"] or 0)
    if abs(power) <= 64:
        value *= Fraction(10) ** power
    scale = (g["scale"] or "").strip().lower()
    return value * (_SCALES | _HAN_SCALES).get(scale, 1)


def _words(words: str) -> Fraction:
    total, part = 0, 0
    for word in re.findall(r"[a-z]+", words.lower()):
        if word in _SMALL:
            part += _SMALL[word]
        elif word in ("hundred", "dozen"):
            part = max(part, 1) * _SCALES[word]
        elif word in _SCALES:
            total, part = total + max(part, 1) * _SCALES[word], 0
    return Fraction(total + part)


def _han(text: str) -> Fraction | None:
    if not any(c in _HAN_TENS or c in _HAN_SCALES for c in text):
        return Fraction(int("".join(str(_HAN[c]) for c in text)))
    total, part, digit = 0, 0, 0
    for c in text:
        if c in _HAN:
            digit = _HAN[c]
        elif c in _HAN_TENS:
            part, digit = part + (digit or 1) * _HAN_TENS[c], 0
        else:
            total, part, digit = (total + part + digit or 1) * _HAN_SCALES[c], 0, 0
    return Fraction(total + part + digit)
