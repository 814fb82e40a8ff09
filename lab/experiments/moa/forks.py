"""Experiment “forks”: many samples of one model and of several; where do two modes part, how do the
hidden states get there, and what does a nudge at the fork do?

The modes of a question are its two most frequent answers. Their fork is the last token up to which
some sample of one and some sample of the other have written the same; paths are aligned there.
*Paths*: how uncertain the next token is, and how far apart the last-layer states of two samples
are, for pairs that end in one mode and pairs that end in both. *Nudges*: a vector is added to one
hidden state of the one model, along the gradient that raises another mode's next token against its
greedy one, by a share of the state's length; then the model goes on greedily. Random directions of
the same length and the same nudge before and after the fork stand beside it.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from lab import worlds
from lab.engine.decode import generate_text
from lab.engine.memory import LatentMemory
from lab.engine.prompt import pad_ids
from lab.errors import BadInput
from lab.experiments.harness.driver import Watch
from lab.experiments.moa.fork_paths import Course, across, distinct
from lab.experiments.moa.state_nudges import gradient_of, said_after, states_after
from lab.experiments.moa.team import Team, TeamSettings
from lab.models.host import Host
from lab.models.hosts import Hosts
from lab.plan import Decoding
from lab.records.results import Metric, ResultTable
from lab.words import say

METRICS = (
    Metric("entropy", "nats", "mean", ""),
    Metric("same_mode", "distance", "mean", ""),
    Metric("other_mode", "distance", "mean", ""),
    Metric("agree", "share", "mean", ""),
    Metric("flipped", "share", "rate", ""),
    Metric("derailed", "share", "rate", ""),
)
"""``entropy``: of the next token; ``same_mode``, ``other_mode``: cosine distance of two samples'
last-layer states; ``agree``: two samples give the same answer; ``flipped``: after the nudge the
answer is the one that was meant; ``derailed``: it is neither that nor the greedy one."""
ONE, SEVERAL = "one model", "several models"
PICTURES = 3
"""Questions whose paths are kept to be drawn."""
LOTS = 4
"""Nudges in directions by lot beside the one that is drawn."""


class Settings(TeamSettings):
    """What is sampled and nudged."""

    n: int = Field(240, ge=2, le=720)
    depth: int | None = 1
    samples: int = Field(12, ge=4, le=100)
    """Of one model; of several models together as many."""
    heat: float = Field(1.0, gt=0.0, le=5.0)
    least: int = Field(2, ge=1)
    """Samples that make a mode."""
    around: tuple[int, int] = (-5, 2)
    """Tokens before and after the fork that are shown."""
    layer: int = Field(3, ge=1)
    """The nudge is added to the input of this block, counted from 0."""
    sizes: tuple[float, ...] = (0.05, 0.1, 0.2, 0.4, 0.8)
    """Lengths of the nudge, as shares of the state's."""
    nudged: int = Field(80, ge=2, le=720)
    """Most questions that are nudged."""


@dataclass(frozen=True)
class Sample:
    """One text that was drawn."""

    host: str
    ids: tuple[int, ...]
    value: str | None
    entropies: tuple[float, ...]


