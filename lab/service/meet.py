"""Meet the models: what is on this machine, and a word with any of them. Knows nothing of the
page.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.errors import BadInput
from lab.words import say

if TYPE_CHECKING:
    from lab.models.pool import HostPool

MAX_TOKENS = 96


@dataclass(frozen=True)
class Spoken:
    """What a model said to one prompt."""

    prompt: str
    words: tuple[tuple[str, float], ...]
    """(token, its probability)."""
    answer: str


def family() -> list[dict[str, Any]]:
    """The models on disk with their cards, in the order of the family; nothing is loaded."""
    from lab.models.pocket_family import POCKETS
    from lab.models.pool import available_models

    order = {name: i for i, name in enumerate(POCKETS)}
    return sorted(
        available_models(), key=lambda model: (order.get(model["name"], len(order)), model["name"])
    )


def together() -> list[dict[str, Any]]:
    """Figures that several models make together, as measured last; empty before that."""
    from lab.files import MODELS

    stored = MODELS / "family.json"
    return json.loads(stored.read_text(encoding="utf-8")) if stored.is_file() else []


def speak(pool: HostPool, name: str, role: str, question: str, facts: str = "") -> Spoken:
    """Ask one model in one role of the pocket prompts, greedily.

    Raises:
        BadInput: for an empty question or an unknown role.
        ModelUnavailable: if the model cannot be loaded.
    """
    from lab.engine.decode import generate_text
    from lab.plan import Decoding
    from lab.worlds.prompts import pocket_prompts

    prompts = pocket_prompts()
    if not question.strip():
        raise BadInput(say("error.meet.question_empty_some_words"))
    if role not in prompts.roles:
        raise BadInput(
            say("error.meet.role_choose_them", role=role, names=", ".join(prompts.roles))
        )
    host = pool.get(name)
    user = prompts.user(role, question.strip(), facts.strip())
    result = generate_text(
        host,
        [host.render([{"role": "user", "content": user}])],
        decodings=Decoding(max_tokens=MAX_TOKENS),
    )
    words = zip(
        host.token_texts(result.ids[0]), (math.exp(p) for p in result.logprobs[0]), strict=True
    )
    return Spoken(user, tuple(words), result.texts[0].strip())
