"""Records of a Mixture-of-Agents lane whose texts are written by hand: for tests of pictures, not
of models.
"""

from __future__ import annotations

import math
from pathlib import Path

from lab.events import (
    AgentFinished,
    AgentStarted,
    Event,
    HandOver,
    LaneFinished,
    LaneStarted,
    RunFinished,
    RunStarted,
    TokenOut,
)
from lab.plan import MoALane, Plan, PlanProblem, Proposer
from lab.records import Record, Writer
from lab.worlds import ledger

STEPS = (
    ("red", ledger.Step("Ned", "+", 1, 9, 10)),
    ("lime", ledger.Step("Ivy", "*", 2, 2, 4)),
    ("red", ledger.Step("Ben", "-", 4, 10, 6)),
)
FACTS = "The red box has 9 coins. The lime box has 2 coins. " + " ".join(
    step.sentence(color) for color, step in STEPS
)
PROBLEM = PlanProblem(
    question="How many coins are in the red box?", facts=FACTS, truth="6", world="ledger"
)
DRAFTS = {
    "ada": "red 9; Ned 9 + 1 = 10; Ben 10 - 4 = 6; answer 6",
    "bob": "red 9; Ned 9 + 1 = 11; Ben 11 - 4 = 7; answer 7",
    "cyd": "red 9; Ned 9 + 1 = 10; Ivy 10 * 2 = 20; answer 20",
}
AGGREGATE = "red 9; Ned 9 + 1 = 10; Ben 10 - 4 = 6; Ann 6 + 1 = 7; answer 6"


def moa_events(
    drafts: dict[str, str],
    aggregate: str,
    layers: int = 1,
    failed: tuple[str, ...] = (),
    problem: PlanProblem = PROBLEM,
) -> list[Event]:
    """All events of such a lane: every agent writes a word per 10 ms; wrong-looking drafts are less
    sure."""
    out: list[Event] = [
        RunStarted("", 0.0, "moa", problem.question, problem.facts, problem.truth, "alone"),
        LaneStarted(
            "moa",
            0.0,
            "moa",
            "Mixture-of-Agents",
            "pocket-base",
            "Three proposers and an aggregator.",
        ),
    ]
    at, before = 0.0, ()
    for layer in range(layers):
        names = tuple(name if layer == 0 else f"{name}, layer {layer + 1}" for name in drafts)
        for name, text in zip(names, drafts.values(), strict=True):
            lost = name in failed
            out += _agent(
                name,
                "proposer",
                layer,
                before,
                "" if lost else text,
                at,
                0.98 if "6" in text else 0.6,
            )
        before = tuple(name for name in names if name not in failed)
        at += 0.2
    out += [
        HandOver("moa", at, name, "aggregator", "text", 0, 40, 12, drafts[name.partition(",")[0]])
        for name in before
    ]
    out += _agent("aggregator", "aggregator", layers, before, aggregate, at, 0.9)
    end = at + 0.01 * len(aggregate.split())
    out += [
        LaneFinished(
            "moa",
            end,
            aggregate,
            aggregate.rpartition(" ")[2],
            True,
            200,
            60,
            0,
            90,
            9000,
            at + 0.01,
            end,
            None,
            1e9,
        ),
        RunFinished("", end),
    ]
    return out


def _agent(
    name: str, role: str, stage: int, reads: tuple[str, ...], text: str, at: float, chance: float
) -> list[Event]:
    words = text.split(" ") if text else []
    out: list[Event] = [AgentStarted("moa", at, name, role, "pocket-base", stage, reads)]
    for i, word in enumerate(words):
        token = word if i == 0 else f" {word}"
        now = at + 0.01 * (i + 1)
        out.append(TokenOut("moa", now, name, i + 1, token, i, math.log(chance), 0.1, None, 40 + i))
    note = (
        ""
        if text
        else "remote:far cannot be reached; the run goes on without it; start it or remove it."
    )
    end = at + 0.01 * max(len(words), 1)
    out.append(
        AgentFinished("moa", end, name, text, 40, len(words), 0, 60, 6000, end - at, (), note)
    )
    return out


def write_record(folder: Path, events: list[Event], problem: PlanProblem = PROBLEM) -> Record:
    """The events as a finished record."""
    plan = Plan(
        name="moa",
        title="Hand-written drafts",
        problem=problem,
        lanes=(MoALane(proposers=(Proposer(),) * 3),),
    )
    writer = Writer.create(folder, plan, problem)
    for event in events:
        writer.event(event)
    writer.finish("finished")
    return Record.open(folder)
