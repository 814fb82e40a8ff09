"""A team of proposers and an aggregator at work on many questions at once, on exact ground.

Every experiment of the MoA lab asks the same team different things. One call puts all questions of
a condition through one model in one batch; drafts are kept, so that conditions are compared on the
same drafts. What is compared, and why, is the experiments' business.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal

import numpy as np
from pydantic import Field
from typing_extensions import TypeVar

from lab import worlds
from lab.engine.decode import generate_text, mean_logprob
from lab.engine.memory import LatentMemory
from lab.errors import BadInput, ModelUnavailable
from lab.experiments.harness.driver import Watch
from lab.experiments.transfer.receiver import ask
from lab.experiments.transfer.relay_problems import answer_ids
from lab.methods.mixture import Proposal, passed_on, prompt_for, room_for, rounds
from lab.models.host import Host
from lab.models.hosts import Hosts
from lab.plan import Decoding, Strict
from lab.records.results import Metric, ResultTable
from lab.words import say
from lab.worlds import almanac, ledger
from lab.worlds.prompts import pocket_prompts

ACCURACY = Metric("accuracy", "share", "rate", "high")
FACTS = Metric("facts", "share", "mean", "high")
NLL = Metric("nll", "nats", "mean", "low")
CONFIDENCE = Metric("probability", "share", "mean", "")
TOKENS = Metric("tokens", "tokens", "mean", "low")
MS = Metric("ms", "ms", "mean", "low")
BASICS = (ACCURACY, FACTS, CONFIDENCE, TOKENS, MS)
"""``facts``: share of the asked facts that the text states rightly; ``probability``: the writer's
own, of the value it gives; ``tokens``: read and written by everybody who took part; ``ms``: batch
seconds over the number of questions."""


class TeamSettings(Strict):
    """What all experiments of the MoA lab share."""

    n: int = Field(120, ge=2, le=720)
    seed: int = Field(0, ge=0)
    world: Literal["almanac", "ledger"] = "almanac"
    depth: int | None = None
    """Ledger: 1 to 4. Almanac: 1 (one fact) or 6 (everything about a person)."""
    proposers: tuple[str, ...] = Field(
        ("pocket-scholar-1", "pocket-scholar-2", "pocket-scholar-3"), min_length=1
    )
    aggregator: str = "pocket-base"
    temperature: float = Field(0.0, ge=0.0, le=5.0)
    """Of the proposers; the aggregator is greedy."""
    max_tokens: int = Field(64, ge=1, le=1024)
    batch: int = Field(160, ge=1)


@dataclass
class Said:
    """What one agent said to every question; all lists are by question."""

    texts: list[str]
    values: list[str | None]
    """What was understood as the answer."""
    right: list[bool]
    facts: list[float]
    probability: list[float]
    """Product over the tokens of the value; NaN where no value was found."""
    confidence: list[float]
    """Geometric mean over all tokens of the text."""
    written: list[int]
    read: list[int]
    ms: float
    """Per question: batch time over the number of questions."""

    @property
    def tokens(self) -> np.ndarray:
        """(n,) tokens read and written."""
        return np.add(self.read, self.written)

    @property
    def errors(self) -> np.ndarray:
        """(n,) 1.0 where the answer is wrong."""
        return 1.0 - np.asarray(self.right, float)


@dataclass(frozen=True)
class Member:
    """A model at work in a team."""

    name: str
    seed: int = 0
    """Of its sampling; without effect at temperature 0."""
    temperature: float = 0.0


Settings_co = TypeVar("Settings_co", bound=TeamSettings, default=TeamSettings, covariant=True)
"""The settings of one experiment; a plain ``Team`` promises those that all share."""
_Own = TypeVar("_Own", bound=TeamSettings)


@dataclass
class Team(Generic[Settings_co]):
    """Questions, models and everything they have said so far."""

    settings: Settings_co
    hosts: Hosts
    problems: list[worlds.Problem]
    kept: dict[tuple[str, int, float], Said] = field(default_factory=dict, repr=False)
    """Drafts, by model, seed and temperature."""

    @classmethod
    def gather(cls, settings: _Own, hosts: Hosts, table: ResultTable | None = None) -> Team[_Own]:
        """The team of some settings; the models' descriptions go into the table.

        Raises:
            ModelUnavailable: if one of its models is not here.
        """
        problems = worlds.make_problems(
            settings.world, settings.n, seed=settings.seed, depth=settings.depth
        )
        for name in dict.fromkeys((*settings.proposers, settings.aggregator)):
            host = hosts(name)
            if table is not None:
                table.host(name, host.info())
        return Team(settings, hosts, problems)

    @property
    def n(self) -> int:
        """Number of questions."""
        return len(self.problems)

    def propose(self, name: str, seed: int = 0, temperature: float | None = None) -> Said:
        """One model's drafts, from nothing but the question (kept and reused).

        Args:
            seed: of the sampling; without effect at temperature 0.
            temperature: the settings' by default.
        """
        heat = self.settings.temperature if temperature is None else temperature
        key = (name, seed if heat else 0, heat)
        if key not in self.kept:
            self.kept[key] = self.speak(name, "proposer", [()] * self.n, heat, seed)
        return self.kept[key]

    def members(self) -> list[Member]:
        """The proposers of the settings; a model that stands twice gets another seed."""
        names, heat = self.settings.proposers, self.settings.temperature
        return [Member(name, names[:i].count(name), heat) for i, name in enumerate(names)]

    def drafts(self) -> list[Said]:
        """The drafts of all proposers of the settings."""
        return [self.propose(m.name, m.seed, m.temperature) for m in self.members()]

    def mixture(
        self, members: Sequence[Member], layers: int = 1, aggregator: str | None = None
    ) -> tuple[list[Said], Said]:
        """A whole Mixture-of-Agents.

        Args:
            members: the proposers of every layer.
            layers: of proposers, before the aggregator.
            aggregator: the settings' by default.

        Returns:
            all drafts, layer by layer, and the aggregate.
        """
        last = Member(aggregator or self.settings.aggregator)
        course = rounds([*[members] * layers, [last]], self.n)
        turn, drafts = next(course), list[Said]()
        for _ in range(layers):
            given = [[draft.text for draft in row] for row in turn.drafts]
            said = [
                self.speak(m.name, "proposer", given, m.temperature, m.seed)
                if drafts
                else self.propose(m.name, m.seed, m.temperature)
                for m in turn.agents
            ]
            drafts += said
            turn = course.send(
                [
                    [Proposal(m.name, text) for text in one.texts]
                    for m, one in zip(turn.agents, said, strict=True)
                ]
            )
        given = [[draft.text for draft in row] for row in turn.drafts]
        return drafts, self.aggregate(given, last.name)

    def aggregate(self, drafts: Sequence[Sequence[str]], name: str | None = None) -> Said:
        """The aggregator's answers from drafts, given per question."""
        return self.speak(name or self.settings.aggregator, "aggregator", drafts)

    def speak(
        self,
        name: str,
        role: str,
        drafts: Sequence[Sequence[str]],
        temperature: float = 0.0,
        seed: int = 0,
    ) -> Said:
        """One model's answers in a role, given drafts per question (none: an empty list)."""
        host = self.hosts(name)
        prompts = self.prompts(host, role, drafts)
        settings = [
            Decoding(
                max_tokens=self.settings.max_tokens,
                temperature=temperature,
                seed=seed * 100_003 + i,
            )
            for i in range(self.n)
        ]
        began = time.perf_counter()
        texts: list[str] = []
        chances: list[float] = []
        confidence: list[float] = []
        written: list[int] = []
        for at in range(0, self.n, self.settings.batch):
            to = min(at + self.settings.batch, self.n)
            got = generate_text(host, prompts[at:to], None, settings[at:to])
            for i, text in enumerate(got.texts):
                value = worlds.extract_answer(self.settings.world, text)
                texts.append(text.strip())
                chances.append(
                    value_probability(host.token_texts(got.ids[i]), got.logprobs[i], value)
                )
                confidence.append(math.exp(mean_logprob(got.logprobs[i])))
                written.append(len(got.ids[i]))
        ms = 1e3 * (time.perf_counter() - began) / self.n
        said = Said(texts, [], [], [], chances, confidence, written, [len(p) for p in prompts], ms)
        return self.judged(said, texts)

    def judged(self, said: Said, texts: list[str]) -> Said:
        """What somebody said, in other words or the same, held against the truth."""
        verdicts = [worlds.check(p, text) for p, text in zip(self.problems, texts, strict=True)]
        facts = [share_of_facts(p, text) for p, text in zip(self.problems, texts, strict=True)]
        values = [verdict.value for verdict in verdicts]
        return replace(
            said, texts=texts, values=values, right=[v.correct for v in verdicts], facts=facts
        )

    def prompts(self, host: Host, role: str, drafts: Sequence[Sequence[str]]) -> list[list[int]]:
        """The prompts of a role as token ids.

        Raises:
            BadInput: if drafts are too long for the model's window.
        """
        asked = [
            prompt_for(
                pocket_prompts(),
                role,
                problem.question,
                problem.facts,
                passed_on([Proposal("", text) for text in given]),
                render=host.render,
                room=room_for(host.window, self.settings.max_tokens),
            )
            for problem, given in zip(self.problems, drafts, strict=True)
        ]
        longest = max(prompt.needed for prompt in asked)
        if longest + self.settings.max_tokens > host.window:
            raise BadInput(
                say(
                    "error.team.drafts_make_prompt_tokens",
                    longest=longest,
                    name=host.name,
                    window=host.window,
                )
            )
        return [list(prompt.ids) for prompt in asked]

    def nll(
        self, drafts: Sequence[Sequence[str]], answers: Sequence[str] | None = None
    ) -> list[float]:
        """Nats that given answers (the right ones by default) cost the aggregator after reading
        drafts; (n,)."""
        host = self.hosts(self.settings.aggregator)
        golds = [answer_ids(host, text) for text in answers or [p.answer for p in self.problems]]
        prompts = self.prompts(host, "aggregator", drafts)
        out: list[float] = []
        for at in range(0, self.n, self.settings.batch):
            some, gold = (
                prompts[at : at + self.settings.batch],
                golds[at : at + self.settings.batch],
            )
            out += ask(host, LatentMemory(host, len(some)), some, gold, max_tokens=0).nll.tolist()
        return out

    def rows(
        self, said: Said, helpers: Iterable[Said] = (), **columns: Sequence[Any]
    ) -> list[dict[str, Any]]:
        """Per-problem rows of the basic metrics.

        Args:
            helpers: whose tokens and time were spent as well (the proposers).
            columns: further values by question.
        """
        helpers = list(helpers)
        tokens = said.tokens + sum((helper.tokens for helper in helpers), np.zeros(self.n))
        ms = said.ms + sum(helper.ms for helper in helpers)
        return [
            {
                "problem": problem.seed,
                "accuracy": said.right[i],
                "facts": said.facts[i],
                "probability": said.probability[i],
                "tokens": float(tokens[i]),
                "ms": ms,
                "said": said.values[i] or "",
                **{name: values[i] for name, values in columns.items()},
            }
            for i, problem in enumerate(self.problems)
        ]


