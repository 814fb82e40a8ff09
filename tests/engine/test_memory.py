"""LatentMemory: forks, crops, merges, rows; and that the wrong variants fail."""

from __future__ import annotations

import pytest
import torch

from lab.engine.decode import generate_text
from lab.engine.memory import LatentMemory, merge_kv
from lab.engine.rollout import generate_latent
from lab.errors import BadInput, SpaceMismatch
from lab.plan import Decoding
from tests.engine.tiny_models import KINDS, ROTARY, prompts_of, tiny


def written(
    kind: str, lengths: list[int], steps: int = 0, seed: int = 0, agent: str = "a"
) -> LatentMemory:
    return generate_latent(tiny(kind), prompts_of(lengths, seed), steps, agents=agent).memory


@pytest.mark.parametrize("kind", KINDS)
def test_fork_does_not_change_its_parent(kind: str) -> None:
    memory = written(kind, [9], steps=3)
    before = [(k.clone(), v.clone()) for k, v in memory.cache.pairs()]
    strip, length, following = memory.strip(), memory.kv_len, list(memory.next_positions)
    fork = memory.fork()
    generate_text(tiny(kind), prompts_of([6], 5), fork, Decoding(max_tokens=5), "b")
    for layer in fork.cache.layers:
        layer.keys.zero_()
    assert (memory.strip(), memory.kv_len, memory.next_positions) == (strip, length, following)
    for (keys, values), (old_keys, old_values) in zip(memory.cache.pairs(), before, strict=True):
        assert torch.equal(keys, old_keys) and torch.equal(values, old_values)


def test_every_slot_knows_its_writer() -> None:
    host, memory = tiny("qwen3"), written("qwen3", [5], steps=2, agent="planner")
    generate_latent(host, prompts_of([4], 1), 3, memory=memory, agents="refiner")
    generate_text(host, prompts_of([2], 2), memory, Decoding(max_tokens=3), "judger")
    found = [(s.agent, s.kind, s.start, s.length) for s in memory.strip()]
    assert found[:4] == [
        ("planner", "prompt", 0, 5),
        ("planner", "latent", 5, 2),
        ("refiner", "prompt", 7, 4),
        ("refiner", "latent", 11, 3),
    ]
    assert found[4] == ("judger", "prompt", 14, 2) and found[5][:2] == ("judger", "token")
    view = memory.read("refiner", "latent")
    assert view.columns.tolist() == [11, 12, 13] and view.keys[0].shape == (1, 2, 3, 8)
    assert view.hidden["refiner"].shape == (1, 3, 32)
    assert memory.kv_bytes == memory.kv_len * 2 * 3 * 2 * 8 * 4


def test_strip_of_padded_rows_counts_real_slots_only() -> None:
    memory = written("llama", [3, 8], steps=2)
    assert [(s.start, s.length) for s in memory.strip(0)] == [(0, 3), (3, 2)]
    assert [(s.start, s.length) for s in memory.strip(1)] == [(0, 8), (8, 2)]
    assert memory.row_len(0) == 5 and memory.kv_len == 10
    assert memory.row_bytes(0) * 2 == memory.row_bytes(1)


