"""Claims: what a text says, and how drafts and aggregate agree about it.

On the pocket worlds claims are exact: (entity, attribute, value) of the almanac; the start of a
box, every step of arithmetic and the answer of the ledger. On free text a claim is a sentence, and
two sentences are the same claim when their words are alike; sentences alike but for a number or a
name conflict. Truth is known only on the worlds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Literal, get_args

from pydantic import ConfigDict
from rapidfuzz import fuzz

from lab.plan import PlanProblem
from lab.words import say
from lab.worlds import almanac, ledger

SAME_CLAIM = 78.0
"""Lowest rapidfuzz token-sort ratio (0 to 100) of two sentences, figures and names masked, of one
claim."""
State = Literal["right", "wrong", "said", "missing"]
"""``said``: stated, but its truth is unknown."""
Fate = Literal["kept", "dropped", "corrected", "spoiled", "changed", "invented", "absent"]
"""What the aggregate did with a claim; ``corrected``: it says the right value against some draft's
wrong one, ``spoiled``: it says a wrong value though a draft had the right one, ``changed``: it says
what no draft says."""

_START = re.compile(
    rf"\b(?P<color>{'|'.join(ledger.COLORS)}) (?:box has )?(?P<n>\d+)(?= coins|;|$|\.)"
)
_ANSWER = re.compile(r"answer (?P<n>\d+)")
_SENTENCE = re.compile(r"[^.!?。！？\n]*[^\s.!?。！？][^.!?。！？\n]*(?:[.!?。！？]+|\n|$)")
_SPECIAL = re.compile(r"\d+(?:[.,]\d+)*|(?<=[a-z,;:] )[A-Z][\w'-]*")


@dataclass(frozen=True)
class Stated:
    """One claim as a text states it: characters ``start:end`` of the text."""

    about: str
    """What it is about; claims of several texts with the same ``about`` are compared."""
    value: str
    start: int
    end: int
    right: bool | None
    """None where the truth is unknown."""


@dataclass(frozen=True)
class Cell:
    """One claim in one text."""

    # Drawn as it is: what the page is given always carries the defaults.
    __pydantic_config__: ClassVar = ConfigDict(json_schema_serialization_defaults_required=True)

    state: State
    value: str = ""
    start: int = 0
    end: int = 0
    conflicts: bool = False
    """The text states two values, or another value than the aggregate (or, without one, than
    another draft)."""


@dataclass(frozen=True)
class ClaimRow:
    """One claim across all drafts and the aggregate."""

    about: str
    truth: str
    """The right value, empty where unknown."""
    drafts: tuple[Cell, ...]
    aggregate: Cell
    fate: Fate

    @property
    def conflict(self) -> bool:
        """Whether the drafts disagree."""
        return len({cell.value for cell in self.drafts if cell.state != "missing"}) > 1


def claims_in(text: str, problem: PlanProblem | None) -> list[Stated]:
    """All claims of a text, in order of appearance.

    Args:
        problem: decides how the text is read (its ``world``) and what is true; None reads
            sentences.
    """
    world = problem.world if problem else None
    if world == "almanac":
        return _almanac(text, problem)
    if world == "ledger":
        return _ledger(text, problem)
    return [
        Stated(" ".join(m.group().split()), " ".join(m.group().split()), m.start(), m.end(), None)
        for m in _SENTENCE.finditer(text)
    ]


def claim_table(
    drafts: Sequence[str], aggregate: str, problem: PlanProblem | None
) -> list[ClaimRow]:
    """Every claim that any draft or the aggregate states, in order of first appearance (aggregate
    first).

    Args:
        drafts: texts of the proposers; empty ones state nothing.
        aggregate: the aggregated text.
    """
    texts = [claims_in(aggregate, problem), *(claims_in(draft, problem) for draft in drafts)]
    if problem is None or problem.world not in ("almanac", "ledger"):
        texts = _grouped(texts)
    order = list(dict.fromkeys(claim.about for text in texts for claim in text))
    return [_row(about, texts, problem) for about in order]


def counts(rows: Sequence[ClaimRow]) -> dict[str, int]:
    """How many claims of each fate, and how many the aggregate has right and wrong."""
    fates = {fate: sum(row.fate == fate for row in rows) for fate in get_args(Fate)}
    return fates | {
        "right": sum(row.aggregate.state == "right" for row in rows),
        "wrong": sum(row.aggregate.state == "wrong" for row in rows),
        "conflicts": sum(row.conflict for row in rows),
        "all": len(rows),
    }


# --- reading the worlds
# --------------------------------------------------------------------------------------------------


def _almanac(text: str, problem: PlanProblem | None) -> list[Stated]:
    facts = almanac.facts()
    own = problem.truth if problem else None
    out, at = [], 0
    for claim in almanac.parse_claims(text):
        words = almanac.sentence(claim.entity, claim.attribute, claim.value)
        at = max(text.find(words, at), 0)
        truth = facts.get((claim.entity, claim.attribute), own)
        right = None if truth is None else claim.value == truth
        out.append(
            Stated(f"{claim.entity} · {claim.attribute}", claim.value, at, at + len(words), right)
        )
        at += len(words)
    return out


def _ledger(text: str, problem: PlanProblem | None) -> list[Stated]:
    truth = ledger_truth(problem.facts, problem.question) if problem else {}
    if problem and problem.truth:
        truth["answer"] = problem.truth
    out: list[Stated] = []
    for m in _START.finditer(text):
        out.append(
            _stated(
                say("said.drafts_figures.start_of", color=m["color"]),
                m["n"],
                m.start("color"),
                m.end(),
                truth,
            )
        )
    at = 0
    for step in ledger.parse_steps(text):
        words = f"{step.attribute} = {step.value}"
        at = text.find(words, at)
        begin = at - len(step.entity) - 1 if step.entity else at
        out.append(_stated(step.entity or "step", words, begin, at + len(words), truth))
        at += len(words)
    answers = list(_ANSWER.finditer(text))
    if not answers and not out:
        answers = list(re.finditer(r"(?P<n>\d+)", text))
    for m in answers[-1:]:
        out.append(_stated("answer", m["n"], m.start(), m.end(), truth))
    return sorted(out, key=lambda claim: claim.start)


def _stated(about: str, value: str, start: int, end: int, truth: dict[str, str]) -> Stated:
    return Stated(about, value, start, end, truth.get(about) == value if truth else None)


def ledger_truth(facts: str, question: str) -> dict[str, str]:
    """The right value of every claim that may be made about a ledger problem, from its own
    sentences.

    Returns:
        ``start of <colour>``, one entry per person with the worked step (``9 + 1 = 10``), and
        ``answer``.
    """
    boxes = {
        m["color"]: int(m["n"])
        for m in re.finditer(r"The (?P<color>[a-z]+) box has (?P<n>\d+)", facts)
    }
    truth = {say("said.drafts_figures.start_of", color=color): str(n) for color, n in boxes.items()}
    for op, m in _events(facts):
        before, amount = boxes.get(m["color"], 0), 2 if op == "*" else int(m["n"])
        after = {"*": before * 2, "+": before + amount, "-": before - amount}[op]
        truth[m["who"]] = f"{before} {op} {amount} = {after}"
        boxes[m["color"]] = after
    asked = re.search(r"in the ([a-z]+) box", question)
    if asked and asked[1] in boxes:
        truth["answer"] = str(boxes[asked[1]])
    return truth


def _events(facts: str) -> list[tuple[str, re.Match[str]]]:
    """Every event of a ledger text in order: its sign, and a match with ``who``, ``color`` and (but
    for ×) ``n``."""
    found = [(op, m) for op, pattern in _event_patterns().items() for m in pattern.finditer(facts)]
    return sorted(found, key=lambda item: item[1].start())


@lru_cache(maxsize=1)
def _event_patterns() -> dict[str, re.Pattern[str]]:
    """The world's own event sentences as patterns, so that they follow its wording."""
    out = {}
    for op in "+-*":
        text = re.escape(ledger.Step("Actor", op, 77, 0, 0).sentence("colour"))
        for word, group in (
            ("Actor", r"(?P<who>[A-Z][a-z]+)"),
            ("colour", r"(?P<color>[a-z]+)"),
            ("77", r"(?P<n>\d+)"),
        ):
            text = text.replace(word, group, 1)
        out[op] = re.compile(text)
    return out