@dataclass(frozen=True)
class Arm:
    """One condition of an experiment and how its rows are made."""

    condition: str
    control: str
    rows: Callable[[], list[dict[str, Any]]]
    channel: str = "text"


def fill_parts(table: ResultTable, watch: Watch, parts: Sequence[Arm]) -> None:
    """Measure one condition after the other; finished ones are skipped, a model that is not here is
    noted."""
    for number, part in enumerate(parts):
        watch.step(number, len(parts), part.condition)
        if not table.takes(part.condition, part.channel):
            continue
        try:
            rows = part.rows()
        except ModelUnavailable as error:
            table.note(f"{part.condition}: not available here. {error}")
            continue
        if rows:
            table.add(part.condition, rows, part.channel, part.control)
        else:
            table.note(f"{part.condition}: no question of this kind occurred.")


def columns_of(
    said: Sequence[Said], chances: Sequence[Sequence[float]] | None = None
) -> list[list[str]]:
    """Texts by proposer → texts by question, in the proposers' order.

    Args:
        said: k drafts of n questions.
        chances: (k, n) probabilities whose confidence words stand before the texts, see
            `with_words`.
    """
    texts = [one.texts for one in said]
    if chances is not None:
        texts = [with_words(one, row) for one, row in zip(texts, chances, strict=True)]
    return [list(row) for row in zip(*texts, strict=True)]


