"""The MoA lab: what more proposers cost on one host, how long coverage takes, how fast texts are
compared and drawn.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

from lab.bench.result import Measurement, at_most, median_seconds
from lab.engine.decode import generate_text
from lab.events import AgentFinished, AgentStarted, LaneStarted
from lab.experiments.harness import registry
from lab.experiments.harness.driver import run_experiment
from lab.experiments.moa.team import TeamSettings
from lab.models.pool import HostPool
from lab.panels.drafts.drafts import find_run, runs_of, view
from lab.panels.drafts.provenance import diff
from lab.plan import Decoding
from lab.worlds import make_problem
from lab.worlds.prompts import pocket_prompts

WORDS = 2000
QUESTIONS = 120


def measure() -> Iterator[Measurement]:
    """All figures of the MoA lab's “Speed”."""
    pool = HostPool()
    yield at_most(
        "three proposers on one host against one",
        _three_for_one(pool),
        1.6,
        "×",
        "batch of 3 against 1",
    )
    yield at_most(f"coverage, {QUESTIONS} questions, all conditions", *_coverage(pool))
    left, right = _two_texts()
    (seconds,) = median_seconds(lambda: diff(left, right))
    yield at_most(f"difference of two texts of {WORDS} words", 1e3 * seconds, 100, "ms")
    events = _long_run(left, right)
    (seconds,) = median_seconds(lambda: view(find_run(runs_of(events), None), None))
    yield at_most(
        "drafts tab of such a run, made as data",
        1e3 * seconds,
        500,
        "ms",
        "three drafts and an aggregate",
    )


def _three_for_one(pool: HostPool) -> float:
    """Time of three sampled drafts in one batch over the time of one; ledger, same number of words
    each."""
    host = pool.get("pocket-base")
    problem = make_problem("ledger", 5, depth=4)
    content = pocket_prompts().user("proposer", problem.question, problem.facts)
    prompt = host.render([{"role": "user", "content": content}])

    def drafts(count: int) -> Any:
        settings = [Decoding(max_tokens=32, temperature=0.2, seed=seed) for seed in range(count)]
        return generate_text(host, [prompt] * count, None, settings)

    one, three = median_seconds(lambda: drafts(1), lambda: drafts(3), rounds=9)
    return three / one


def _coverage(pool: HostPool) -> tuple[float, float, str, str]:
    entry = registry.find("coverage")
    settings = registry.load_settings(entry, {"n": QUESTIONS})
    assert isinstance(settings, TeamSettings)
    for name in (*settings.proposers, settings.aggregator):
        pool.get(name)
    began = time.perf_counter()
    table = run_experiment(entry, settings, pool.get)
    return time.perf_counter() - began, 60, "s", f"{len(table.meta['finished'])} conditions"


def _two_texts() -> tuple[str, str]:
    """Two texts of `WORDS` words in sentences; the second has every seventh word replaced."""
    rng = random.Random(0)
    vocabulary = [f"w{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(500)]
    left = rng.choices(vocabulary, k=WORDS)
    right = [rng.choice(vocabulary) if i % 7 == 0 else word for i, word in enumerate(left)]

    def sentences(words: list[str]) -> str:
        return " ".join(word + ("." if i % 15 == 14 else "") for i, word in enumerate(words))

    return sentences(left), sentences(right)


def _long_run(left: str, right: str) -> list[Any]:
    """Events of a lane with three long drafts and a long aggregate."""
    texts = {"a": left, "b": right, "c": left[::2], "aggregator": right}
    out: list[Any] = [LaneStarted("moa", 0.0, "moa", "MoA", "", "")]
    for name, text in texts.items():
        last = name == "aggregator"
        out.append(
            AgentStarted(
                "moa",
                0.0,
                name,
                "aggregator" if last else "proposer",
                "",
                int(last),
                ("a", "b", "c") if last else (),
            )
        )
        out.append(AgentFinished("moa", 1.0, name, text, WORDS, WORDS, 0, 0, 0, 1.0))
    return out
