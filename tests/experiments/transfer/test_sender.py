"""The sender's rollout, right and broken, against a plain loop of one problem without padding."""

from __future__ import annotations

import pytest
import torch

from lab.engine.memory import LatentMemory
from lab.experiments.transfer.conditions import Think
from lab.experiments.transfer.sender import Thoughts, feed, think
from tests.engine.tiny_models import prompts_of
from tests.experiments.tiny_worlds import tiny, twin

WAYS = [
    {},
    {"layer": 2},
    {"alignment": "softmax", "layer": 1},
    {"alignment": "top_word", "mixture": 3},
    {"norm": "skipped"},
    {"norm": "doubled"},
    {"norm": "scaled", "amount": 3.0},
    {"norm": "shifted", "amount": 0.5},
]


def plain_loop(host, prompt: list[int], steps: int, how: Think) -> torch.Tensor:
    """(m, D): one problem, the whole context run anew at every step."""
    inputs = host.embed(torch.tensor([prompt]))
    for _ in range(steps):
        out = host.backbone(inputs_embeds=inputs, use_cache=False, output_hidden_states=True)
        layer = how.layer if how.layer >= 0 else host.n_layers + 1 + how.layer
        e = feed(how, host, out.hidden_states[layer][:, -1:], layer)
        inputs = torch.cat([inputs, e], 1)
    return inputs[0, len(prompt) :]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_every_way_to_think_equals_the_plain_loop(way: dict) -> None:
    host, how, prompts = tiny(0), Think(**way), prompts_of([5, 11])
    thoughts = think(host, prompts, 4, how)
    for row, prompt in enumerate(prompts):
        plain = plain_loop(host, prompt, 4, how)
        torch.testing.assert_close(thoughts.fed[row], plain, atol=3e-4, rtol=3e-4)
    if way:
        right = think(host, prompts, 4, Think()).fed
        assert not torch.allclose(thoughts.fed, right, atol=1e-2)


def test_a_gauge_twin_is_broken_by_a_skipped_norm_as_others_are() -> None:
    host, prompts = twin("gauge"), prompts_of([5])
    bare = think(host, prompts, 1, Think(norm="skipped")).fed
    right = think(host, prompts, 1, Think()).fed
    parallel = torch.nn.functional.cosine_similarity(bare, right, dim=-1)
    torch.testing.assert_close(parallel, torch.ones_like(parallel), atol=1e-4, rtol=0)
    assert not torch.allclose(bare.norm(dim=-1), right.norm(dim=-1), rtol=1e-2)


def test_states_are_those_of_the_latent_slots() -> None:
    host, prompts = tiny(0), prompts_of([5, 9])
    thoughts = think(host, prompts, 3, Think(), want_states=True)
    assert thoughts.states.shape == (host.n_layers + 1, 2, 3, host.d_model)
    assert thoughts.prompt_columns == 9
    torch.testing.assert_close(thoughts.states[0], thoughts.fed)
    torch.testing.assert_close(thoughts.states[-1][:, :2], thoughts.hidden[:, 1:])
    assert think(host, prompts, 3, Think()).states is None


def test_fewer_steps_are_the_beginning_of_more() -> None:
    host, prompts = tiny(0), prompts_of([5, 9])
    cut, short = think(host, prompts, 6, Think()).first(2), think(host, prompts, 2, Think())
    assert isinstance(cut, Thoughts) and cut.steps == short.steps == 2
    torch.testing.assert_close(cut.fed, short.fed)
    assert cut.memory.next_positions == short.memory.next_positions
    for (k, v), (k2, v2) in zip(cut.memory.cache.pairs(), short.memory.cache.pairs(), strict=True):
        torch.testing.assert_close(k, k2)
        torch.testing.assert_close(v, v2)
    assert isinstance(cut.memory, LatentMemory)