def share_of_facts(problem: worlds.Problem, text: str) -> float:
    """Share of the facts asked for that a text states rightly (ledger: of the steps of the right
    way)."""
    if problem.world == "almanac":
        return almanac.facts_right(problem, text) / len(problem.claims)
    stated_steps = set(ledger.parse_steps(text))
    return sum(claim in stated_steps for claim in problem.claims) / len(problem.claims)


def value_probability(tokens: Sequence[str], logprobs: Sequence[float], value: str | None) -> float:
    """Probability of the tokens that spell the last occurrence of ``value``; NaN where it does not
    occur."""
    text = "".join(tokens)
    begin = text.rfind(value) if value else -1
    if begin < 0:
        return math.nan
    end, at, total = begin + len(value or ""), 0, 0.0
    for token, logprob in zip(tokens, logprobs, strict=True):
        if at < end and at + len(token) > begin:
            total += logprob
        at += len(token)
    return math.exp(total)


def majority(values: Sequence[str | None], rng: random.Random) -> int:
    """Which draft holds the most frequent value; ties by lot; drafts without a value have no vote
    (0 if none has)."""
    votes: dict[str, list[int]] = {}
    for i, value in enumerate(values):
        if value is not None:
            votes.setdefault(value, []).append(i)
    if not votes:
        return 0
    most = max(map(len, votes.values()))
    return rng.choice([places[0] for places in votes.values() if len(places) == most])


