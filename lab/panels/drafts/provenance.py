"""Where the words of one text come from: the one matcher behind every view of drafts and
aggregates.

A target text (the aggregate) is cut into tokens (words, numbers, single signs). For every draft the
longest common runs of tokens are tiled onto the target, longest first; runs may come in any order
and be used twice. A token that one draft covers is *verbatim*, or *near* where only case, ending or
spelling differ; covered by several drafts it is *shared*; covered by none it is *new*. Numbers and
names are never near: another number is another claim. The module knows nothing of records, models
or colours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal, cast

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Indel

SpanKind = Literal["verbatim", "near", "shared", "new"]
EditKind = Literal["equal", "delete", "insert", "replace"]
KINDS: tuple[SpanKind, ...] = ("verbatim", "near", "shared", "new")

NEAR_SCORE = 80.0
"""Lowest rapidfuzz ratio (0 to 100) at which two lower-case words of five letters or more differ
only in spelling."""
MIN_CONTENT = 2
"""Words of content (numbers and names among them) that a run must hold to count; one is enough for
a whole clause."""

_TOKEN = re.compile(
    r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af]|\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|[^\w\s]|_|\w"
)
_LITTLE = """
a an the and or but if of in on at to for from by with as is are was were be been
has have had do does did it its this
that these those he she they we you i his her their there then than so not
no how many what who which s 的 了 是 在
"""
_CLAUSE = frozenset(".,;:!?。，；：！？")
_STOP = frozenset(_LITTLE.split())


@dataclass(frozen=True)
class Token:
    """A word, number or sign and its place: ``text[start:end]``."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Source:
    """A place in a draft: characters ``start:end`` of draft number ``draft``."""

    draft: int
    start: int
    end: int


@dataclass(frozen=True)
class Span:
    """Characters ``start:end`` of the target, all of one kind and from the same drafts; spans cover
    the whole text."""

    start: int
    end: int
    kind: SpanKind
    sources: tuple[Source, ...]
    share: float
    """Share of the target's tokens, 0 to 1; the shares of all spans sum to one."""


@dataclass(frozen=True)
class DraftSpan:
    """Characters ``start:end`` of a draft, taken into the target or dropped; spans cover the whole
    draft."""

    start: int
    end: int
    taken: bool


@dataclass(frozen=True)
class Provenance:
    """What `trace` found."""

    spans: tuple[Span, ...]
    drafts: tuple[tuple[DraftSpan, ...], ...]
    """Per draft, what was taken and what was dropped."""
    kind_shares: dict[SpanKind, float]
    """Share of the target's tokens by kind; sums to one (all zero for an empty target)."""
    draft_shares: tuple[float, ...]
    """Share of the target's tokens owed to each draft, shared tokens split equally; with ``new``
    they sum to one."""
    taken_shares: tuple[float, ...]
    """Share of each draft's own tokens that was taken, 0 to 1."""


@dataclass(frozen=True)
class DiffOp:
    """One step of a two-way diff: characters of the left and of the right text."""

    kind: EditKind
    left: tuple[int, int]
    right: tuple[int, int]