# --- reading free text
# --------------------------------------------------------------------------------------------------


def _grouped(texts: list[list[Stated]]) -> list[list[Stated]]:
    """Sentences of all texts with the same claim given the same ``about`` (the first wording
    met)."""
    known: list[tuple[str, str, tuple[str, ...]]] = []  # (about, masked, figures)
    out = []
    for text in texts:
        new = []
        for claim in text:
            masked, figures = (
                _SPECIAL.sub("#", claim.value).casefold(),
                tuple(_SPECIAL.findall(claim.value)),
            )
            scored = [
                (fuzz.token_sort_ratio(masked, other), about, theirs)
                for about, other, theirs in known
            ]
            best = max(scored, default=(0.0, "", ()))
            if best[0] < SAME_CLAIM:
                known.append((claim.value, masked, figures))
                new.append(claim)
            else:
                value = best[1] if figures == best[2] else claim.value
                new.append(Stated(best[1], value, claim.start, claim.end, None))
        out.append(new)
    return out


# --- the table
# --------------------------------------------------------------------------------------------------


def _row(about: str, texts: list[list[Stated]], problem: PlanProblem | None) -> ClaimRow:
    aggregate, *drafts = (_cell(about, text) for text in texts)
    said = {cell.value for cell in drafts if cell.state != "missing"}
    reference = aggregate.value if aggregate.state != "missing" else None
    marked = tuple(
        cell
        if cell.state == "missing"
        else Cell(
            cell.state,
            cell.value,
            cell.start,
            cell.end,
            cell.conflicts or (cell.value != reference if reference is not None else len(said) > 1),
        )
        for cell in drafts
    )
    return ClaimRow(
        about, _truth_of(about, texts, problem), marked, aggregate, _fate(aggregate, drafts)
    )


