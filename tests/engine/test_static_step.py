"""A step recorded as one piece against the step that is told call by call; the same code runs as a
CUDA graph where there is a GPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch

from lab.engine import static_step
from lab.engine.align import Aligned
from lab.engine.capture import Capture, Recording
from lab.engine.decode import generate_text
from lab.engine.fast import fast_backbone
from lab.engine.memory import LatentMemory, merge_kv
from lab.engine.rollout import Thinking, generate_latent
from lab.engine.static_step import ROOM, StaticStep
from lab.models.host import Host
from lab.plan import Decoding
from tests.engine.test_families import loaded
from tests.engine.tiny_models import prompts_of, tiny

HOSTS = {"qwen3": lambda: tiny("qwen3", seed=7), "qwen2": lambda: loaded("qwen2")}
LONG = Decoding(max_tokens=30)


@contextmanager
def recorded(host: Host) -> Iterator[None]:
    host.recorded_steps = "always"
    try:
        yield
    finally:
        host.recorded_steps = "on a GPU"


@pytest.mark.parametrize("name", HOSTS)
def test_words_thoughts_and_captured_states_are_the_same(name: str) -> None:
    host = HOSTS[name]()

    def run():
        capture = Capture()
        thought = generate_latent(
            host, prompts_of([7, 12]), Thinking(6, -1, Aligned("identity")), want_states=True
        )
        text = generate_text(
            host, prompts_of([3, 9], 1), thought.memory, LONG, "b", Recording(capture)
        )
        blocks = {(b.kind, len(b.moments)): torch.tensor(b.hidden) for b in capture.drain()}
        keys = torch.stack([k for k, _ in text.memory.cache.pairs()])
        return thought.hidden, thought.states, text.ids, blocks, keys, text.memory.mask

    plain = run()
    with recorded(host):
        piece = run()
    for ours, theirs in zip(piece[:2], plain[:2], strict=True):
        torch.testing.assert_close(ours, theirs, atol=2e-4, rtol=2e-4)
    assert piece[2] == plain[2] and piece[3].keys() == plain[3].keys()
    for key, block in piece[3].items():
        torch.testing.assert_close(block, plain[3][key], atol=2e-4, rtol=2e-4)
    real = plain[5]
    seen = real[None, :, None, :, None].expand_as(plain[4])
    torch.testing.assert_close(piece[4][seen], plain[4][seen], atol=2e-4, rtol=2e-4)


def test_memories_that_take_turns_keep_their_own_slots() -> None:
    host = HOSTS["qwen3"]()
    first, second = prompts_of([6]), prompts_of([9], 3)

    def run():
        a = generate_latent(host, first, 2, agents="a").memory
        b = generate_latent(host, second, 2, agents="b").memory
        for _ in range(3):
            generate_latent(host, [[]], 1, memory=a, agents="a")
            fork = a.fork()
            generate_latent(host, [[]], 2, memory=b, agents="b")
            generate_latent(host, [[]], 1, memory=fork, agents="c")
        merged = merge_kv([a, b])
        return [torch.stack([k for k, _ in m.cache.pairs()]) for m in (a, b, fork, merged)]

    plain = run()
    with recorded(host):
        for ours, theirs in zip(run(), plain, strict=True):
            torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)


def test_a_memory_that_outgrows_the_room_moves_on(monkeypatch) -> None:
    monkeypatch.setattr(static_step, "ROOM", 16)
    host = tiny("qwen3", seed=8)
    plain = generate_text(host, prompts_of([5]), decodings=LONG).ids
    with recorded(host):
        assert generate_text(host, prompts_of([5]), decodings=LONG).ids == plain


def test_a_compiled_step_is_the_eager_one() -> None:
    host = tiny("qwen3", seed=7)
    fast = fast_backbone(host)
    assert fast is not None

    def steps(record):
        memory = LatentMemory(host, 2)
        ids = torch.tensor(prompts_of([8, 8]))
        memory.write("a", "prompt", host.embed(ids))
        step = StaticStep(fast, host, 2, ROOM, record)
        place = torch.tensor([[8], [8]])
        return step(host.embed(ids[:, :1]), None, place, memory.cache).clone()

    eager = steps(lambda body: body)
    compiled = steps(lambda body: torch.compile(body, backend="aot_eager", fullgraph=True))
    torch.testing.assert_close(compiled, eager, atol=1e-5, rtol=1e-5)
    assert float(eager[-1].abs().max()) > 0


def test_other_families_and_cpus_are_told_step_by_step() -> None:
    assert static_step.static_step(tiny("qwen3", seed=7), 1, 5) is None
    host = tiny("gemma3")
    with recorded(host):
        assert static_step.static_step(host, 1, 5) is None
