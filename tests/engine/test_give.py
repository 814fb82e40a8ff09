"""A cache in another model's hands: number for number, as a copy, or refused by its shape."""

from __future__ import annotations

import pytest
import torch

from lab.engine.give import give_to, with_pairs
from lab.engine.rollout import generate_latent
from lab.errors import SpaceMismatch
from tests.engine.tiny_models import prompts_of, tiny


def written(kind: str = "qwen3"):
    return generate_latent(tiny(kind), prompts_of([5]), 3, agents="planner").memory


def test_a_given_cache_has_the_same_numbers_slots_and_positions_and_another_owner() -> None:
    memory, receiver = written(), tiny("qwen3", seed=1)
    given = give_to(memory, receiver)
    assert given.host is receiver and memory.host is tiny("qwen3")
    assert given.strip() == memory.strip()
    assert list(given.next_positions) == list(memory.next_positions)
    for (keys, values), (k, v) in zip(memory.cache.pairs(), given.cache.pairs(), strict=True):
        assert torch.equal(keys, k) and torch.equal(values, v)


def test_states_stay_with_the_model_that_thought_them() -> None:
    memory = written()
    given = give_to(memory, tiny("qwen3", seed=1))
    assert memory.last is not None and memory.hidden
    assert given.last is None and given.hidden == {}


def test_what_is_done_to_the_copy_does_not_reach_the_sender() -> None:
    memory = written()
    before = [keys.clone() for keys, _ in memory.cache.pairs()]
    doubled = with_pairs(memory, [(2 * k, v) for k, v in memory.cache.pairs()])
    assert doubled.host is memory.host
    for old, (now, _), (twice, _) in zip(
        before, memory.cache.pairs(), doubled.cache.pairs(), strict=True
    ):
        assert torch.equal(old, now) and torch.equal(twice, 2 * old)
    generate_latent(tiny("qwen3"), prompts_of([2], 4), 2, memory=doubled, agents="refiner")
    assert memory.kv_len == 8 and doubled.kv_len == 12


def test_a_model_of_another_shape_refuses_with_both_shapes() -> None:
    with pytest.raises(SpaceMismatch) as told:
        give_to(written(), tiny("gemma3"))
    assert "(3, 2, 8)" in str(told.value) and "(3, 1, 8)" in str(told.value)
