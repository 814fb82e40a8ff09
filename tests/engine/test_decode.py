"""Text decoding equals transformers' generate, and a batch equals its rows one by one."""

from __future__ import annotations

import pytest
import torch

from lab.engine.decode import TextStep, generate_text, stream_text
from lab.engine.memory import LatentMemory
from lab.engine.prompt import PromptOut
from lab.engine.sampling import draw
from lab.errors import BadInput
from lab.models.host import Host
from lab.plan import Decoding
from tests.engine.tiny_models import KINDS, prompts_of, tiny

GREEDY = Decoding(max_tokens=24)


def by_transformers(host, prompt: list[int], n: int) -> list[int]:
    ids = torch.tensor([prompt])
    out = host.model.generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=n
    )
    return out[0, len(prompt) :].tolist()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_greedy_equals_generate(kind: str, attention: str) -> None:
    host = tiny(kind, attention=attention)
    for prompt in prompts_of([5, 17, 30]):
        assert generate_text(host, [prompt], decodings=GREEDY).ids[0] == by_transformers(
            host, prompt, 24
        )


@pytest.mark.parametrize("kind", KINDS)
def test_batch_equals_one_by_one(kind: str) -> None:
    host = tiny(kind)
    prompts = prompts_of([3, 21, 9, 14])
    batch = generate_text(host, prompts, decodings=GREEDY, keep_memory=True)
    dropping = generate_text(host, prompts, decodings=GREEDY)
    for row, prompt in enumerate(prompts):
        alone = generate_text(host, [prompt], decodings=GREEDY, keep_memory=True)
        assert batch.ids[row] == alone.ids[0] == dropping.ids[row]
        assert batch.logprobs[row] == pytest.approx(alone.logprobs[0], abs=1e-4)
        assert batch.done[row] == alone.done[0]
        assert batch.memory is not None and alone.memory is not None
        mask = batch.memory.mask[row]
        assert batch.memory.positions[row][mask].tolist() == alone.memory.positions[0].tolist()
        keys = batch.memory.cache.pairs()[2][0][row][:, mask]
        torch.testing.assert_close(keys, alone.memory.cache.pairs()[2][0][0], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_second_block_with_padding_equals_one_by_one(kind: str) -> None:
    """Padding inside the second block must not be seen, nor shift positions or windows."""
    host = tiny(kind)
    first, second = prompts_of([8, 15]), prompts_of([11, 4], seed=1)
    memory = LatentMemory(host, 2)
    generate_text(host, first, memory, Decoding(max_tokens=3))
    batch = generate_text(host, second, memory, GREEDY)
    for row in (0, 1):
        alone = LatentMemory(host)
        generate_text(host, [first[row]], alone, Decoding(max_tokens=3))
        assert generate_text(host, [second[row]], alone, GREEDY).ids[0] == batch.ids[row]


def test_logprob_and_entropy_are_those_of_the_model() -> None:
    host = tiny("qwen3")
    prompt = prompts_of([12])[0]
    out = generate_text(host, [prompt], decodings=Decoding(max_tokens=4))
    ids = torch.tensor([prompt + out.ids[0]])
    logp = torch.log_softmax(host.model(ids).logits[0].double(), -1)
    for i, token in enumerate(out.ids[0]):
        row = logp[len(prompt) - 1 + i]
        assert out.logprobs[0][i] == pytest.approx(float(row[token]), abs=1e-4)
        assert out.entropies[0][i] == pytest.approx(float(-(row.exp() * row).sum()), abs=1e-4)


def test_sampled_rows_depend_on_their_own_seed_only() -> None:
    host = tiny("llama")
    prompts = prompts_of([6, 10, 7])
    settings = [Decoding(max_tokens=9, temperature=1.0, top_p=0.9, seed=s) for s in (1, 2, 3)]
    batch = generate_text(host, prompts, decodings=settings)
    for row in range(3):
        assert generate_text(host, [prompts[row]], decodings=settings[row]).ids[0] == batch.ids[row]
    other = generate_text(host, [prompts[0]], decodings=settings[0].model_copy(update={"seed": 77}))
    assert other.ids[0] != batch.ids[0]


def test_draw_follows_the_distribution_and_top_p() -> None:
    logits = torch.log(torch.tensor([0.1, 0.6, 0.3]))
    grid = [(i + 0.5) / 1000 for i in range(1000)]
    counts = [sum(int(draw(logits, 1.0, 1.0, u)) == k for u in grid) for k in range(3)]
    assert counts == [100, 600, 300]
    kept = {int(draw(logits, 1.0, 0.7, u)) for u in grid}
    assert kept == {1, 2}
    assert {int(draw(logits, 1.0, 0.6, u)) for u in grid} == {1}


def test_stream_tells_the_same_as_generate() -> None:
    host = tiny("qwen3")
    prompts = prompts_of([4, 9])
    whole = generate_text(host, prompts, decodings=Decoding(max_tokens=6))
    outs = list(stream_text(host, prompts, decodings=Decoding(max_tokens=6), agents=["a", "b"]))
    assert [o.row for o in outs[:2]] == [0, 1] and all(isinstance(o, PromptOut) for o in outs[:2])
    steps = [o for o in outs if isinstance(o, TextStep)]
    for row in (0, 1):
        mine = [s for s in steps if s.row == row]
        assert [s.token_id for s in mine] == whole.ids[row]
        assert [s.done for s in mine[:-1]] == [None] * (len(mine) - 1) and mine[-1].done
        assert mine[0].kv_len == len(prompts[row])


def test_end_token_ends_a_row() -> None:
    host = tiny("qwen3")
    prompt = prompts_of([7])[0]
    free = generate_text(host, [prompt], decodings=Decoding(max_tokens=8)).ids[0]
    saved = host.eos_ids
    try:
        host.eos_ids = frozenset([free[3]])
        cut = generate_text(host, [prompt], decodings=Decoding(max_tokens=8))
        assert cut.ids[0] == free[: free.index(free[3]) + 1] and cut.done == ["end"]
    finally:
        host.eos_ids = saved


def test_stop_string_cuts_the_text() -> None:
    host = tiny("qwen3")
    prompt = prompts_of([7])[0]
    free = generate_text(host, [prompt], decodings=Decoding(max_tokens=8))
    stop = host.token_text(free.ids[0][2])
    cut = generate_text(host, [prompt], decodings=Decoding(max_tokens=8, stop=(stop,)))
    assert cut.done == ["stop"] and cut.texts[0] == free.texts[0].split(stop)[0]


def test_sentences_for_bad_input() -> None:
    host = tiny("gpt2")
    with pytest.raises(BadInput, match="prompt is empty"):
        generate_text(host, [[]])
    with pytest.raises(BadInput, match="at most 256"):
        generate_text(host, [[5] * 257])
    with pytest.raises(BadInput, match="not in the vocabulary"):
        generate_text(host, [[5, 97]])
    with pytest.raises(BadInput, match="no prompt"):
        generate_text(host, [])
    full = generate_text(host, [[5] * 250], decodings=Decoding(max_tokens=20))
    assert full.done[0] in ("window", "end")


def test_a_model_without_template_stops_where_the_next_turn_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host, prompt = tiny("qwen3"), prompts_of([7])[0]
    texts = ["seven", "seven and", "seven and\nUser", "seven and\nUser:"]
    monkeypatch.setattr(Host, "text", lambda self, ids: texts[min(len(ids), 4) - 1])
    given = Decoding(max_tokens=8)
    monkeypatch.setattr(host, "tokenizer", "there is one")
    monkeypatch.setattr(host, "template", "own")
    own = generate_text(host, [prompt], decodings=given)
    assert own.done == ["length"] and own.texts == [texts[-1]]
    monkeypatch.setattr(host, "template", "default")
    bare = generate_text(host, [prompt], decodings=given)
    assert bare.done == ["stop"] and len(bare.ids[0]) == 4 and bare.texts == ["seven and"]
    monkeypatch.setattr(Host, "text", lambda self, ids: "<think>hm</think> seven")
    assert generate_text(host, [prompt], decodings=given).texts == ["seven"]
