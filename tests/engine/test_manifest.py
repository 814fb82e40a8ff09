"""A manifest fits the memory it was made of and no other, number for number."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from lab.engine.give import with_pairs
from lab.engine.manifest import disagreements, sign
from lab.engine.memory import LatentMemory
from lab.engine.rollout import generate_latent
from tests.experiments.tiny_worlds import tiny

KEY = b"secret"


@pytest.fixture(scope="module")
def memory() -> LatentMemory:
    return generate_latent(tiny(0), [[5, 6, 7], [8]], 3).memory


def test_an_untouched_memory_agrees_and_padding_does_not_count(memory: LatentMemory) -> None:
    manifest = sign(memory, KEY, "question", "words", 1)
    assert disagreements(memory.fork(), manifest, KEY, "question", "words", 1) == ()
    alone = generate_latent(tiny(0), [[8]], 3).memory  # the same row without its padding
    near = sign(alone, KEY, "question", "words")
    assert near.parts["positions"] == manifest.parts["positions"]


def test_one_bit_is_found_where_it_is(memory: LatentMemory) -> None:
    manifest = sign(memory, KEY)
    pairs = [(k.clone(), v.clone()) for k, v in memory.cache.pairs()]
    pairs[1][1][0, 0, 2, 0] = torch.nextafter(pairs[1][1][0, 0, 2, 0], torch.tensor(9.0))
    assert disagreements(with_pairs(memory, pairs), manifest, KEY) == ("values 1",)
    moved = memory.fork()
    moved.shift(4)
    assert disagreements(moved, manifest, KEY) == ("keys 0", "keys 1", "keys 2", "positions")
    hidden = memory.fork()
    hidden.crop(range(1, 6))
    assert "positions" in disagreements(hidden, manifest, KEY)


def test_another_question_other_words_and_another_row_do_not_fit(memory: LatentMemory) -> None:
    manifest = sign(memory, KEY, "question", "words")
    assert disagreements(memory, manifest, KEY, "other", "words") == ("about",)
    assert disagreements(memory, manifest, KEY, "question", "other") == ("words",)
    assert "values 0" in disagreements(memory, manifest, KEY, "question", "words", 1)


def test_without_the_key_nothing_can_be_signed(memory: LatentMemory) -> None:
    assert disagreements(memory, sign(memory, b"guess"), KEY) == ("signature",)
    manifest = sign(memory, KEY)
    forged = dataclasses.replace(manifest, parts={**manifest.parts, "words": "00"})
    assert disagreements(memory, forged, KEY) == ("signature",)
