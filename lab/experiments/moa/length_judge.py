"""Evaluation illusion: the same outputs scored by a judge that likes length and structure, and by
the truth.

The judge is a rule that anyone can recompute: one point per word, five per sentence or line, ten
per list item. It stands for the known bias of preference ratings; it never sees the facts.
"""

from __future__ import annotations

import re
from typing import Any

from lab.experiments.harness.driver import Watch
from lab.experiments.moa.team import BASICS, Arm, Said, Team, TeamSettings, columns_of, fill_parts
from lab.models.hosts import Hosts
from lab.records.results import Metric, ResultTable
from lab.words import say
from lab.worlds import almanac

METRICS = (
    *BASICS,
    Metric("judge_wins", "share", "mean", ""),
    Metric("false_facts", "claims", "mean", "low"),
    Metric("words", "words", "mean", ""),
    Metric("inflation", "ratio", "mean", ""),
    Metric("facts_per_100_words", "facts", "mean", "high"),
)
"""``judge_wins``: against the best single proposer, a tie is half; ``inflation``: words over those
of that one."""
POLITE = (
    "Here is a careful answer. It was put together from several drafts. "
    "Every draft was read with care."
)


class Settings(TeamSettings):
    """The team; by default everything about a person is asked."""

    depth: int | None = 6


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Measure what judge and truth say of the single answer, the aggregate and longer texts without
    more truth."""
    team = Team.gather(settings, hosts, table)
    watch.step(0, 1, say("said.progress.drafts"))
    drafts = team.drafts()
    best = max(drafts, key=lambda said: sum(said.facts))
    joined = [" ".join(texts) for texts in columns_of(drafts)]
    listed = [
        "\n".join(f"- {part.strip('.')}." for part in text.split(". ")) for text in best.texts
    ]
    parts = [
        Arm("best single proposer", "floor", lambda: _rows(team, best, best, [])),
        Arm(
            "aggregate",
            "method",
            lambda: _rows(team, team.aggregate(columns_of(drafts)), best, drafts),
        ),
        Arm(
            "aggregate, then polite words",
            "control",
            lambda: _rows(team, _polite(team, drafts), best, drafts),
        ),
        Arm(
            "all drafts in a row",
            "control",
            lambda: _rows(team, _rewritten(team, best, joined), best, drafts),
        ),
        Arm(
            "single, as a list",
            "control",
            lambda: _rows(team, _rewritten(team, best, listed), best, []),
        ),
        Arm(
            "single, polite words added",
            "control",
            lambda: _rows(
                team, _rewritten(team, best, [f"{POLITE} {t}" for t in best.texts]), best, []
            ),
        ),
    ]
    fill_parts(table, watch, parts)


def judge(text: str) -> float:
    """Points of the length-and-structure judge."""
    items = len(re.findall(r"(?m)^\s*(?:[-*•]|\d+\.)\s", text))
    return len(text.split()) + 5 * len(re.findall(r"[.!?](?:\s|$)|\n", text)) + 10 * items


def _polite(team: Team, drafts: list[Said]) -> Said:
    said = team.aggregate(columns_of(drafts))
    return _rewritten(team, said, [f"{POLITE} {text}" for text in said.texts])


def _rewritten(team: Team, said: Said, texts: list[str]) -> Said:
    """Other texts judged by the truth, at the price of those they were made of."""
    return team.judged(said, texts)


def _rows(team: Team, said: Said, best: Said, helpers: list[Said]) -> list[dict[str, Any]]:
    wins, false, words, inflation, dense = [], [], [], [], []
    for i, text in enumerate(said.texts):
        mine, other = judge(text), judge(best.texts[i])
        wins.append(1.0 if mine > other else 0.5 if mine == other else 0.0)
        claims, facts = set(almanac.parse_claims(text)), almanac.facts()
        false.append(float(sum(facts.get((c.entity, c.attribute)) != c.value for c in claims)))
        words.append(float(len(text.split())))
        inflation.append(words[-1] / max(len(best.texts[i].split()), 1))
        dense.append(100 * said.facts[i] * len(team.problems[i].claims) / max(words[-1], 1))
    return team.rows(
        said,
        helpers,
        judge_wins=wins,
        false_facts=false,
        words=words,
        inflation=inflation,
        facts_per_100_words=dense,
    )
