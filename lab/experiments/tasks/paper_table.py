"""Tasks as in the papers: every method answers the same questions, and what each cost is counted.

The lanes are those of the page (`lab.methods`), one after the other on every question, in an order
that turns, so that none always runs first. Beside them stand two controls that cost as much as the
dearest team: the single agent is asked again and again, question by question, until it has spent
the team's computing; then the majority answers (“same compute”), or the surest sample does (“best
of N”).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from math import fsum
from typing import Any, Literal

from pydantic import Field

from lab.engine.decode import mean_logprob
from lab.errors import BadInput, Cancelled
from lab.events import LaneFinished, TokenOut
from lab.experiments.harness.driver import Watch
from lab.experiments.moa.team import majority
from lab.methods import Context, load_prompts, run_lane
from lab.models.hosts import AnyHosts, Hosts
from lab.models.remote import RemoteHost, is_remote
from lab.plan import (
    MAX_LATENT_STEPS,
    Decoding,
    LanePlan,
    LatentMASLane,
    MoALane,
    Proposer,
    SingleLane,
    Strict,
    TextMASLane,
)
from lab.records.results import Metric, ResultTable
from lab.roster import lane_hosts
from lab.words import say
from lab.worlds.problem import Verdict
from lab.worlds.prompts import PromptSet
from lab.worlds.task_files import Task, TaskItem, load_task

Method = Literal["single", "textmas", "latentmas", "moa"]
METRICS = (
    Metric("accuracy", "share", "rate", "high"),
    Metric("read", "tokens", "mean", "low"),
    Metric("written", "tokens", "mean", "low"),
    Metric("latent", "steps", "mean", "low"),
    Metric("passes", "passes", "mean", "low"),
    Metric("seconds", "s", "mean", "low"),
    Metric("gflop", "GFLOP", "mean", "low"),
    Metric("samples", "answers", "mean", ""),
)
"""``passes``: passes through the model that write something, a token or a latent step; the papers'
token counts leave latent steps out."""
SAME_COMPUTE = "single, same compute: majority"
BEST_OF_N = "single, best of N: the surest"


class Settings(Strict):
    """What is asked, who answers, and how."""

    task: str = "ledger"
    methods: tuple[Method, ...] = Field(
        ("single", "textmas", "latentmas", "moa"), min_length=1, max_length=4
    )
    model: str = "pocket-base"
    proposers: tuple[str, ...] = ()
    """Models of the proposers; empty samples ``model`` three times."""
    prompts: str = "pocket"
    agents: int = Field(3, ge=2, le=4)
    """Length of the chains."""
    n: int = Field(96, ge=1, le=20_000)
    """Questions from the task's beginning."""
    seed: int = 0
    steps: int = Field(36, ge=0, le=MAX_LATENT_STEPS)
    """Latent steps of every agent that thinks."""
    max_tokens: int = Field(64, ge=1, le=8192)
    """Of every agent that speaks."""
    temperature: float = Field(0.7, gt=0.0, le=5.0)
    """Of proposers and of the repeated single agent; everybody else is greedy."""
    samples: int = Field(8, ge=0, le=64)
    """Most answers of the repeated single agent to one question; 0 leaves it out."""


@dataclass(frozen=True)
class Tried:
    """One answer, judged, with its cost."""

    text: str
    verdict: Verdict
    read: int = 0
    written: int = 0
    latent: int = 0
    seconds: float = 0.0
    flops: float = 0.0
    confidence: float = 0.0
    """Mean log-probability of the tokens of whoever spoke last."""

    @property
    def compute(self) -> float:
        """What is matched: operations, or tokens where a remote model tells none."""
        return self.flops or float(self.read + self.written + self.latent)


