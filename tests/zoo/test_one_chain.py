"""The lanes of the first tab and the ability table are one chain: on the shipped models they say
and think the same.
"""

from __future__ import annotations

import pytest

from lab.events import AgentFinished, AgentStarted, LaneFinished
from lab.methods import Context, load_prompts, run_lane
from lab.models.pool import HostPool
from lab.plan import LatentMASLane, PlanProblem, TextMASLane
from lab.zoo.abilities import ANSWER, THOUGHT, Bench

N = 3


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(HostPool().get("pocket-base"), N)


def context(bench: Bench, question: int, relay: bool) -> Context:
    p = bench.problems[question]
    problem = PlanProblem(
        question=p.question,
        facts=p.facts,
        truth=p.truth,
        world="ledger",
        facts_for="first" if relay else "everyone",
    )
    return Context(problem, load_prompts("pocket"), lambda _: bench.host)


@pytest.mark.parametrize("size", ["2", "3"])
@pytest.mark.parametrize("relay", [False, True])
def test_textmas_lane_and_table_say_the_same(bench: Bench, size: str, relay: bool) -> None:
    roles = bench.prompts.chains[size]
    table = bench.text_chain(roles, relay=relay)
    plan = TextMASLane(agents=roles, decoding=THOUGHT)
    for i in range(N):
        *_, done = run_lane("L", plan, context(bench, i, relay))
        assert isinstance(done, LaneFinished) and done.correct is table[i]


@pytest.mark.parametrize("relay", [False, True])
def test_latentmas_lane_and_table_hand_over_the_same(bench: Bench, relay: bool) -> None:
    roles = bench.prompts.chains["3"]
    memory = bench.think(roles[:-1], 4, relay=relay)
    right = bench.judge(memory.fork(), with_facts=not relay)
    plan = LatentMASLane(agents=roles, steps=4, decoding=ANSWER)
    for i in range(N):
        events = list(run_lane("L", plan, context(bench, i, relay)))
        handed = [e for e in events if isinstance(e, AgentStarted)][-1].memory
        assert sum(s.length for s in handed) == memory.row_len(i)
        assert isinstance(events[-1], LaneFinished) and events[-1].correct is right[i]


def test_the_wrong_chain_shows(bench: Bench) -> None:
    """Without the facts a later agent has fewer tokens to read, and the memory is shorter."""
    roles = bench.prompts.chains["3"]
    seen, unseen = (bench.think(roles[:-1], 4, relay=relay) for relay in (False, True))
    assert all(seen.row_len(i) > unseen.row_len(i) for i in range(N))
    events = run_lane("L", TextMASLane(agents=roles, decoding=THOUGHT), context(bench, 0, True))
    texts = [e.text for e in events if isinstance(e, AgentFinished)]
    assert len(set(texts)) > 1
