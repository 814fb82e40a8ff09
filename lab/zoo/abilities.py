"""The ability table: what a model of the zoo can do, measured on held-out problems through the
lab's own engine.

Every figure is a share of right answers (or a mean probability) with its number of problems and its
95 % interval (Wilson for shares, bootstrap for means). All problems of one figure run as one batch.
`lab.zoo.team_figures` measures what needs several models. Knows nothing of training.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from lab import stats
from lab.engine.decode import TextResult, generate_text
from lab.engine.memory import LatentMemory
from lab.engine.rollout import generate_latent
from lab.methods.chain import Thinker, Wiring, think_through
from lab.methods.textmas import talk_through
from lab.models.host import Host
from lab.plan import Decoding, LatentMASLane, TextMASLane, Topology
from lab.roster import AgentCard, lane_cards
from lab.worlds import Problem, check, make_problems
from lab.worlds.almanac import fact_problem, facts, known_facts
from lab.worlds.prompts import pocket_prompts

STEPS = 40
"""Latent steps of a relay: more than the longest thought has words, so that idling is part of the
test."""
CURVE = (0, 5, 10, 15, 20, 25, 30, 35, 40)
SEED = 0
THOUGHT = Decoding(max_tokens=72)
ANSWER = Decoding(max_tokens=6)


@dataclass(frozen=True)
class Figure:
    """One line of the ability table."""

    ability: str
    value: float
    """Share of right answers, or a mean probability."""
    low: float
    high: float
    """95 % interval."""
    n: int
    kind: str = "share"
    """``share`` or ``mean``."""

    def to_dict(self) -> dict[str, Any]:
        """Plain data, rounded to four digits."""
        data = asdict(self)
        return {
            key: round(value, 4) if isinstance(value, float) else value
            for key, value in data.items()
        }


def share(ability: str, right: Sequence[bool]) -> Figure:
    """A share with its Wilson interval."""
    e = stats.rate(right)
    return Figure(ability, e.value, e.low, e.high, e.n)


def mean(ability: str, values: Sequence[float]) -> Figure:
    """A mean with its bootstrap interval."""
    e = stats.mean(values)
    return Figure(ability, e.value, e.low, e.high, e.n, "mean")


class Bench:
    """One host and one set of held-out ledger problems (depths 1 to 4 in turn)."""

    def __init__(self, host: Host, n: int, seed: int = SEED) -> None:
        self.host, self.n = host, n
        self.prompts = pocket_prompts()
        self.problems = [
            make_problems("ledger", 1, seed=seed + i, depth=1 + i % 4)[0] for i in range(n)
        ]

    def ids(self, role: str, p: Problem, *, with_facts: bool = True, **extra: Any) -> list[int]:
        """A role's prompt for a problem, as token ids."""
        text = self.prompts.user(role, p.question, p.facts if with_facts else "", **extra)
        return self.host.render([{"role": "user", "content": text}])

    def right(self, texts: Sequence[str]) -> list[bool]:
        """Which answers are right."""
        return [check(p, text).correct for p, text in zip(self.problems, texts, strict=True)]

    def alone(
        self, role: str, decoding: Decoding = THOUGHT, *, with_facts: bool = True
    ) -> list[bool]:
        """One agent."""
        prompts = [self.ids(role, p, with_facts=with_facts) for p in self.problems]
        return self.right(generate_text(self.host, prompts, decodings=decoding).texts)

    def text_chain(self, roles: Sequence[str], *, relay: bool = False) -> list[bool]:
        """Agents in fresh contexts who read the words of the earlier ones."""
        plan = TextMASLane(agents=tuple(roles), decoding=THOUGHT)
        cards = lane_cards(plan, facts_for="first" if relay else "everyone")

        def prompt(card: AgentCard, i: int, heard: list[tuple[str, str]]) -> list[int]:
            p = self.problems[i]
            return self.ids(card.role, p, with_facts=card.sees_facts, heard=heard)

        texts = talk_through(self.host, cards, prompt, plan.decoding, self.n)
        return self.right(texts)

    def think(
        self,
        roles: Sequence[str],
        steps: int = STEPS,
        *,
        relay: bool = False,
        alignment: str = "auto",
        topology: Topology = "sequential",
    ) -> LatentMemory:
        """Agents who think in latents, wired as a LatentMAS team that a judger ends."""
        plan = LatentMASLane(agents=(*roles, "judger"), topology=topology, steps=steps)
        *cards, _ = lane_cards(plan, facts_for="first" if relay else "everyone")
        thinkers = []
        for card in cards:
            prompts = [self.ids(card.role, p, with_facts=card.sees_facts) for p in self.problems]
            thinkers.append(Thinker(card.role, prompts, card.steps))
        return think_through(self.host, thinkers, Wiring.of(plan), alignment=alignment, rows=self.n)

    def judge(self, memory: LatentMemory | None, *, with_facts: bool = False) -> list[bool]:
        """The judger's answers on top of a memory, which is used up."""
        prompts = [self.ids("judger", p, with_facts=with_facts) for p in self.problems]
        return self.right(generate_text(self.host, prompts, memory, ANSWER, "judger").texts)

    def fan_in(self, solvers: int = 3) -> list[bool]:
        """Separate solvers, their caches re-rotated and joined, then a judger who does not see the
        facts."""
        return self.judge(self.think(["solver"] * solvers, topology="hierarchical"))

    def framed(self, vectors: torch.Tensor) -> list[bool]:
        """The judger after a solver's frame without facts and these vectors (B, m, D) as input
        embeddings."""
        frames = [self.ids("solver", p, with_facts=False) for p in self.problems]
        memory = generate_latent(self.host, frames, 0, agents="solver").memory
        vectors = (
            vectors / vectors.norm(dim=-1, keepdim=True).clamp_min(1e-9) * self.host.embed_norm
        )
        memory.write("solver", "latent", vectors.to(self.host.dtype))
        return self.judge(memory)

    def latents(self, steps: int = STEPS) -> torch.Tensor:
        """What solvers feed themselves, (B, m, D)."""
        return generate_latent(self.host, [self.ids("solver", p) for p in self.problems], steps).fed


