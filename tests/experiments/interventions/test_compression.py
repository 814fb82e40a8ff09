"""What is kept of a memory, and what that costs, on vectors set by hand and on random models."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lab.engine.attention import attention_mass
from lab.engine.give import Pairs
from lab.engine.memory import LatentMemory
from lab.experiments.interventions import compression
from lab.experiments.interventions.compression import Uncut, best, keep_slots, likeness, thinned
from lab.experiments.transfer.conditions import KeepSlots, Think
from lab.experiments.transfer.sender import Thoughts, think
from tests.experiments.tiny_worlds import tiny

PROMPTS = [[5, 6, 7, 8], [9, 10]]
QUESTION = [[11, 12], [13, 14, 15]]


def thoughts(steps: int = 5) -> Thoughts:
    return think(tiny(0), PROMPTS, steps, Think())


def kept(rule: str, slots: int, **more: Any) -> LatentMemory:
    made = thoughts()
    source = Uncut(made.memory, made.prompt_columns, made.fed, torch.Generator().manual_seed(0))
    op = KeepSlots.model_validate({"op": "keep", "by": rule, "slots": slots, **more})
    return keep_slots(source, op, tiny(0), QUESTION)


def test_newest_and_oldest_are_counted_in_every_row_without_padding() -> None:
    newest, oldest = kept("newest", 6).mask, kept("oldest", 3).mask
    assert newest.tolist() == [[False] * 3 + [True] * 6] * 2
    assert oldest[0].tolist() == [True] * 3 + [False] * 6
    assert oldest[1].tolist() == [False] * 2 + [True] * 3 + [False] * 4  # two columns of padding


def test_a_row_with_fewer_slots_keeps_all_of_them() -> None:
    memory = kept("random", 8)
    assert [memory.row_len(row) for row in range(2)] == [8, 7]


def test_of_the_latents_no_slot_of_the_prompt_is_kept() -> None:
    for rule in ("receiver_attention", "sender_attention", "oldest", "unlike", "neighbours"):
        memory = kept(rule, 3, of="latent")
        assert not memory.mask[:, :4].any(), rule
        assert memory.mask.sum(1).tolist() == [3, 3], rule


def test_the_receiver_s_attention_is_what_its_question_looks_at() -> None:
    """Against the picture of one row, made by another function."""
    made = thoughts()
    alone = made.memory.select_rows([1])
    weights = attention_mass(tiny(0), alone, QUESTION[1]).weights
    most = weights[..., : alone.row_len(0)].sum((0, 1, 2)).argsort()[-2:]
    memory = kept("receiver_attention", 2)
    columns = memory.mask[1].nonzero().flatten() - 2  # without its padding
    assert sorted(columns.tolist()) == sorted(most.tolist())
    assert (memory.mask != kept("sender_attention", 2).mask).any()


def test_likeness_is_the_mean_cosine_to_the_other_slots() -> None:
    a, b = [1.0, 0.0], [0.0, 1.0]
    vectors = torch.tensor([[a, a, b, a]])
    real = torch.tensor([[True, True, True, False]])
    assert likeness(vectors, real)[0, :3].tolist() == pytest.approx([0.5, 0.5, 0.0])
    assert best(-likeness(vectors, real), real, 1).tolist() == [[False, False, True, False]]


def test_thinning_leaves_one_of_each_group_the_newer_or_the_older() -> None:
    a, b = [1.0, 0.0], [0.0, 1.0]
    vectors = torch.tensor([[a, a, b, b, a]])
    real = torch.ones(1, 5, dtype=torch.bool)
    assert thinned(vectors, real, 2).nonzero()[:, 1].tolist() == [3, 4]
    assert thinned(vectors, real, 2, older=True).nonzero()[:, 1].tolist() == [0, 2]


def test_a_full_rank_is_exact_and_a_low_one_is_the_best_of_its_rank() -> None:
    memory = thoughts().memory
    full = compression.low_rank(memory, 10_000)
    assert all(
        torch.allclose(a, b, atol=1e-5)
        for mine, theirs in zip(seen_pairs(full), seen_pairs(memory), strict=True)
        for a, b in zip(mine, theirs, strict=True)
    )
    near = compression.low_rank(memory, 2)
    for (_, cut), (_, whole) in zip(seen_pairs(near), seen_pairs(memory), strict=True):
        for row in range(2):
            flat = whole[row].transpose(0, 1).flatten(1)
            found = cut[row].transpose(0, 1).flatten(1)
            assert torch.linalg.matrix_rank(found, rtol=1e-4) == 2
            rest = torch.linalg.svdvals(flat)[2:].square().sum().sqrt()
            assert float((flat - found).norm()) == pytest.approx(float(rest), rel=1e-3)


def seen_pairs(memory: LatentMemory) -> Pairs:
    real = memory.mask[:, None, :, None]
    return [(k * real, v * real) for k, v in memory.cache.pairs()]


def test_two_factors_are_counted_and_never_more_than_the_slots_themselves() -> None:
    memory = thoughts().memory
    host, slots = tiny(0), [9, 7]
    width = host.n_kv_heads * host.head_dim
    assert compression.low_rank_bytes(memory, 1) == sum(
        2 * host.n_layers * 4 * (n + width) for n in slots
    )
    assert compression.low_rank_bytes(memory, 1000) == sum(map(memory.row_bytes, range(2)))
