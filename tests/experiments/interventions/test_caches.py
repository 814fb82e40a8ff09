"""What happens to a cache on its way, on random models."""

from __future__ import annotations

import pytest
import torch

from lab.engine.decode import generate_text
from lab.engine.give import give_to
from lab.engine.rollout import generate_latent
from lab.errors import SpaceMismatch
from lab.plan import Decoding
from tests.experiments.tiny_worlds import tiny

PROMPTS = [[5, 6, 7, 8], [9, 10]]
ASKED = [[11, 12], [13, 14, 15]]


def test_a_cache_is_given_number_for_number() -> None:
    """The receiver writes what it writes on a copy that merely bears its name, and not what the
    sender would."""
    sender, receiver = tiny(0), tiny(1)
    memory = generate_latent(sender, PROMPTS, 3).memory
    given = give_to(memory, receiver)
    for mine, theirs in zip(given.cache.pairs(), memory.cache.pairs(), strict=True):
        assert all(torch.equal(a, b) for a, b in zip(mine, theirs, strict=True))
    assert given.host is receiver and memory.host is sender
    assert given.last is None and given.hidden == {}
    relabelled = memory.fork()
    relabelled.host = receiver
    words = Decoding(max_tokens=5)
    said = generate_text(receiver, ASKED, given, words).ids
    assert said == generate_text(receiver, ASKED, relabelled, words).ids
    assert said != generate_text(sender, ASKED, memory.fork(), words).ids


def test_another_shape_is_refused() -> None:
    memory = generate_latent(tiny(0), PROMPTS, 1).memory
    with pytest.raises(SpaceMismatch, match="does not fit"):
        give_to(memory, tiny(1, layers=2))