@dataclass(frozen=True)
class Fork:
    """Where the two modes of a question part."""

    first: str
    """The most frequent answer."""
    second: str
    at: int
    """How many tokens some sample of each have in common."""
    shared: tuple[int, ...]
    """Those tokens."""
    tokens: tuple[int, int]
    """The next one of the first mode, and of the second."""

    def other_than(self, answer: str | None, token: int) -> tuple[str, int]:
        """The more frequent mode that is not this answer, and its token.

        Args:
            answer: what the model says greedily.
            token: its next token.
        """
        if self.first != answer and self.tokens[0] != token:
            return self.first, self.tokens[0]
        return self.second, self.tokens[1]


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Sample, align at the forks, measure the paths, then nudge the one model.

    Raises:
        BadInput: if no question has two modes, or the layer is not the model's.
    """
    team = Team.gather(settings, hosts, table)
    names = settings.proposers
    one = hosts(names[0])
    if settings.layer >= one.n_layers:
        raise BadInput(
            say("error.forks.layer", layer=settings.layer, name=one.name, most=one.n_layers - 1)
        )
    groups = {
        ONE: {names[0]: settings.samples},
        SEVERAL: {name: max(2, settings.samples // len(names)) for name in names},
    }
    found: dict[str, list[Fork | None]] = {}
    every: dict[str, list[list[Sample]]] = {}
    for number, (who, counts) in enumerate(groups.items()):
        watch.step(number, 4, say("said.progress.samples", name=", ".join(counts)))
        every[who] = drawn = _draw(team, counts)
        found[who] = [fork_of(some, settings.least) for some in drawn]
        _paths(table, team, who, drawn, found[who])
    table.meta["forks"] = {
        who: {
            "questions": sum(fork is not None for fork in forks),
            "of": team.n,
            "at_value": _at_value(one, forks),
        }
        for who, forks in found.items()
    }
    table.meta["examples"] = _examples(team, one, found[ONE])
    table.meta["pictures"] = [
        _picture(team, one, i, fork, every) for i, fork in _clearest(every[ONE], found[ONE])
    ]
    _nudges(table, team, one, found[ONE], watch)


# -- samples and forks


def _draw(team: Team[Settings], counts: dict[str, int]) -> list[list[Sample]]:
    """Per question the samples of all models."""
    out: list[list[Sample]] = [[] for _ in range(team.n)]
    for name, count in counts.items():
        host = team.hosts(name)
        prompts = team.prompts(host, "proposer", [()] * team.n)
        for seed in range(count):
            settings = [
                Decoding(
                    max_tokens=team.settings.max_tokens,
                    temperature=team.settings.heat,
                    seed=seed * 100_003 + i,
                )
                for i in range(team.n)
            ]
            got = generate_text(host, prompts, None, settings)
            for i, (ids, text) in enumerate(zip(got.ids, got.texts, strict=True)):
                value = worlds.extract_answer(team.settings.world, text)
                out[i].append(Sample(name, tuple(ids), value, tuple(got.entropies[i])))
    return out


def fork_of(samples: Sequence[Sample], least: int) -> Fork | None:
    """Where the two most frequent answers part; None where fewer than two of them were drawn
    ``least`` times, or one is a beginning of the other.

    Args:
        samples: of one question.
        least: samples that make a mode.
    """
    counts = Counter(s.value for s in samples if s.value is not None)
    modes = [value for value, count in counts.most_common(2) if count >= least]
    if len(modes) < 2:
        return None
    first, second = ([s.ids for s in samples if s.value == mode] for mode in modes)
    a, b = max(itertools.product(first, second), key=lambda pair: in_common(*pair))
    at = in_common(a, b)
    if at >= min(len(a), len(b)):
        return None
    return Fork(str(modes[0]), str(modes[1]), at, a[:at], (a[at], b[at]))


def in_common(a: Sequence[int], b: Sequence[int]) -> int:
    """How many first tokens two samples share.

    Args:
        a, b: token ids.
    """
    return next(
        (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
    )


def _at_value(host: Host, forks: Sequence[Fork | None]) -> float:
    """Share of forks whose next token begins the answer itself."""
    hits = [
        fork.first.startswith(host.text([fork.tokens[0]]).strip())
        and fork.second.startswith(host.text([fork.tokens[1]]).strip())
        for fork in forks
        if fork is not None
    ]
    return float(np.mean(hits)) if hits else float("nan")


def _examples(
    team: Team[Settings], host: Host, forks: Sequence[Fork | None]
) -> list[dict[str, str]]:
    """Some forks as words."""
    return [
        {
            "question": problem.question,
            "shared": host.text(list(fork.shared)).strip(),
            "first": host.text([fork.tokens[0]]).strip(),
            "second": host.text([fork.tokens[1]]).strip(),
            "truth": problem.truth,
        }
        for problem, fork in zip(team.problems, forks, strict=True)
        if fork is not None
    ][:8]


# -- paths


def _paths(
    table: ResultTable,
    team: Team[Settings],
    who: str,
    drawn: list[list[Sample]],
    forks: Sequence[Fork | None],
) -> None:
    low, high = team.settings.around
    rows: dict[int, list[dict[str, Any]]] = {r: [] for r in range(low, high + 1)}
    for i, fork in enumerate(forks):
        if fork is None:
            continue
        samples = [s for s in drawn[i] if s.value in (fork.first, fork.second)]
        states = _states(team, i, samples)
        agree = _agreement(drawn[i])
        for r, found in rows.items():
            at = fork.at + r
            here = [k for k, s in enumerate(samples) if 0 <= at < len(s.ids)]
            if len(here) < 2:
                continue
            same, other = distances(samples, states, here, at, mixed=who == SEVERAL)
            found.append(
                {
                    "problem": team.problems[i].seed,
                    "entropy": float(np.mean([samples[k].entropies[at] for k in here])),
                    "same_mode": same,
                    "other_mode": other,
                    "agree": agree,
                    "x": float(r),
                    "who": who,
                }
            )
    for r, found in rows.items():
        if found:
            table.add(f"{who}, token {r:+d}", found, "paths")


def distances(
    samples: Sequence[Sample],
    states: Sequence[npt.NDArray[np.float32]],
    here: Sequence[int],
    at: int,
    mixed: bool,
) -> tuple[float, float]:
    """Mean cosine distance of pairs that end in one mode, and of pairs that end in both; NaN
    without such a pair.

    Args:
        samples: of one question, all of one of two modes.
        states: of each (T, D), the state that the token at a place is chosen from.
        here: which samples are long enough.
        at: the place.
        mixed: only pairs of different models.
    """
    found: dict[bool, list[float]] = {True: [], False: []}
    for a, b in itertools.combinations(here, 2):
        if mixed and samples[a].host == samples[b].host:
            continue
        x, y = states[a][at], states[b][at]
        cosine = float(x @ y / (np.linalg.norm(x) * np.linalg.norm(y)))
        found[samples[a].value == samples[b].value].append(max(0.0, 1 - cosine))
    means = [float(np.mean(found[kind])) if found[kind] else float("nan") for kind in (True, False)]
    return means[0], means[1]


def _agreement(samples: Sequence[Sample]) -> float:
    pairs = list(itertools.combinations(samples, 2))
    return float(np.mean([a.value == b.value for a, b in pairs]))


@torch.no_grad()
def _states(
    team: Team[Settings], i: int, samples: Sequence[Sample]
) -> list[npt.NDArray[np.float32]]:
    """Of every sample (T, D): the last layer's states that its tokens were chosen from."""
    out: dict[int, npt.NDArray[np.float32]] = {}
    for name in dict.fromkeys(s.host for s in samples):
        host = team.hosts(name)
        one = Team(team.settings, team.hosts, [team.problems[i]])
        prompt = one.prompts(host, "proposer", [()])[0]
        mine = [k for k, s in enumerate(samples) if s.host == name]
        ids, lengths = pad_ids([[*prompt, *samples[k].ids] for k in mine], host.device)
        memory = LatentMemory(host, len(mine))
        last = memory.write("reader", "prompt", host.embed(ids), lengths).last.float().cpu()
        for row, k in enumerate(mine):
            count = len(samples[k].ids)
            out[k] = last[row, last.shape[1] - count - 1 : last.shape[1] - 1].numpy()
    return [out[k] for k in range(len(samples))]