def voted(
    drafts: Sequence[Said], rng: random.Random, kept: Sequence[Sequence[int]] | None = None
) -> list[int]:
    """(n,) which draft the majority chooses, by question.

    Args:
        drafts: k drafts of n questions.
        rng: the lot that breaks ties, question after question.
        kept: per question the drafts that have a vote; all by default.
    """
    every = range(len(drafts))
    voters = kept or [every] * len(drafts[0].values)
    return [
        left[majority([drafts[d].values[i] for d in left], rng)] for i, left in enumerate(voters)
    ]


def picked(team: Team, drafts: Sequence[Said], choice: Sequence[int]) -> Said:
    """An answer put together from drafts: per question the draft that was chosen. Nothing is read
    or written for it."""
    at = list(enumerate(choice))
    return Said(
        [drafts[c].texts[i] for i, c in at],
        [drafts[c].values[i] for i, c in at],
        [drafts[c].right[i] for i, c in at],
        [drafts[c].facts[i] for i, c in at],
        [drafts[c].probability[i] for i, c in at],
        [drafts[c].confidence[i] for i, c in at],
        [0] * team.n,
        [0] * team.n,
        0.0,
    )


def with_words(texts: Sequence[str], chances: Sequence[float]) -> list[str]:
    """Drafts with the confidence word that their writer's own probability earns (“Sure: …”, “Guess:
    …”)."""
    made = pocket_prompts()
    return [made.marked(text, chance) for text, chance in zip(texts, chances, strict=True)]
