"""Figures that need several models: foreign hand-overs to the base, and the Mixture-of-Agents of
the scholars.

Both channels of a hand-over are measured: latents as input embeddings (behind a frame without the
facts) and the KV cache. Knows nothing of training.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lab.engine.memory import LatentMemory
from lab.engine.rollout import generate_latent
from lab.models.host import Host
from lab.worlds import Problem, check
from lab.worlds.almanac import fact_problem, facts
from lab.worlds.prompts import pocket_prompts
from lab.zoo.abilities import STEPS, Bench, Figure, ask_facts, claim_probabilities, share

GetHost = Callable[[str], Host]
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


def foreign_handovers(get: GetHost, names: Sequence[str], n: int = 300) -> list[Figure]:
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
                receiver.judge(adopt(thoughts.memory, receiver.host)),
            )
        )
    return figures


def adopt(memory: LatentMemory, host: Host) -> LatentMemory:
    """The same cache in another model's hands: the forbidden hand-over, on purpose and for
    measuring only."""
    taken = memory.fork()
    taken.host = host
    return taken


def mixture(get: GetHost, proposers: Sequence[str] = SCHOLARS, people: int = 120) -> list[Figure]:
    """The scholars' drafts and what the aggregator makes of them: every question about ``people``
    people."""
    problems = questions_about(people)
    drafts, chances = [], []
    figures = []
    for name in proposers:
        result = ask_facts(get(name), problems, "proposer")
        texts = [text.strip() for text in result.texts]
        drafts.append(texts)
        chances.append(claim_probabilities(result))
        figures.append(share(f"MoA, {name} alone", _right(problems, texts)))
    best = max(figures, key=lambda figure: figure.value)
    aggregator = get(AGGREGATOR)
    alone = [text.strip() for text in ask_facts(aggregator, problems).texts]
    plain = [list(row) for row in zip(*drafts, strict=True)]
    marked = [
        [mark(text, chance) for text, chance in zip(row, odds, strict=True)]
        for row, odds in zip(plain, zip(*chances, strict=True), strict=True)
    ]
    elsewhere = plain[1:] + plain[:1]
    figures.append(
        share("MoA, best single proposer", _right(problems, drafts[figures.index(best)]))
    )
    figures.append(share("MoA, aggregator alone", _right(problems, alone)))
    for label, given in (
        ("MoA of three", plain),
        ("MoA of three, with confidence words", marked),
        ("MoA of three, drafts about someone else", elsewhere),
    ):
        texts = ask_facts(aggregator, problems, "aggregator", drafts=given).texts
        figures.append(share(label, _right(problems, texts)))
    return figures


def mark(text: str, chance: float) -> str:
    """A draft with a word of confidence in front, by its author's own probability."""
    return pocket_prompts().marked(text, chance)


def questions_about(people: int) -> list[Problem]:
    """Every single-fact question about the first ``people`` people."""
    names = set(sorted({who for who, _ in facts()})[:people])
    return [
        fact_problem(who, attribute, seed=i)
        for i, (who, attribute) in enumerate(sorted(facts()))
        if who in names
    ]


def _right(problems: Sequence[Problem], texts: Sequence[str]) -> list[bool]:
    return [check(p, text).correct for p, text in zip(problems, texts, strict=True)]
