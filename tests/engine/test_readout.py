"""The lens, capture and cost: identities with the model's own numbers, and the wrong norm that
fails.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from lab.engine.capture import Capture, Recording
from lab.engine.cost import flops, kv_bytes
from lab.engine.decode import TextStep, stream_text
from lab.engine.prompt import PromptOut
from lab.engine.readout import logprobs_at, nearest_words, read_lens, states_of, with_lens
from lab.engine.rollout import LatentStepOut, generate_latent, stream_latent
from lab.errors import BadInput
from lab.plan import CapturePlan, Decoding
from tests.engine.tiny_models import KINDS, prompts_of, tiny


def all_states(host, prompt: list[int]):
    out = host.model(torch.tensor([prompt]), output_hidden_states=True)
    return torch.stack(out.hidden_states)[:, 0], out.logits[0]


@pytest.mark.parametrize("kind", KINDS)
def test_last_layer_through_the_head_is_the_logits_and_a_second_norm_is_not(kind: str) -> None:
    host = tiny(kind)
    states, logits = all_states(host, prompts_of([10])[0])
    own = torch.log_softmax(logits, -1)
    torch.testing.assert_close(logprobs_at(host, states[-1], -1), own, atol=1e-4, rtol=1e-4)
    twice = torch.log_softmax(host.logits(host.final_norm(states[-1])), -1)
    assert not torch.allclose(twice, own, atol=1e-2)


def test_lens_numbers_are_those_of_the_definition() -> None:
    host = tiny("qwen3")
    states, logits = all_states(host, prompts_of([6])[0])
    out = read_lens(host, states, top_k=3, watch=[5, 50])
    own = torch.log_softmax(logits, -1)
    assert out.top_ids[-1, :, 0].tolist() == own.argmax(-1).tolist()
    torch.testing.assert_close(out.watch_logp[-1], own[:, [5, 50]], atol=1e-4, rtol=1e-4)
    assert out.watch_rank[-1, 2, 1] == int((own[2] > own[2, 50]).sum())
    inner = torch.log_softmax(host.output_head(host.final_norm(states[1])), -1)
    torch.testing.assert_close(out.entropy[1], -(inner.exp() * inner).sum(-1), atol=1e-4, rtol=1e-4)
    assert out.kl_to_last is not None
    kl = torch.nn.functional.kl_div(own, inner, log_target=True, reduction="none").sum(-1)
    torch.testing.assert_close(out.kl_to_last[1], kl, atol=1e-4, rtol=1e-4)
    assert float(out.kl_to_last[-1].abs().max()) < 1e-6


def test_chunks_do_not_change_the_lens(monkeypatch: pytest.MonkeyPatch) -> None:
    host = tiny("llama")
    states, _ = all_states(host, prompts_of([9])[0])
    whole = read_lens(host, states, watch=[7])
    monkeypatch.setattr("lab.engine.readout.CHUNK_ROWS", 4)
    pieces = read_lens(host, states, watch=[7])
    assert torch.equal(whole.top_ids, pieces.top_ids)
    torch.testing.assert_close(whole.entropy, pieces.entropy)


def test_nearest_word_of_an_embedding_is_itself() -> None:
    host = tiny("gemma3")
    ids, cosines = nearest_words(host, host.embedding_matrix[[3, 30, 60]], k=2)
    assert ids[:, 0].tolist() == [3, 30, 60] and float(cosines[:, 0].min()) == pytest.approx(
        1.0, abs=1e-5
    )


@pytest.mark.parametrize("kind", KINDS)
def test_captured_states_are_those_of_the_model(kind: str) -> None:
    """Prompt and words: one moment per slot, the states that a plain forward pass over all of them
    gives."""
    host, prompt = tiny(kind), prompts_of([7])[0]
    capture = Capture()
    outs = list(
        stream_text(host, [prompt], None, Decoding(max_tokens=5), ["solo"], Recording(capture, "L"))
    )
    steps = [o for o in outs if isinstance(o, TextStep)]
    assert isinstance(outs[0], PromptOut) and outs[0].first_moment == 0
    assert [s.moment for s in steps] == [*range(7, 7 + len(steps) - 1), None]
    prompt_block, token_block = capture.drain()
    assert (prompt_block.kind, token_block.kind, prompt_block.lane) == ("prompt", "token", "L")
    ids = prompt + [s.token_id for s in steps[:-1]]
    states, _ = all_states(host, ids)
    found = torch.cat([states_of(prompt_block), states_of(token_block)], dim=1)
    torch.testing.assert_close(found, states, atol=1e-4, rtol=1e-4)
    assert np.concatenate([prompt_block.positions, token_block.positions]).tolist() == list(
        range(len(ids))
    )
    assert token_block.kv_lens.tolist() == list(range(8, 8 + len(steps) - 1))
    assert token_block.logprobs.tolist() == pytest.approx([s.logprob for s in steps[:-1]], abs=1e-5)


def test_batched_capture_equals_one_by_one() -> None:
    host, prompts = tiny("qwen3"), prompts_of([3, 9])
    both = Capture()
    list(stream_latent(host, prompts, 3, agents=["a", "b"], recording=Recording(both)))
    for row, block in enumerate(both.drain()):
        alone = Capture()
        list(stream_latent(host, [prompts[row // 2]], 3, agents="x", recording=Recording(alone)))
        twin = alone.drain()[row % 2]
        torch.testing.assert_close(states_of(block), states_of(twin), atol=1e-4, rtol=1e-4)
        assert block.tokens == twin.tokens and block.positions.tolist() == twin.positions.tolist()


def test_latent_moment_holds_the_fed_vector_and_the_state_over_it() -> None:
    host, prompt = tiny("qwen3"), prompts_of([5])[0]
    capture = Capture()
    steps = [
        s
        for s in stream_latent(host, [prompt], 3, recording=Recording(capture))
        if isinstance(s, LatentStepOut)
    ]
    block = capture.drain()[1]
    result = generate_latent(host, [prompt], 3)
    torch.testing.assert_close(states_of(block)[0], result.fed[0], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(states_of(block)[-1][:2], result.hidden[0, 1:], atol=1e-4, rtol=1e-4)
    assert block.moments.tolist() == [s.moment for s in steps] == [5, 6, 7]
    assert block.token_ids.tolist() == [s.top[0][0] for s in steps]


def test_budget_and_policy_say_what_they_left_out() -> None:
    host = tiny("llama")
    capture = Capture(CapturePlan(budget_mb=0.004, kinds=("prompt", "token"), layers="last"))
    outs = list(
        stream_text(
            host,
            prompts_of([30]),
            None,
            Decoding(max_tokens=6),
            "solo",
            Recording(capture, "one"),
        )
    )
    kept = sum(block.n for block in capture.drain())
    assert (
        kept == 31 and outs[0].first_moment == 0 and outs[1].moment == 30 and outs[2].moment is None
    )
    notes = " ".join(capture.notes())
    assert f"left out {len(outs) - 3} token positions of solo in lane one" in notes
    assert "no latent positions" in notes and "only these layers: last" in notes


def test_closing_the_stream_keeps_what_was_captured() -> None:
    capture = Capture()
    stream = stream_latent(tiny("qwen3"), prompts_of([4]), 50, recording=Recording(capture))
    for _ in range(4):
        next(stream)
    stream.close()
    assert [block.n for block in capture.drain()] == [4, 3]


def test_stored_lens_belongs_to_its_block() -> None:
    host, capture = tiny("gpt2"), Capture()
    list(
        stream_text(host, prompts_of([5]), None, Decoding(max_tokens=3), "solo", Recording(capture))
    )
    block = with_lens(host, capture.drain()[0], top_k=4)
    again = read_lens(host, states_of(block), block.layers, 4)
    assert block.lens is not None and block.lens.top_ids.tolist() == again.top_ids.tolist()
    assert set(block.vocab) == set(np.unique(block.lens.top_ids).tolist())


def test_cost_of_a_hand_counted_model() -> None:
    host = tiny("llama")
    per_layer = 32 * 32 + 2 * 32 * 16 + 32 * 32 + 3 * 32 * 48 + 2 * 32
    weights = 3 * per_layer + 32
    attention = 4 * 3 * 4 * 8 * (2 * 10 + 3)
    assert flops(host, 2, 10, 1) == 2 * weights * 2 + attention + 2 * 97 * 32
    assert kv_bytes(host, 10) == generate_latent(host, prompts_of([10]), 0).memory.kv_bytes
    assert math.isclose(flops(host, 1, 0, 0), 2 * weights + 4 * 3 * 4 * 8)


def test_missing_layer_is_told() -> None:
    host = tiny("qwen3")
    with pytest.raises(BadInput, match="Layer 9"):
        read_lens(host, torch.zeros(1, 2, 32), [9])
    with pytest.raises(BadInput, match="at least one position"):
        read_lens(host, torch.zeros(4, 0, 32))