def tokenize(text: str) -> list[Token]:
    """Words (CJK signs one by one), numbers and single other signs, with their places; white space
    is left out."""
    return [Token(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]


def trace(target: str, drafts: list[str]) -> Provenance:
    """Which parts of ``target`` come from which of ``drafts``.

    Args:
        target: the aggregate, plain text.
        drafts: the proposers' texts; any may be empty.
    """
    words = tokenize(target)
    draft_words = [tokenize(draft) for draft in drafts]
    exact, loose = _ids([words, *draft_words])
    owners: list[dict[int, int]] = [{} for _ in words]  # target token -> {draft: its token}
    taken = [np.zeros(len(tokens), dtype=bool) for tokens in draft_words]
    for d in range(len(drafts)):
        for start, source, length in _tiles(loose[0], loose[d + 1], words):
            taken[d][source : source + length] = True
            for k in range(length):
                owners[start + k][d] = source + k
    spans = _spans(target, words, owners, draft_words, exact)
    return _summary(spans, words, owners, draft_words, taken, drafts)


def diff(left: str, right: str) -> list[DiffOp]:
    """Word-level difference of two texts; the ranges of each side tile it, white space goes with
    the token before."""
    a, b = tokenize(left), tokenize(right)
    ids = _ids([a, b])[0]
    edges_a, edges_b = _edges(a, left), _edges(b, right)
    ops: list[DiffOp] = []
    for op in Indel.opcodes(ids[0].tolist(), ids[1].tolist()):
        lr = (edges_a[op.src_start], edges_a[op.src_end])
        rr = (edges_b[op.dest_start], edges_b[op.dest_end])
        last = ops[-1] if ops else None
        if last and last.kind != "equal" and op.tag != "equal":
            lr, rr = (last.left[0], lr[1]), (last.right[0], rr[1])
            ops[-1] = DiffOp("replace" if lr[0] < lr[1] and rr[0] < rr[1] else last.kind, lr, rr)
        else:
            ops.append(DiffOp(cast(EditKind, op.tag), lr, rr))
    return ops


# --- matching
# --------------------------------------------------------------------------------------------------


def _ids(texts: list[list[Token]]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Token numbers of every text, exact and loose (equal up to case and spelling)."""
    exact: dict[str, int] = {}
    rows = [
        np.array([exact.setdefault(t.text, len(exact)) for t in text], dtype=np.int32)
        for text in texts
    ]
    folded: dict[str, int] = {}
    to_loose = np.array(
        [folded.setdefault(word.casefold(), len(folded)) for word in exact] or [0], dtype=np.int32
    )
    merge = _respelled(frozenset(w for w in exact if len(w) >= 5 and w.islower()))
    for word, other in merge.items():
        to_loose[exact[word]] = folded[other.casefold()]
    return rows, [to_loose[row] if len(row) else row for row in rows]


@lru_cache(maxsize=32)
def _respelled(words: frozenset[str]) -> dict[str, str]:
    """Each word mapped to the first (in sorted order) that is spelled nearly like it."""
    ordered = sorted(words)
    if len(ordered) < 2:
        return {}
    scores = process.cdist(
        ordered, ordered, scorer=fuzz.ratio, score_cutoff=NEAR_SCORE, dtype=np.uint8
    )
    first = (scores > 0).argmax(axis=1)
    return {word: ordered[j] for word, j in zip(ordered, first, strict=True) if ordered[j] != word}


def _tiles(target: np.ndarray, draft: np.ndarray, words: list[Token]) -> list[tuple[int, int, int]]:
    """Common runs (start in target, start in draft, length), longest first, without overlap in the
    target."""
    length, source = _longest(target, draft)
    weight = np.array([_weight(t.text) for t in words], dtype=np.int32)
    total = np.concatenate(([0], np.cumsum(weight)))
    position = np.arange(len(target))
    out = []
    while len(length) and length[top := int(length.argmax())] > 0:
        run = int(length[top])
        if not words[top].text[0].isalnum() and run > 1:
            length[top] = (
                0  # a sign goes with the words before it; the run is found again one token later
            )
            continue
        need = 1 if _whole_clause(words, top, top + run) else MIN_CONTENT
        if total[top + run] - total[top] < need:
            length[top] = 0
            continue
        out.append((top, int(source[top]), run))
        length[top : top + run] = 0
        before = position[:top]
        length[:top] = np.minimum(length[:top], top - before)
    return out


def _longest(target: np.ndarray, draft: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For every place of ``target`` the length of its longest common run with ``draft``, and where
    that begins."""
    n, m = len(target), len(draft)
    length, source = np.zeros(n, dtype=np.int32), np.zeros(n, dtype=np.int32)
    if not m:
        return length, source
    row = np.zeros(m + 1, dtype=np.int32)
    for i in range(n - 1, -1, -1):
        row[:m] = np.where(draft == target[i], row[1:] + 1, 0)
        best = int(row.argmax())
        length[i], source[i] = row[best], best
    return length, source


def _weight(word: str) -> int:
    """0 for signs and little words, 1 for words of content, numbers and names."""
    return int(word[0].isalnum() and word.casefold() not in _STOP)


def _whole_clause(words: list[Token], start: int, end: int) -> bool:
    """Whether nothing but punctuation, or the ends of the text, stands on both sides of a run."""
    before = start == 0 or words[start - 1].text in _CLAUSE
    return before and (
        end == len(words) or words[end].text in _CLAUSE or words[end - 1].text in _CLAUSE
    )


# --- from tokens back to characters
# --------------------------------------------------------------------------------------------------


def _spans(
    target: str,
    words: list[Token],
    owners: list[dict[int, int]],
    draft_words: list[list[Token]],
    exact: list[np.ndarray],
) -> list[Span]:
    kinds = [_kind(i, owner, exact) for i, owner in enumerate(owners)]
    edges = _edges(words, target)
    out: list[Span] = []
    begin = 0
    for i in range(1, len(words) + 1):
        if i < len(words) and kinds[i] == kinds[begin] and _follows(owners[i - 1], owners[i]):
            continue
        sources = tuple(
            Source(d, draft_words[d][first].start, draft_words[d][owners[i - 1][d]].end)
            for d, first in sorted(owners[begin].items())
        )
        out.append(Span(edges[begin], edges[i], kinds[begin], sources, (i - begin) / len(words)))
        begin = i
        if i == len(words):
            break
    return out


def _kind(i: int, owner: dict[int, int], exact: list[np.ndarray]) -> SpanKind:
    if not owner:
        return "new"
    if len(owner) > 1:
        return "shared"
    ((d, j),) = owner.items()
    return "verbatim" if exact[d + 1][j] == exact[0][i] else "near"


def _follows(before: dict[int, int], after: dict[int, int]) -> bool:
    """The next token continues every source of the one before."""
    return before.keys() == after.keys() and all(after[d] == j + 1 for d, j in before.items())


def _edges(words: list[Token], text: str) -> list[int]:
    """Cut points so that token i owns ``edges[i]:edges[i + 1]`` and the whole text is covered."""
    if not words:
        return [0]
    return [0, *(token.start for token in words[1:]), len(text)]


def _summary(
    spans: list[Span],
    words: list[Token],
    owners: list[dict[int, int]],
    draft_words: list[list[Token]],
    taken: list[np.ndarray],
    drafts: list[str],
) -> Provenance:
    shares: dict[SpanKind, float] = dict.fromkeys(KINDS, 0.0)
    for span in spans:
        shares[span.kind] += span.share
    owed = [
        sum(1 / len(o) for o in owners if d in o) / max(len(words), 1) for d in range(len(drafts))
    ]
    return Provenance(
        spans=tuple(spans),
        drafts=tuple(_draft_spans(*item) for item in zip(drafts, draft_words, taken, strict=True)),
        kind_shares=shares,
        draft_shares=tuple(owed),
        taken_shares=tuple(float(t.mean()) if len(t) else 0.0 for t in taken),
    )


def _draft_spans(text: str, words: list[Token], taken: np.ndarray) -> tuple[DraftSpan, ...]:
    if not words:
        return (DraftSpan(0, len(text), False),) if text else ()
    edges = _edges(words, text)
    cuts = [0, *(np.flatnonzero(np.diff(taken.astype(np.int8))) + 1).tolist(), len(words)]
    return tuple(DraftSpan(edges[a], edges[b], bool(taken[a])) for a, b in pairwise(cuts))
