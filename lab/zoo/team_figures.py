"""Figures that need several models: foreign hand-overs to the base, and the Mixture-of-Agents of
the scholars.

Both channels of a hand-over are measured: latents as input embeddings (behind a frame without the
facts) and the KV cache. Knows nothing of training.
"""

from __future__ import annotations

from collections.abc import Sequence

from lab.engine.give import give_to
from lab.engine.rollout import generate_latent
from lab.experiments.moa.team import Team, TeamSettings, columns_of, with_words
from lab.models.hosts import Hosts
from lab.worlds import Problem
from lab.worlds.almanac import fact_problem, facts
from lab.zoo.abilities import STEPS, Bench, Figure, share

SENDERS = (
    "pocket-base",
    "pocket-gauge",
    "pocket-textonly",
    "pocket-scholar-1",
    "pocket-scholar-2",
    "pocket-scholar-3",
    "pocket-same-embed",
    "pocket-reseed",
    "pocket-rope",
    "pocket-retok",
    "pocket-unified",
)
INTO_BASE = {"latents": "latents as input embeddings from {}", "cache": "KV cache from {}"}
"""Names of the figures of `foreign_handovers` by channel; the sender's name goes into the
braces."""
SCHOLARS = ("pocket-scholar-1", "pocket-scholar-2", "pocket-scholar-3")
AGGREGATOR = "pocket-base"


def foreign_handovers(get: Hosts, names: Sequence[str], n: int = 300) -> list[Figure]:
    """How well `pocket-base` answers from the thoughts of each named model, by channel.

    Models of another width cannot send at all and do not belong in ``names``.
    """
    receiver = Bench(get("pocket-base"), n)
    figures = []
    for name in names:
        sender = Bench(get(name), n)
        thoughts = generate_latent(
            sender.host, [sender.ids("solver", p) for p in sender.problems], STEPS
        )
        figures.append(share(INTO_BASE["latents"].format(name), receiver.framed(thoughts.fed)))
        figures.append(
            share(
                INTO_BASE["cache"].format(name),
                receiver.judge(give_to(thoughts.memory, receiver.host)),
            )
        )
    return figures


def scholars(get: Hosts, proposers: Sequence[str] = SCHOLARS, people: int = 120) -> Team:
    """The team of the ability table, in front of every question about ``people`` people."""
    problems = questions_about(people)
    settings = TeamSettings(
        proposers=tuple(proposers), aggregator=AGGREGATOR, max_tokens=32, batch=len(problems)
    )
    return Team(settings, get, problems)


def mixture(get: Hosts, proposers: Sequence[str] = SCHOLARS, people: int = 120) -> list[Figure]:
    """The scholars' drafts and what the aggregator makes of them."""
    team = scholars(get, proposers, people)
    drafts = team.drafts()
    figures = [
        share(f"MoA, {name} alone", said.right)
        for name, said in zip(proposers, drafts, strict=True)
    ]
    best = max(drafts, key=lambda said: sum(said.right))
    alone = team.speak(AGGREGATOR, "solo", [()] * team.n)
    plain = columns_of(drafts)
    marked = [with_words(said.texts, said.probability) for said in drafts]
    figures.append(share("MoA, best single proposer", best.right))
    figures.append(share("MoA, aggregator alone", alone.right))
    for label, given in (
        ("MoA of three", plain),
        ("MoA of three, with confidence words", [list(row) for row in zip(*marked, strict=True)]),
        ("MoA of three, drafts about someone else", plain[1:] + plain[:1]),
    ):
        figures.append(share(label, team.aggregate(given).right))
    return figures


def questions_about(people: int) -> list[Problem]:
    """Every single-fact question about the first ``people`` people."""
    names = set(sorted({who for who, _ in facts()})[:people])
    return [
        fact_problem(who, attribute, seed=i)
        for i, (who, attribute) in enumerate(sorted(facts()))
        if who in names
    ]