def _cell(about: str, claims: list[Stated]) -> Cell:
    mine = [claim for claim in claims if claim.about == about]
    if not mine:
        return Cell("missing")
    last = mine[-1]
    state: State = "said" if last.right is None else "right" if last.right else "wrong"
    return Cell(state, last.value, last.start, last.end, len({claim.value for claim in mine}) > 1)


def _fate(aggregate: Cell, drafts: Sequence[Cell]) -> Fate:
    present = [cell for cell in drafts if cell.state != "missing"]
    if aggregate.state == "missing":
        return "dropped" if present else "absent"
    if not present:
        return "invented"
    if aggregate.state == "right" and any(cell.state == "wrong" for cell in present):
        return "corrected"
    if aggregate.state == "wrong" and any(cell.state == "right" for cell in present):
        return "spoiled"
    return "kept" if aggregate.value in {cell.value for cell in present} else "changed"


def _truth_of(about: str, texts: list[list[Stated]], problem: PlanProblem | None) -> str:
    for text in texts:
        for claim in text:
            if claim.about == about and claim.right:
                return claim.value
    if problem and problem.world == "ledger":
        return ledger_truth(problem.facts, problem.question).get(about, "")
    if problem and problem.world == "almanac" and " · " in about:
        who, _, attribute = about.partition(" · ")
        return almanac.facts().get((who, attribute), problem.truth or "")
    return ""
