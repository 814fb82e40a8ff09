"""Latent × MoA: proposers that are fine-tunes of one base hand over their KV caches instead of
their text, and one judge reads the text, the caches, or both.

Every proposer reads the question and writes its draft into a cache of its own; the caches are
joined with their keys turned to consecutive positions and read by a judge that is another, near
model. Caches of another question, and the question's own part without the draft, are the controls.
"""

from __future__ import annotations

import time
from typing import Any, Literal

import numpy as np

from lab import worlds
from lab.engine.decode import generate_text
from lab.engine.give import give_to
from lab.engine.memory import LatentMemory
from lab.errors import SpaceMismatch
from lab.experiments.harness.driver import Watch
from lab.experiments.moa.team import (
    BASICS,
    Arm,
    Said,
    Team,
    TeamSettings,
    columns_of,
    fill_parts,
    value_probability,
)
from lab.experiments.transfer.relay_problems import other_row
from lab.models.host import Host
from lab.models.hosts import Hosts
from lab.plan import Decoding
from lab.records.results import Metric, ResultTable
from lab.words import say
from lab.worlds.prompts import pocket_prompts

METRICS = (*BASICS, Metric("slots", "slots", "mean", ""), Metric("bytes", "bytes", "mean", "low"))
"""``slots``, ``bytes``: KV positions handed over and their size (for text: the bytes of the
words)."""
Keep = Literal["all", "prompt", "draft"]
Rows = list[dict[str, Any]]


class Settings(TeamSettings):
    """The team; the aggregator must have the proposers' architecture and be near them in
    weights."""

    aggregator: str = "pocket-base"


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Measure text, caches, both, and their controls with the same drafts."""
    team = Team.gather(settings, hosts, table)
    watch.step(0, 1, say("said.progress.caches"))
    judge = hosts(settings.aggregator)
    made = [_write(team, hosts(name)) for name in settings.proposers]
    texts = [said.texts for said, _ in made]
    others = other_row([p.truth for p in team.problems], settings.seed)
    spent = [said for said, _ in made]
    rows = columns_of(spent)

    def kv(
        keep: Keep = "all", rows: list[int] | None = None, words: bool = False, turn: bool = True
    ) -> Rows:
        memory = _joined(judge, [memory for _, memory in made], keep, rows, turn)
        return _answers(team, judge, memory, texts if words else None, spent)

    parts = [
        Arm(
            "best single proposer",
            "floor",
            lambda: team.rows(max(spent, key=lambda said: sum(said.right))),
            "none",
        ),
        Arm("judge alone", "floor", lambda: _answers(team, judge, None, None, []), "none"),
        Arm("drafts as text", "method", lambda: _answers(team, judge, None, texts, spent), "text"),
        Arm(
            "drafts as text, aggregator's prompt",
            "method",
            lambda: team.rows(team.aggregate(rows), spent),
            "text",
        ),
        Arm("caches", "method", kv, "kv"),
        Arm("caches, drafts only", "", lambda: kv("draft"), "kv"),
        Arm("caches, question only", "control", lambda: kv("prompt"), "kv"),
        Arm("caches of another question", "control", lambda: kv(rows=others), "kv"),
        Arm("caches, keys not turned", "control", lambda: kv(turn=False), "kv"),
        Arm("text and caches", "method", lambda: kv(words=True), "both"),
    ]
    fill_parts(table, watch, parts)


def _write(team: Team, host: Host) -> tuple[Said, LatentMemory]:
    """One proposer's drafts, and the caches in which they stand."""
    made = pocket_prompts()
    prompts = [
        host.render([{"role": "user", "content": made.user("solver", p.question, p.facts)}])
        for p in team.problems
    ]
    began = time.perf_counter()
    got = generate_text(
        host,
        prompts,
        None,
        Decoding(max_tokens=team.settings.max_tokens),
        host.name,
        keep_memory=True,
    )
    ms = 1e3 * (time.perf_counter() - began) / team.n
    if got.memory is None:
        raise SpaceMismatch(say("error.kvmoa.kept_no_cache_its", name=host.name))
    return _said(team, host, got, ms), got.memory


def _said(team: Team, host: Host, got: Any, ms: float) -> Said:
    values = [worlds.extract_answer(team.settings.world, text) for text in got.texts]
    chances = [
        value_probability(host.token_texts(ids), logprobs, value)
        for ids, logprobs, value in zip(got.ids, got.logprobs, values, strict=True)
    ]
    texts = [text.strip() for text in got.texts]
    said = Said(
        texts,
        [],
        [],
        [],
        chances,
        chances,
        [len(ids) for ids in got.ids],
        list(got.prompt_lengths),
        ms,
    )
    return team.judged(said, texts)


def _joined(
    judge: Host, memories: list[LatentMemory], keep: Keep, rows: list[int] | None, turn: bool
) -> LatentMemory:
    kept = []
    for memory in memories:
        own = give_to(memory if rows is None else memory.select_rows(rows), judge)
        if keep != "all":
            own.crop(own.columns(kind="prompt" if keep == "prompt" else "token"))
        kept.append(own)
    return LatentMemory.merge_kv(kept, rerotate=turn)


def _answers(
    team: Team,
    judge: Host,
    memory: LatentMemory | None,
    texts: list[list[str]] | None,
    spent: list[Said],
) -> list[dict[str, Any]]:
    """The judge's answers on top of a memory, with or without the drafts in its prompt."""
    made = pocket_prompts()
    prompts = []
    for i, problem in enumerate(team.problems):
        heard = [("solver", column[i]) for column in texts or []]
        content = made.user("judger", problem.question, problem.facts, heard=heard)
        prompts.append(judge.render([{"role": "user", "content": content}]))
    slots = [0] * team.n if memory is None else [memory.row_len(row) for row in range(team.n)]
    size = [0] * team.n if memory is None else [memory.row_bytes(row) for row in range(team.n)]
    if texts:
        size = np.add(
            size, [sum(len(column[i].encode()) for column in texts) for i in range(team.n)]
        ).tolist()
    began = time.perf_counter()
    got = generate_text(judge, prompts, memory, Decoding(max_tokens=16), "judge")
    said = _said(team, judge, got, 1e3 * (time.perf_counter() - began) / team.n)
    return team.rows(said, spent, slots=slots, bytes=size)
