"""Models with a running state in some layers: rows of different length, forks, and what has no
slots is refused with the reason while everything else goes on.
"""

from __future__ import annotations

import pytest
import torch

from lab.engine.decode import generate_text
from lab.engine.give import with_pairs
from lab.engine.memory import merge_kv
from lab.engine.memory_verbs import limits
from lab.engine.rollout import Thinking, generate_latent
from lab.errors import BadInput
from lab.plan import Decoding
from tests.engine.test_families import HYBRID, loaded
from tests.engine.tiny_models import prompts_of

GREEDY = Decoding(max_tokens=12)
FIRST, SECOND = prompts_of([6, 9, 4]), prompts_of([5, 2, 7], 1)


@pytest.mark.parametrize("family", HYBRID)
def test_rows_of_different_length_hand_over_as_each_for_itself(family: str) -> None:
    host = loaded(family)
    memory = generate_latent(host, FIRST, 3, agents="a").memory
    together = generate_text(host, SECOND, memory, GREEDY).ids
    for row, (first, second) in enumerate(zip(FIRST, SECOND, strict=True)):
        alone = generate_latent(host, [first], 3, agents="a").memory
        assert together[row] == generate_text(host, [second], alone, GREEDY).ids[0]


@pytest.mark.parametrize("family", HYBRID)
def test_a_fork_leaves_the_running_states_of_its_parent(family: str) -> None:
    host = loaded(family)
    memory = generate_latent(host, FIRST, 2, agents="a").memory
    expected = generate_text(host, SECOND, memory.fork(), GREEDY).ids
    generate_latent(host, prompts_of([8, 3, 5], 2), 4, memory=memory.fork(), agents="b")
    assert generate_text(host, SECOND, memory.fork(), GREEDY).ids == expected
    picked = memory.select_rows([2, 0])
    assert generate_text(host, [SECOND[2], SECOND[0]], picked, GREEDY).ids == [
        expected[2],
        expected[0],
    ]
    forgotten = generate_text(host, SECOND, None, GREEDY).ids
    assert forgotten != expected


@pytest.mark.parametrize("family", HYBRID)
def test_states_of_a_padded_batch_are_those_of_its_rows(family: str) -> None:
    host = loaded(family)
    thinking = Thinking(2)
    batch = generate_latent(host, FIRST, thinking, want_states=True)
    for row, prompt in enumerate(FIRST):
        alone = generate_latent(host, [prompt], thinking, want_states=True)
        torch.testing.assert_close(batch.states[:, row], alone.states[:, 0], atol=2e-4, rtol=2e-4)


def test_what_has_no_slots_is_refused_and_the_rest_goes_on() -> None:
    host = loaded("lfm2")
    memory = generate_latent(host, FIRST, 2, agents="a").memory
    reason = "keeps one running state in its layers of the kind conv"
    assert set(limits(host)) == {"crop", "merge", "move"}
    for attempt in (
        lambda: memory.crop("latent_only"),
        lambda: memory.forget_last([1, 1, 1]),
        lambda: memory.shift(3),
        lambda: merge_kv([memory, memory]),
        lambda: with_pairs(memory, memory.cache.pairs()),
    ):
        with pytest.raises(BadInput, match=reason):
            attempt()
    memory.crop("keep_all")
    assert len(generate_text(host, SECOND, memory, GREEDY).ids[0]) > 0


def test_running_states_are_counted_in_the_bytes_handed_over() -> None:
    host = loaded("lfm2")
    memory = generate_latent(host, [FIRST[0]], 0, agents="a").memory
    slots = sum(t.numel() * t.element_size() for pair in memory.cache.pairs() for t in pair)
    states = 2 * host.d_model * host.config.conv_L_cache * 4  # two layers, float32
    assert memory.kv_bytes == slots + states
    assert limits(loaded("llama")) == {} and "move" in limits(loaded("gpt2"))
    assert "attention" in limits(loaded("falcon"))
