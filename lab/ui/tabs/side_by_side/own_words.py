"""What the pocket models can be asked: words of a question that they were never taught, and
examples to start from. A word they know is one token; others fall into pieces that mean nothing to
them.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from lab.models.catalogue import catalogue
from lab.models.spec import pocket_folders
from lab.panels.run.own_value import OwnExample, OwnOffer, OwnPiece, OwnValue
from lab.worlds import make_problem

WORD = re.compile(r"[^\W\d_]+")
LEDGER_SEED, ALMANAC_SEEDS = 7, (0, 13)
"""Of the examples: one ledger and two people of the almanac whom pocket-base knows."""


@lru_cache(maxsize=16)
def taught(host: str) -> frozenset[str]:
    """The words of a pocket model; none for a model that is no pocket model."""
    name = host.split(":", maxsplit=1)[0].split("~", maxsplit=1)[0]
    for folder in pocket_folders():
        file = folder / "tokenizer.json"
        if folder.name == name and file.is_file():
            tokens = json.loads(file.read_text(encoding="utf-8"))["model"]["vocab"]
            return frozenset(token.removeprefix("Ġ") for token in tokens)
    return frozenset()


def untaught(text: str, host: str) -> tuple[str, ...]:
    """Words of a text that a pocket model was never taught, each once; none for other models."""
    known = taught(host)
    return tuple(w for w in dict.fromkeys(WORD.findall(text)) if known and w not in known)


@lru_cache(maxsize=1)
def examples() -> tuple[OwnExample, ...]:
    """Questions that the pocket models can answer, with what they need to know."""
    made = [make_problem("ledger", LEDGER_SEED, depth=1)]
    made += [make_problem("almanac", seed, depth=1) for seed in ALMANAC_SEEDS]
    return tuple(OwnExample(facts=p.facts, question=p.question, truth=p.truth) for p in made)


def own_value(facts: str, question: str, host: str, offered: bool = True) -> OwnValue:
    """What to say beside an own question: nothing for a public model.

    Args:
        offered: a public model may be offered.
    """
    if not taught(host):
        return OwnValue()
    text = " ".join(part.strip() for part in (facts, question) if part.strip())
    unknown = frozenset(untaught(text, host))
    here = [entry for entry in catalogue() if entry.installed] if unknown and offered else []
    return OwnValue(
        host=host,
        typed=_pieces(text, unknown) if unknown else (),
        examples=examples(),
        offers=tuple(OwnOffer(name=entry.name, title=entry.title) for entry in here),
    )


def _pieces(text: str, unknown: frozenset[str]) -> tuple[OwnPiece, ...]:
    """The text cut where known and unknown words meet."""
    out, at = [], 0
    for word in WORD.finditer(text):
        if word[0] in unknown:
            if word.start() > at:
                out.append(OwnPiece(text=text[at : word.start()], known=True))
            out.append(OwnPiece(text=word[0], known=False))
            at = word.end()
    if at < len(text):
        out.append(OwnPiece(text=text[at:], known=True))
    return tuple(out)