# -- pictures


def _clearest(drawn: list[list[Sample]], forks: Sequence[Fork | None]) -> list[tuple[int, Fork]]:
    """The questions whose two modes hold most of the samples, and the rarer one most of those."""

    def clear(item: tuple[int, Fork]) -> tuple[int, int]:
        i, fork = item
        counts = [sum(s.value == mode for s in drawn[i]) for mode in (fork.first, fork.second)]
        return -sum(counts), -min(counts)

    some = [(i, fork) for i, fork in enumerate(forks) if fork is not None]
    return sorted(some, key=clear)[:PICTURES]


def _picture(
    team: Team[Settings],
    host: Host,
    i: int,
    fork: Fork,
    drawn: dict[str, list[list[Sample]]],
) -> dict[str, Any]:
    """The paths of one question in two dimensions, as plain data."""
    modes: dict[str | None, str] = {fork.first: "first", fork.second: "second"}
    courses: list[Course] = []
    for who, samples in drawn.items():
        some = [(s.host, s.ids, s.value) for s in samples[i]]
        states = _states(team, i, samples[i])
        courses += distinct(who, some, states, modes, lambda n, t: team.hosts(n).text([t]))
    courses += _nudged_courses(team, host, i, fork, modes)
    paths, variance = across(courses)
    return {
        "question": team.problems[i].question,
        "first": fork.first,
        "second": fork.second,
        "truth": team.problems[i].truth,
        "at": fork.at,
        "size": _drawn_size(team.settings),
        "variance": variance,
        "paths": paths,
    }


