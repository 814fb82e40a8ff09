"""What prompts share is read once, and nothing else changes: the same numbers, fewer positions."""

from __future__ import annotations

import copy

import pytest
import torch

from lab.engine import shared_prompt
from lab.engine.capture import Capture, Recording
from lab.engine.decode import generate_text
from lab.engine.memory import LatentMemory
from lab.engine.prompt import read_prompts
from lab.engine.rollout import Thinking, generate_latent
from lab.models.host import Host
from lab.plan import Decoding
from tests.engine.tiny_models import KINDS, tiny

SHARED = [5, 9, 23, 41, 7, 7, 60]
OWN = ([11, 12], [13, 14, 15, 16], [17])
PROMPTS = [SHARED + own for own in OWN]
NAMES = ("a", "b", "c")


@pytest.fixture(params=KINDS)
def host(request: pytest.FixtureRequest) -> Host:
    return tiny(request.param)


@pytest.fixture
def sharing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny models share too; by themselves they are too small for it to be worth a call."""
    monkeypatch.setattr(shared_prompt, "WORTH", 1)


def read(host: Host, prompts: list[list[int]]) -> tuple[LatentMemory, list[torch.Tensor], int]:
    """What reading leaves: the memory, every row's own states, and the positions it took."""
    memory, before = LatentMemory(host, len(prompts)), host.positions_run
    _, block = read_prompts(host, prompts, memory, NAMES[: len(prompts)], None, want_states=True)
    assert block is not None and block.states is not None
    stacked = torch.stack(block.states)
    states = [stacked[:, row, -len(prompt) :] for row, prompt in enumerate(prompts)]
    return memory, states, host.positions_run - before


def test_shared_positions_are_read_once_with_the_same_numbers(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, states, cost = read(host, PROMPTS)
    monkeypatch.setattr(shared_prompt, "WORTH", 1)
    shared, again, less = read(host, PROMPTS)
    assert cost == 3 * 11 and less == 7 + 3 * 4
    for row, (one, other) in enumerate(zip(states, again, strict=True)):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
        assert shared.strip(row) == plain.strip(row)
        assert shared.row_len(row) == plain.row_len(row) == len(PROMPTS[row])
    torch.testing.assert_close(shared.require_last(), plain.require_last(), rtol=1e-4, atol=1e-4)
    assert shared.next_positions == plain.next_positions


def test_what_follows_is_the_same(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words and thoughts on top of it, and not those on top of another beginning."""

    def follow(prompts: list[list[int]]) -> tuple[list[list[int]], torch.Tensor]:
        said = generate_text(host, prompts, decodings=Decoding(max_tokens=6)).ids
        return said, generate_latent(host, prompts, Thinking(3)).hidden

    words, thoughts = follow(PROMPTS)
    monkeypatch.setattr(shared_prompt, "WORTH", 1)
    same_words, same_thoughts = follow(PROMPTS)
    assert same_words == words
    torch.testing.assert_close(same_thoughts, thoughts, rtol=1e-3, atol=1e-3)
    other = follow([[6, *prompt[1:]] for prompt in PROMPTS])
    assert not torch.allclose(other[1], thoughts, rtol=1e-3, atol=1e-3)


def test_capture_keeps_every_row_whole(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def captured() -> list[torch.Tensor]:
        capture = Capture()
        generate_text(
            host, PROMPTS, None, Decoding(max_tokens=2), NAMES, Recording(capture), keep_memory=True
        )
        blocks = [block for block in capture.drain() if block.kind == "prompt"]
        assert [list(b.token_ids) for b in blocks] == PROMPTS
        assert [list(b.positions) for b in blocks] == [list(range(len(p))) for p in PROMPTS]
        return [torch.as_tensor(b.hidden) for b in blocks]

    plain = captured()
    monkeypatch.setattr(shared_prompt, "WORTH", 1)
    for one, other in zip(plain, captured(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_equal_prompts_are_read_as_one(host: Host, sharing: None) -> None:
    """Proposers are asked the same: all but the last token of one row."""
    _, _, cost = read(host, [PROMPTS[1]] * 3)
    assert cost == len(PROMPTS[1]) - 1 + 3


def test_a_memory_that_has_something_in_it_is_read_on_in_full(host: Host, sharing: None) -> None:
    memory, _, _ = read(host, PROMPTS)
    before = host.positions_run
    read_prompts(host, PROMPTS, memory, NAMES, None)
    assert host.positions_run - before == 3 * 11


def test_an_opening_is_read_once_per_model_and_anew_when_weights_change(sharing: None) -> None:
    from tests.experiments.tiny_worlds import tiny as worded

    known = worded(3)
    host = copy.copy(known)
    host._once = {}
    asked = [known.render([{"role": "user", "content": "Who has the box?"}])]
    opening = len(shared_prompt._opening(host))
    assert opening > 0
    _, _, first = read(host, asked)
    memory, _, second = read(host, asked)
    assert (first, second) == (len(asked[0]), len(asked[0]) - opening)
    weight = host.layers[0].mlp.down_proj.weight
    with torch.no_grad():
        weight.mul_(1.5)
    try:
        changed, _, third = read(host, asked)
        assert third == first
        assert not torch.allclose(changed.require_last(), memory.require_last())
    finally:
        with torch.no_grad():
            weight.div_(1.5)
