"""What the pocket models can be asked: words of a question that they were never taught, and
examples to start from. A word they know is one token; others fall into pieces that mean nothing to
them.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from lab.models.spec import pocket_folders
from lab.words import say

MOST_NAMED = 8
"""Unknown words that are named."""
WORD = re.compile(r"[^\W\d_]+")


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


def own_sentences(facts: str, question: str, host: str) -> list[str]:
    """What to say beside an own question: nothing for a model of a hub."""
    if not taught(host):
        return []
    unknown = untaught(f"{facts} {question}", host)
    told = [say("setup.own_examples", host=host)]
    if unknown:
        named = ", ".join(unknown[:MOST_NAMED])
        told.insert(0, say("setup.own_unknown", host=host, words=named))
    return told
