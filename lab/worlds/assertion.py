"""What a text asserts: the part that gives the answer, without what it denies, asks or takes back.

Rules of form only: marks of a final answer, sentences, negation. Knows nothing of truths.
"""

from __future__ import annotations

import re

_IS = r"(?:\s*(?:is|was|are|would be|must be|should be|equals|comes to|=)\b|\s*[:：=])"
_STRONG = re.compile(
    rf"""
    \#\#\#\#\s*
  | \b(?:final\s+)?answer(?:\s+(?:to|for|of|here|in|choice)\b[^.!?\n:]{{0,60}}?)?\W{{0,3}}{_IS}
  | \banswer\b\s*(?=[-\d(]) | \banswer\b\s*\n
  | \b(?:r[ée]ponse|respuesta|antwort|risposta|resposta|ответ)\b\W{{0,3}}
      (?:est|es|ist|è|é|lautet|[:：])
  | (?:答案|答え)\s*(?:应该|應該)?\s*[是为為は：:] | (?<!\w)答\s*[：:]
  | \b(?:I|we)\s+(?:choose|pick)\b
  | (?:应|應|故|所以|因此)?选择?(?=\s*[（(]?[A-Z])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WEAK = re.compile(
    r"(?:^|(?<=[.!?;\n。！？；]))\s*(?:therefore|thus|hence|in conclusion|so,|"
    r"(?:and\s+)?so\s+the\s+\w+\s+(?:is|are))\b|因此|所以|综上",
    re.IGNORECASE,
)
_EMPTY = re.compile(
    r"\W*(?:(?:is|quite|very|already|now|then|as|right)\s+)*(?:clear|simple|obvious|easy|known|given|above|"
    r"follows?|found|correct|right|shown|below|there|that|this|it)?\W*(?:[.!\n]|$)",
    re.IGNORECASE,
)
_TAKEN_BACK = re.compile(
    r"""
    \b(?: no,?\s+wait | wait,?\s+no | (?<=[.…!?,;\s])\s*wait\b(?=\s*[,.…!:—–-]) | hold\s+on
        | scratch\s+that | correction\b | I\s+mean\b | make\s+that | or\s+rather
        | on\s+second\s+thought
        | let\s+me\s+(?:correct|fix|revise) | my\s+mistake | I\s+was\s+wrong | sorry,
        | actually,?(?=\s+(?:it['’]?s|it\s+is|the\s+answer|that['’]?s|no\b|-?\$?\d))
      )
  | (?<=[.…!?\n])\s*no[,:]\s+(?=(?:it|that|the|\$?-?\d|(?-i:[A-Z])\w*\W*$))
  | (?<=[.…!?\n]\s)actually,\s+(?=(?-i:[A-Z])\w*\W*$) | 不对 | 不，应该是 | 更正 | 等等
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{")
_EDGE = re.compile(r"[.,;:!?。，；：！？、…\n—]|\bbut\b|\bhowever\b|\binstead,|而是|但是?", re.I)
_DENIAL = re.compile(
    r"\b(?:not|never|neither|nor|cannot|without|unlike|except|nicht|keine?|pas)\b|n['’]t\b|\bне\b"
    r"|\b(?:rather|other)\s+than\b|\binstead\s+of\b|\bwhether\b|不是|并非|並非|不等于|不为|而非|没有",
    re.IGNORECASE,
)
_NO_DENIAL = re.compile(
    r"\b(?:not\s+only|without\s+(?:a\s+)?doubt|(?:no|not)\s+(?:more|less|fewer)\s+than|"
    r"not\s+to\s+mention|why\s+not)\b",
    re.IGNORECASE,
)
_DISBELIEF = re.compile(
    r"\b(?:(?:don['’]t|do\s+not|cannot|can['’]t)\s+(?:think|believe|say|know)|(?<!no\s)doubt\s+(?:that|it))\b",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"""(?:\s*(?:,|\band\b|\bor\b)\s*\(?[A-Z]\)?(?!\w))*\W{0,3}\s*(?:
        (?:is|are|was|were|would\s+be|['’]s)\s*
            (?:n['’]t|not)\s*(?:$|[.,;!]|(?:the|right|correct|it|true|possible|what|an?\s+option)\b)
      | (?:is|are|was|were|would\s+be|['’]s)\s+(?:wrong|incorrect|false)\b
      | (?:不对|是错|不正确|错误) )""",
    re.VERBOSE | re.IGNORECASE,
)
_STOP = re.compile(r"[.!?。！？\n](?!\d)")
_QUESTION = re.compile(
    r"\W*(?:(?:so|or|but|and|hm+|well)\b\W*)?(?:is|are|was|were|could|can|may|might|should|would|does|do|did|"
    r"what|which|who|how|where|when|why)\b",
    re.IGNORECASE,
)
_WINDOW = 240
"""Characters before and after that can deny something."""
_REACH = 5
"""A “not” denies what comes within so many words after it."""


def final_part(text: str) -> tuple[str, bool]:
    """The part of a text that gives its answer, and whether the text marks it as the answer.

    First everything up to the last taking back (“no, wait”) goes. In the rest: the last
    ``\\boxed{…}``, else what follows the last “the answer is”, else what follows the last
    “therefore”, else all of it.
    """
    for m in reversed(list(_TAKEN_BACK.finditer(text))):
        if re.search(r"\w", text[m.end() :]):
            text = text[m.end() :]
            break
    boxes = [_closed(text, m.end()) for m in _BOXED.finditer(text)]
    if any(box.strip() for box in boxes):
        return [box for box in boxes if box.strip()][-1], True
    for m in reversed(list(_STRONG.finditer(text))):
        rest = text[m.end() :]
        if re.search(r"\w", rest) and not _EMPTY.match(rest):
            return rest, True
    for m in reversed(list(_WEAK.finditer(text))):
        if re.search(r"\w", text[m.end() :]):
            return text[m.end() :], False
    return text, False


def sentences(text: str) -> list[tuple[int, int]]:
    """Places (start, end) of the sentences and lines of a text."""
    out, at = [], 0
    for m in re.finditer(
        r"(?<!\b[A-Z])(?<!\b(?:No|Mr|Ms|Dr|St))(?<!\bMrs)[.!?]+(?=\s|$|[\"”*)])|[。！？；;\n]+",
        text,
    ):
        out.append((at, m.end()))
        at = m.end()
    if at < len(text):
        out.append((at, len(text)))
    return [(a, b) for a, b in out if re.search(r"\w|[^\W]|[½¼¾]", text[a:b])]


def clauses(text: str) -> list[str]:
    """The clauses of a text, split at punctuation and “but”."""
    return [part.strip() for part in _EDGE.split(text) if re.search(r"\w", part)]


def denied(text: str, start: int, end: int) -> bool:
    """Whether the text denies or asks what stands from start to end: a negation before it in its
    clause, a “… is wrong” after it, or a question mark at the end of its sentence."""
    low = max(0, start - _WINDOW)
    text, start, end = text[low : end + _WINDOW], start - low, end - low
    edges = [m.end() for m in _EDGE.finditer(text, 0, start) if not _in_number(text, m)]
    clause = text[edges[-1] if edges else 0 : start]
    if _DISBELIEF.search(clause):
        return True
    for m in reversed(list(_DENIAL.finditer(clause))):
        between = re.findall(r"\w+", clause[m.end() :])
        if len(between) <= _REACH and not _NO_DENIAL.search(clause[max(0, m.start() - 8) :]):
            return True
    if re.search(r"\bno\s+(?:es\s+)?$", clause, re.IGNORECASE):
        return True
    if _DENIED_AFTER.match(text, end):
        return True
    return _asked(text, start, end)


def _asked(text: str, start: int, end: int) -> bool:
    """Whether the sentence asks: in the form of a question, or denied right after (“Cald? No”)."""
    stop = _STOP.search(text, end)
    if stop is None or stop.group() not in "?？":
        return False
    begin = max((m.end() for m in _STOP.finditer(text, 0, start)), default=0)
    return bool(
        _QUESTION.match(text, begin)
        or text[stop.start() - 1] in "吗呢嗎"
        or re.match(r"\s*(?:no|nope|not)\b|\s*(?:不|否)", text[stop.end() :], re.IGNORECASE)
    )


def _in_number(text: str, m: re.Match[str]) -> bool:
    """A point or comma between digits ends no clause."""
    before, after = text[m.start() - 1 : m.start()], text[m.end() : m.end() + 1]
    return m.group() in ".,，" and before.isdigit() and after.isdigit()


def _closed(text: str, start: int) -> str:
    """What stands from start up to the brace that closes it."""
    depth = 1
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return text[start:at]
    return text[start:]