@pytest.mark.parametrize("kind", ROTARY)
def test_merge_rerotates_keys_to_where_they_would_have_been_written(kind: str) -> None:
    """A cache written at position 0 and moved by 7 equals one written at position 7 alone."""
    host = tiny(kind)
    moved = merge_kv([written(kind, [7]), written(kind, [6], seed=3)])
    there = LatentMemory(host)
    there.next_positions = [7]
    generate_latent(host, prompts_of([6], 3), 0, memory=there)
    assert moved.positions.tolist() == [list(range(13))]
    for (keys, values), (direct_keys, direct_values) in zip(
        moved.cache.pairs(), there.cache.pairs(), strict=True
    ):
        torch.testing.assert_close(keys[:, :, 7:], direct_keys, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(values[:, :, 7:], direct_values, atol=1e-4, rtol=1e-4)
    wrong = merge_kv([written(kind, [7]), written(kind, [6], seed=3)], rerotate=False)
    assert not torch.allclose(
        wrong.cache.pairs()[0][0][:, :, 7:], there.cache.pairs()[0][0], atol=1e-2
    )


@pytest.mark.parametrize("kind", ROTARY)
def test_padded_merge_equals_one_by_one(kind: str) -> None:
    host = tiny(kind)
    reader = prompts_of([5, 5], 9)
    merged = merge_kv([written(kind, [7, 3], 2), written(kind, [4, 9], 2, seed=4)])
    both = generate_text(host, reader, merged, Decoding(max_tokens=10))
    for row in (0, 1):
        alone = merge_kv(
            [
                written(kind, [7, 3], 2).select_rows([row]),
                written(kind, [4, 9], 2, seed=4).select_rows([row]),
            ]
        )
        assert alone.next_positions == [merged_next(row)]
        assert (
            generate_text(host, [reader[row]], alone, Decoding(max_tokens=10)).ids[0]
            == both.ids[row]
        )


def merged_next(row: int) -> int:
    return [7 + 2 + 4 + 2, 3 + 2 + 9 + 2][row]


def test_learned_positions_cannot_be_moved() -> None:
    with pytest.raises(BadInput, match="learned positions"):
        merge_kv([written("gpt2", [4]), written("gpt2", [5])])


def test_caches_of_two_models_do_not_merge() -> None:
    with pytest.raises(SpaceMismatch, match="expected one model"):
        merge_kv([written("qwen3", [4]), written("llama", [4])])
    with pytest.raises(BadInput, match="mean nothing to another"):
        generate_text(tiny("llama"), prompts_of([4]), written("qwen3", [4]))


@pytest.mark.parametrize("kind", KINDS)
def test_crop_carries_positions(kind: str) -> None:
    """What stays keeps its keys and numbers; the next slot goes on counting."""
    host, memory = tiny(kind), written(kind, [8], steps=3, agent="planner")
    generate_latent(host, prompts_of([5], 1), 2, memory=memory, agents="refiner")
    keys = memory.cache.pairs()[1][0].clone()
    memory.crop("last_agent")
    assert memory.positions.tolist() == [list(range(11, 18))] and memory.next_positions == [18]
    assert torch.equal(memory.cache.pairs()[1][0], keys[:, :, 11:])
    assert [(s.agent, s.kind, s.kept) for s in memory.strip()] == [
        ("planner", "prompt", False),
        ("planner", "latent", False),
        ("refiner", "prompt", True),
        ("refiner", "latent", True),
    ]
    memory.crop("latent_only")
    assert memory.positions.tolist() == [[16, 17]] and memory.kv_len == 2
    generate_text(host, prompts_of([3], 2), memory, Decoding(max_tokens=2), "judger")
    assert memory.positions[0, :5].tolist() == [16, 17, 18, 19, 20]


@pytest.mark.parametrize("kind", ROTARY)
def test_cropping_everything_before_equals_a_shifted_context(kind: str) -> None:
    """Rotary attention depends on distances only: a cropped cache equals the same cache moved to
    position zero."""
    host = tiny(kind)
    memory = written(kind, [6], agent="other")
    generate_latent(host, prompts_of([5], 1), 2, memory=memory, agents="mine")
    view = memory.read("mine")
    memory.crop("last_agent")
    kept = generate_text(host, prompts_of([4], 2), memory.fork(), Decoding(max_tokens=8))
    moved = memory.fork()
    moved.shift(-6)
    assert view.columns.tolist() == list(range(6, 13)) and moved.next_positions == [7]
    assert (
        generate_text(host, prompts_of([4], 2), moved.fork(), Decoding(max_tokens=8)).ids
        == kept.ids
    )
    close = generate_text(host, prompts_of([4], 2), moved, Decoding(max_tokens=1)).logprobs[0][0]
    memory.crop([*range(7)], carry_positions=False)
    wrong = generate_text(host, prompts_of([4], 2), memory, Decoding(max_tokens=1)).logprobs[0][0]
    assert close == pytest.approx(kept.logprobs[0][0], abs=1e-4)
    assert wrong != pytest.approx(close, abs=1e-3)


def test_rows_are_hidden_one_by_one() -> None:
    """A per-row crop hides slots: reading on equals a cache that never saw them."""
    host = tiny("qwen3")
    memory = written("qwen3", [8, 8])
    keep = torch.ones(2, 8, dtype=torch.bool)
    keep[0, :5] = False
    memory.crop(keep)
    both = generate_text(host, prompts_of([4, 4], 2), memory, Decoding(max_tokens=8))
    alone = written("qwen3", [8, 8]).select_rows([0])
    alone.crop([5, 6, 7])
    assert (
        generate_text(host, prompts_of([4, 4], 2)[:1], alone, Decoding(max_tokens=8)).ids[0]
        == both.ids[0]
    )


def test_expand_repeats_rows_and_is_independent() -> None:
    host, memory = tiny("llama"), written("llama", [5, 7], steps=1)
    wide = memory.expand(2)
    assert wide.rows == 4 and wide.strip(3) == memory.strip(1)
    out = generate_text(host, [prompts_of([3], 6)[0]] * 4, wide, Decoding(max_tokens=5))
    assert out.ids[0] == out.ids[1] and out.ids[2] == out.ids[3]
    assert memory.kv_len == 8


@pytest.mark.parametrize("kind", KINDS)
def test_a_memory_can_speak_without_a_prompt(kind: str) -> None:
    host = tiny(kind)
    prompt = prompts_of([9])[0]
    memory = generate_latent(host, [prompt], 0).memory
    assert (
        generate_text(host, [[]], memory, Decoding(max_tokens=6)).ids
        == generate_text(host, [prompt], decodings=Decoding(max_tokens=6)).ids
    )
