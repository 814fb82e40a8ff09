"""The experiments of the Mixture-of-Agents lab, as data; `lab.experiments.registry` says what a
module must offer.
"""

from __future__ import annotations

from lab.experiments.registry import Entry

_WHAT = (
    (
        "coverage",
        "Coverage or quality?",
        "What do proposers know together, and what does the aggregate keep?",
    ),
    (
        "jury",
        "Jury, ballot box or judge?",
        "Is synthesis better than a vote or a choice among the same drafts?",
    ),
    (
        "selfmoa",
        "An error-correcting code?",
        "Are different models better than one model sampled several times?",
    ),
    (
        "moa-layers",
        "More layers, more proposers",
        "What do they bring, and what do they cost in tokens and waiting?",
    ),
    (
        "causal",
        "Do the drafts cause the answer?",
        "What is left with another question's drafts, filler, or none?",
    ),
    (
        "consensus",
        "Consensus amplification",
        "What does the aggregate believe when drafts share a false fact?",
    ),
    ("uncertainty", "Lost uncertainty", "How sure was the writer, and does it help to be told?"),
    (
        "judge",
        "Evaluation illusion",
        "What does a judge that likes length say, and what the truth?",
    ),
    ("hostile", "A hostile proposer", "How often does one attacker's value become the answer?"),
    ("cheapstrong", "Cheap proposers, strong aggregator", "Where is strength best spent?"),
    (
        "gate",
        "The uncertainty gate",
        "How much accuracy does which cost buy as the threshold moves?",
    ),
    (
        "verify",
        "Hard verification by rule",
        "Does a rule that needs no truth throw out the right drafts?",
    ),
    ("kvmoa", "Latent × MoA", "Can fine-tunes of one base hand over caches instead of text?"),
    (
        "space",
        "The commitment trap",
        "Do samples form clusters, and where does the aggregate land?",
    ),
)
ENTRIES: tuple[Entry, ...] = tuple(
    Entry(name, title, question, f"lab.experiments.moa_{name.removeprefix('moa-')}")
    for name, title, question in _WHAT
)