def lanes_of(settings: Settings) -> dict[str, LanePlan]:
    """The methods as the page's lanes.

    Raises:
        BadInput: if the prompt set has no chain of that length.
    """
    chains = load_prompts(settings.prompts).chains
    chain = chains.get(str(settings.agents))
    if chain is None:
        raise BadInput(
            f"Prompt set {settings.prompts} has no chain of {settings.agents} agents: expected one "
            f"of {', '.join(size for size in chains if size.isdigit())}; choose one."
        )
    greedy = Decoding(max_tokens=settings.max_tokens)
    proposers = settings.proposers or (settings.model,) * 3
    made: dict[Method, LanePlan] = {
        "single": SingleLane(host=settings.model, decoding=greedy),
        "textmas": TextMASLane(host=settings.model, agents=chain, decoding=greedy),
        "latentmas": LatentMASLane(
            host=settings.model, agents=chain, steps=settings.steps, decoding=greedy
        ),
        "moa": MoALane(
            proposers=tuple(
                Proposer(host=host, decoding=_sampled(settings, i))
                for i, host in enumerate(proposers)
            ),
            aggregator=Proposer(host=settings.model, role="aggregator", decoding=greedy),
        ),
    }
    return {method: made[method] for method in dict.fromkeys(settings.methods)}


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Ask every question that is not answered yet; each is kept as soon as all have answered it.

    Raises:
        BadInput: if the folder holds answers to another file of that name.
    """
    task = load_task(settings.task, settings.n)
    if table.meta.setdefault("task", task.digest) != task.digest:
        raise BadInput(
            f"Task {task.name} has changed since these results were begun: expected the same "
            "questions; choose another folder."
        )
    asking = _Asking(settings, task, hosts, watch, table)
    kept = _kept(table, asking.conditions)
    for turn, at in enumerate(table.parts(len(task.items))):
        item = task.items[at]
        if any(row["problem"] == item.number for row in kept[next(iter(kept))]):
            continue
        watch.step(turn, len(task.items), say("said.progress.question", number=item.number))
        if not table.takes("questions", part=at):
            continue
        for condition, row in asking.rows(item).items():
            kept[condition].append(row)
        for condition, control in asking.conditions.items():
            last = len(kept[condition]) == len(task.items)
            table.add(condition, kept[condition], control=control, finished=last)


def close(table: ResultTable) -> None:
    """Say where a task cannot tell the methods apart."""
    rights = set(table.rows.groupby("condition")["accuracy"].mean()) if len(table.rows) else set()
    if rights == {1.0}:
        table.note(
            "Every method is right on every question: this task compares costs and cannot show a "
            "gain."
        )
    if rights == {0.0}:
        table.note("No method is right on any question: this task can tell nothing of accuracy.")


class _Asking:
    """Everything that the questions of one task share."""

    def __init__(
        self, settings: Settings, task: Task, hosts: Hosts, watch: Watch, table: ResultTable
    ) -> None:
        self.settings, self.watch, self.table = settings, watch, table
        self.lanes = lanes_of(settings)
        self.prompts: PromptSet = load_prompts(settings.prompts)
        self.teams = [name for name in self.lanes if name != "single"]
        self.again = bool(settings.samples and self.teams)
        names = dict.fromkeys(name for lane in self.lanes.values() for name in lane_hosts(lane))
        known = {
            name: RemoteHost.from_name(name) if is_remote(name) else hosts(name) for name in names
        }
        for name, host in known.items():
            table.host(name, host.info())
        self.hosts: AnyHosts = known.__getitem__
        first = next(iter(self.lanes.values()))
        self.ask(first.model_copy(update={"title": "warm-up"}), task.items[0])

    @property
    def conditions(self) -> dict[str, str]:
        """What is measured, and as what it counts."""
        lanes = {
            name: "control" if name in ("single", "textmas") else "method" for name in self.lanes
        }
        return lanes | ({SAME_COMPUTE: "control", BEST_OF_N: "control"} if self.again else {})

    def rows(self, item: TaskItem) -> dict[str, dict[str, Any]]:
        """A row per condition for one question."""
        names = list(self.lanes)
        turn = item.number % len(names)
        tried = {name: self.ask(self.lanes[name], item) for name in names[turn:] + names[:turn]}
        rows = {name: _row(item, tried[name], [tried[name]]) for name in names}
        if self.again:
            budget = max(tried[name].compute for name in self.teams)
            drawn = self.samples(item, budget)
            lot = random.Random(f"{self.settings.seed}/{item.number}")
            most = drawn[majority([one.verdict.value for one in drawn], lot)]
            surest = max(drawn, key=lambda one: one.confidence)
            rows[SAME_COMPUTE] = _row(item, most, drawn)
            rows[BEST_OF_N] = _row(item, surest, drawn)
        return rows

    def samples(self, item: TaskItem, budget: float) -> list[Tried]:
        """Answers of the single agent until the next one would go beyond a budget; at least one."""
        drawn: list[Tried] = []
        while len(drawn) < self.settings.samples:
            lane = SingleLane(
                host=self.settings.model, decoding=_sampled(self.settings, 1000 + len(drawn))
            )
            drawn.append(self.ask(lane, item))
            spent = fsum(one.compute for one in drawn)
            if spent + spent / len(drawn) > budget:
                break
        return drawn

    def ask(self, lane: LanePlan, item: TaskItem) -> Tried:
        """One method's answer to one question; a question that does not fit its model is a wrong
        answer, and the reason is kept.

        Raises:
            Cancelled: between two steps, after a stop.
        """
        ctx = Context(item.problem, self.prompts, self.hosts, None, self.settings.seed)
        logprobs: dict[str, list[float]] = {}
        last: LaneFinished | None = None
        speaker = ""
        try:
            with closing(run_lane("task", lane, ctx)) as events:
                for event in events:
                    if self.watch.cancelled():
                        raise Cancelled(
                            f"Stopped in question {item.number}; those before it are kept."
                        )
                    if isinstance(event, TokenOut):
                        speaker = event.agent
                        logprobs.setdefault(speaker, []).append(event.logprob)
                    if isinstance(event, LaneFinished):
                        last = event
        except BadInput as error:
            self.table.note(f"Counted as wrong: {error}")
            return Tried("", Verdict(False, None, str(error)))
        if last is None:
            raise RuntimeError("a lane ended without its last event")
        return Tried(
            last.answer,
            item.judged(last.answer),
            last.tokens_read,
            last.tokens_written,
            last.latent_steps,
            last.seconds,
            last.flops,
            mean_logprob(logprobs.get(speaker, [])),
        )


def _row(item: TaskItem, answer: Tried, spent: Sequence[Tried]) -> dict[str, Any]:
    """A row of the table: one answer, and what all that was tried for it cost."""

    def total(of: Callable[[Tried], float]) -> float:
        return float(fsum(map(of, spent)))

    return {
        "problem": item.number,
        "accuracy": float(answer.verdict.correct),
        "read": total(lambda one: one.read),
        "written": total(lambda one: one.written),
        "latent": total(lambda one: one.latent),
        "passes": total(lambda one: one.written + one.latent),
        "seconds": total(lambda one: one.seconds),
        "gflop": total(lambda one: one.flops) / 1e9,
        "samples": float(len(spent)),
        "answer": answer.text,
        "value": answer.verdict.value or "",
        "why": answer.verdict.why,
        "truth": item.truth,
    }


def _kept(table: ResultTable, conditions: Sequence[str] | dict[str, str]) -> dict[str, list[Any]]:
    """The rows of earlier runs, of questions that every condition has answered."""
    rows = table.rows
    found = {name: table.rows_of(name) for name in conditions}
    both = set.intersection(*(set(part["problem"]) for part in found.values()))
    own = [name for name in rows.columns if name not in ("experiment", "condition", "channel")]
    return {
        name: part[part["problem"].isin(both)][own].drop(columns="control").to_dict("records")
        for name, part in found.items()
    }


def _sampled(settings: Settings, number: int) -> Decoding:
    return Decoding(
        max_tokens=settings.max_tokens,
        temperature=settings.temperature,
        seed=settings.seed + number,
    )