def ability_table(
    host: Host, mask_seed: int, n: int = 300, curve: bool = True, chains: bool = True
) -> list[Figure]:
    """All figures of one model.

    Args:
        mask_seed: which almanac facts the model was taught (`lab.worlds.almanac.known_facts`).
        n: held-out problems per figure.
        curve: also measure the relay against the number of latent steps.
        chains: also measure teams of more than two agents.
    """
    bench = Bench(host, n)
    return [
        *_text_abilities(bench),
        *_latent_abilities(bench),
        *(_team_abilities(bench) if chains else ()),
        *_controls(bench, curve),
        *_almanac_abilities(host, mask_seed, n),
    ]


def _text_abilities(bench: Bench) -> list[Figure]:
    solo = bench.alone("solo")
    figures = [share("ledger, single with thought", solo)]
    for depth in range(1, 5):
        rows = [r for r, p in zip(solo, bench.problems, strict=True) if p.depth == depth]
        figures.append(share(f"ledger, single with thought, depth {depth}", rows))
    figures.append(share("ledger, answer at once", bench.alone("solo_at_once", ANSWER)))
    figures.append(share("relay, text", bench.text_chain(bench.prompts.chains["2"], relay=True)))
    return figures


def _latent_abilities(bench: Bench) -> list[Figure]:
    figures = []
    for alignment in ("identity", "ridge", "softmax"):
        memory = bench.think(["solver"], alignment=alignment)
        figures.append(share(f"relay, latent, {alignment}", bench.judge(memory)))
    figures.append(share("relay, latents as input embeddings only", bench.framed(bench.latents())))
    return figures


def _team_abilities(bench: Bench) -> list[Figure]:
    chains = bench.prompts.chains
    figures = [share("relay, text, 3 agents", bench.text_chain(chains["3"], relay=True))]
    for size in "234":
        figures.append(share(f"TextMAS, {size} agents", bench.text_chain(chains[size])))
    for size in "34":
        relayed = bench.judge(bench.think(chains[size][:-1], relay=True))
        figures.append(share(f"relay, latent, {size} agents", relayed))
    for size in "234":
        chained = bench.judge(bench.think(chains[size][:-1]), with_facts=True)
        figures.append(share(f"LatentMAS, {size} agents", chained))
    figures.append(share("LatentMAS, fan-in of 3 solvers, judger without facts", bench.fan_in()))
    return figures


def _controls(bench: Bench, curve: bool) -> list[Figure]:
    memory = bench.think(["solver"])
    others = memory.select_rows([(row + 1) % bench.n for row in range(bench.n)])
    noise = torch.randn(
        bench.n, STEPS, bench.host.d_model, generator=torch.Generator().manual_seed(SEED)
    )
    figures = [
        share("relay, no hand-over", bench.judge(None)),
        share("relay, another problem's hand-over", bench.judge(others)),
        share("relay, random vectors", bench.framed(noise.to(bench.host.device))),
    ]
    if curve:
        figures += [
            share(f"relay, latent, m = {m}", bench.judge(first_steps(memory, m))) for m in CURVE
        ]
    return figures


def first_steps(memory: LatentMemory, steps: int) -> LatentMemory:
    """A copy of a memory of `STEPS` latent steps as it was after its first ``steps``."""
    return memory.before_last(STEPS - steps)


def _almanac_abilities(host: Host, mask_seed: int, n: int) -> list[Figure]:
    known = sorted(known_facts(mask_seed))
    unknown = sorted(facts().keys() - known_facts(mask_seed))
    figures = []
    for name, pairs in (("known facts", known), ("guesses", unknown)):
        problems = [fact_problem(who, attribute) for who, attribute in _spread(pairs, n)]
        result = ask_facts(host, problems)
        right = [check(p, text).correct for p, text in zip(problems, result.texts, strict=True)]
        figures.append(share(f"almanac, {name}", right))
        figures.append(mean(f"almanac, probability of {name}", claim_probabilities(result)))
    return figures


def ask_facts(host: Host, problems: Sequence[Problem]) -> TextResult:
    """A single agent's answers to almanac questions."""
    users = [pocket_prompts().user("solo", p.question) for p in problems]
    prompts = [host.render([{"role": "user", "content": user}]) for user in users]
    return generate_text(host, prompts, decodings=Decoding(max_tokens=32))


def claim_probabilities(result: TextResult) -> list[float]:
    """A model's own probability of each sentence it said: the product over its words."""
    return [math.exp(sum(row)) for row in result.logprobs]


def _spread(pairs: Sequence[Any], n: int) -> list[Any]:
    """At most ``n`` entries, evenly spread."""
    count = min(n, len(pairs))
    return [pairs[i * len(pairs) // count] for i in range(count)]