def _drawn_size(settings: Settings) -> float:
    return settings.sizes[len(settings.sizes) // 2]


def _nudged_courses(
    team: Team[Settings], host: Host, i: int, fork: Fork, modes: dict[str | None, str]
) -> list[Course]:
    """The greedy answer, the one after a nudge at the fork, and those after nudges by lot."""
    settings = team.settings
    one = Team(settings, team.hosts, [team.problems[i]])
    prompt = one.prompts(host, "proposer", [()])[0]
    ids, last = [*prompt, *fork.shared], len(prompt) + len(fork.shared) - 1
    greedy = said_after(host, ids, [(0, torch.zeros(host.d_model))], settings.layer)[0]
    own = worlds.extract_answer(settings.world, host.text([*fork.shared, *greedy]))
    token = fork.other_than(own, greedy[0])[1]
    gradient, length = gradient_of(host, ids, (greedy[0], token), settings.layer)
    generator = torch.Generator().manual_seed(settings.seed + i)
    lots = [torch.randn(host.d_model, generator=generator).to(gradient) for _ in range(LOTS)]
    kinds = ["greedy", "at", *["random"] * LOTS]
    moves = [torch.zeros_like(gradient[last])]
    for direction in (gradient[last], *lots):
        unit = direction / direction.norm().clamp_min(1e-12)
        moves.append(unit * _drawn_size(settings) * length[last])
    answers = said_after(host, ids, [(last, move) for move in moves], settings.layer)
    out = []
    for kind, move, answer in zip(kinds, moves, answers, strict=True):
        said = [*fork.shared, *answer]
        states = states_after(host, prompt, said, (last, move), settings.layer)
        mode = modes.get(worlds.extract_answer(settings.world, host.text(said)), "other")
        out.append(Course(kind, host.name, mode, tuple(host.text([t]) for t in said), states))
    return out


# -- nudges


def _nudges(
    table: ResultTable,
    team: Team[Settings],
    host: Host,
    forks: Sequence[Fork | None],
    watch: Watch,
) -> None:
    settings = team.settings
    layer, sizes = settings.layer, settings.sizes
    chosen = [i for i, fork in enumerate(forks) if fork is not None][: settings.nudged]
    if not chosen:
        raise BadInput(say("error.forks.no_fork", n=team.n))
    rows: dict[tuple[str, float], list[dict[str, Any]]] = {}
    generator = torch.Generator().manual_seed(settings.seed)
    for number, i in enumerate(chosen):
        watch.step(len(chosen) + number, 2 * len(chosen), say("said.progress.nudges"))
        fork = forks[i]
        assert fork is not None
        one = Team(settings, team.hosts, [team.problems[i]])
        prompt = one.prompts(host, "proposer", [()])[0]
        greedy = said_after(host, [*prompt, *fork.shared], [(0, torch.zeros(host.d_model))], layer)[
            0
        ]
        own = worlds.extract_answer(settings.world, host.text([*fork.shared, *greedy]))
        wanted, token = fork.other_than(own, greedy[0])
        fork = Fork(str(own), wanted, fork.at, fork.shared, (greedy[0], token))
        for kind, size, answer in _answers(host, prompt, fork, layer, sizes, generator):
            value = worlds.extract_answer(settings.world, host.text([*fork.shared, *answer]))
            rows.setdefault((kind, size), []).append(
                {
                    "problem": team.problems[i].seed,
                    "flipped": float(value == fork.second),
                    "derailed": float(value not in (fork.first, fork.second)),
                    "x": size,
                    "who": kind,
                }
            )
    for (kind, size), found in rows.items():
        control = "" if kind == "at" else "floor" if size == 0 else "control"
        table.add(f"nudge {kind}, {size:g}", found, "nudge", control)


def _answers(
    host: Host,
    prompt: list[int],
    fork: Fork,
    layer: int,
    sizes: Sequence[float],
    generator: torch.Generator,
) -> Iterator[tuple[str, float, list[int]]]:
    """(kind, size, tokens after the shared ones) of every nudge of one question: ``at`` the
    position whose next token is the fork, ``before`` it, at the ``start`` (the prompt's last
    position), ``after`` the greedy token was written, and at the fork in a ``random`` direction.

    The first mode is what the model says greedily; the second is where the nudge is meant to go.
    """
    ids = [*prompt, *fork.shared]
    gradient, length = gradient_of(host, ids, fork.tokens, layer)
    last = len(ids) - 1
    lot = torch.randn(gradient.shape[-1], generator=generator).to(gradient)
    before = {"at": (last, gradient[last]), "random": (last, lot)}
    if last - 1 >= len(prompt) - 1:
        before["before"] = (last - 1, gradient[last - 1])
    if len(fork.shared) > 1:
        before["start"] = (len(prompt) - 1, gradient[len(prompt) - 1])
    plan = [("unmoved", 0.0, 0, gradient[last] * 0)]
    for kind, (column, direction) in before.items():
        unit = direction / direction.norm().clamp_min(1e-12)
        plan += [(kind, size, column, unit * size * length[column]) for size in sizes]
    for (kind, size, _, _), answer in zip(
        plan, said_after(host, ids, [(c, v) for _, _, c, v in plan], layer), strict=True
    ):
        yield kind, size, answer
    unit = gradient[last] / gradient[last].norm().clamp_min(1e-12)
    after = [*ids, fork.tokens[0]]
    late = [(last + 1, unit * size * length[last]) for size in sizes]
    for size, answer in zip(sizes, said_after(host, after, late, layer), strict=True):
        yield "after", size, [fork.tokens[0], *answer]
