"""Decoding and latent steps at the true shapes of Qwen3 models, with random weights made in place:
what the engine costs on this GPU against the plain loop, ``generate()`` and the bandwidth floor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DynamicCache, Qwen3Config, Qwen3ForCausalLM

from lab.bench.real import by_transformers
from lab.bench.result import Measurement, median_seconds
from lab.engine.capture import Capture, Recording
from lab.engine.decode import generate_text
from lab.engine.rollout import Thinking, generate_latent
from lab.errors import BadInput
from lab.models.host import Host, make_host
from lab.plan import Decoding
from lab.words import say

PROMPT, WORDS, BATCH, ROUNDS = 48, 64, 16, 5


@dataclass(frozen=True)
class Shape:
    """What a model of the Qwen3 kind is made of."""

    name: str
    layers: int
    width: int
    inner: int
    heads: int
    tied: bool
    vocabulary: int = 151_936
    kv_heads: int = 8
    head_dim: int = 128


SHAPES = (
    Shape("Qwen3-0.6B", 28, 1024, 3072, 16, True),
    Shape("Qwen3-4B", 36, 2560, 9728, 32, True),
    Shape("Qwen3-14B", 40, 5120, 17_408, 40, False),
)
TINY = (Shape("tiny", 3, 64, 96, 4, True, 300, 2, 16),)
"""The same code path in a second, also on a CPU."""


def measure(tiny: bool = False) -> Iterator[Measurement]:
    """Time each shape; end tokens do not exist, so all write as many words.

    Args:
        tiny: a small shape instead of the true ones, on whatever device there is.

    Raises:
        BadInput: without an NVIDIA GPU, unless ``tiny``.
    """
    there = torch.cuda.is_available()
    if not there and not tiny:
        raise BadInput(say("error.bench_gpu.needs_gpu"))
    device = torch.device("cuda" if there else "cpu")
    speed = bandwidth(device)
    where = torch.cuda.get_device_name(0) if there else "CPU"
    yield Measurement("memory read", speed / 1e9, "GB/s", note=f"{where}, measured")
    for shape in TINY if tiny else SHAPES:
        need = 2 * parameters(shape)
        if there and need > 0.85 * torch.cuda.mem_get_info()[0]:
            note = f"needs {need / 1e9:.0f} GB of free GPU memory"
            yield Measurement(f"{shape.name}: left out", 0, "tokens/s", note=note)
            continue
        host = random_host(shape, device)
        # on a CPU the piece that would be a CUDA graph runs as it is
        host.recorded_steps = "always"
        yield from _figures(shape, host, speed)
        del host
        if there:
            torch.cuda.empty_cache()


def parameters(shape: Shape) -> int:
    """Number of weights, tied ones once."""
    attention = shape.width * shape.head_dim * (2 * shape.heads + 2 * shape.kv_heads)
    block = attention + 3 * shape.width * shape.inner
    return shape.layers * block + shape.vocabulary * shape.width * (1 if shape.tied else 2)


@torch.no_grad()
def random_host(shape: Shape, device: torch.device) -> Host:
    """A model of this shape in bfloat16, made where it stays: nothing is read or copied.

    Args:
        device: where its weights are made.
    """
    config = Qwen3Config(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        intermediate_size=shape.inner,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        head_dim=shape.head_dim,
        tie_word_embeddings=shape.tied,
        max_position_embeddings=4096,
        eos_token_id=None,
        dtype="bfloat16",
    )
    with torch.device("meta"):
        model: Any = Qwen3ForCausalLM(config).to(torch.bfloat16)
    model = model.to_empty(device=device)
    rotary: Any = model.model.rotary_emb
    model.model.rotary_emb = type(rotary)(config).to(device)
    model.tie_weights()
    torch.manual_seed(0)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            parameter.normal_(0, 0.02)
        else:
            parameter.fill_(1.0)
    model.generation_config.eos_token_id = None
    host = make_host(f"random-{shape.name}", model)
    host.eos_ids = frozenset()
    return host


def _figures(shape: Shape, host: Host, speed: float) -> Iterator[Measurement]:
    prompt = [(7 * i + 3) % host.vocab_size for i in range(PROMPT)]
    decoding = Decoding(max_tokens=WORDS)

    def text(rows: int, capture: bool) -> None:
        recording = Recording(Capture()) if capture else None
        batch = [prompt] * rows
        generate_text(host, batch, decodings=decoding, recording=recording, keep_memory=True)
        _done(host)

    loop, official, bare, captured, latent, batched = median_seconds(
        lambda: _plain_loop(host, prompt),
        lambda: _by_generate(host, prompt),
        lambda: text(1, False),
        lambda: text(1, True),
        lambda: _latent(host, prompt),
        lambda: text(BATCH, False),
        rounds=ROUNDS,
    )
    name, floor = shape.name, host.n_bytes / speed
    size = f"{host.n_params / 1e9:.2g} B parameters, {host.n_bytes / 1e9:.3g} GB in bfloat16"
    yield Measurement(
        f"{name}: floor, weights read once per token", 1 / floor, "tokens/s", note=size
    )
    rates = (
        ("plain loop", loop),
        ("generate()", official),
        ("lab", bare),
        ("lab, all layers captured", captured),
        ("lab, latent steps", latent),
    )
    for what, seconds in rates:
        unit = "steps/s" if "latent" in what else "tokens/s"
        yield Measurement(f"{name}: {what}", WORDS / seconds, unit)
    yield Measurement(f"{name}: lab against generate()", official / bare, "×")
    yield Measurement(f"{name}: lab's token against the floor", bare / WORDS / floor, "×")
    yield Measurement(f"{name}: a latent step against a token", latent / bare, "×")
    yield Measurement(
        f"{name}: batch {BATCH} per problem against batch 1", bare * BATCH / batched, "×"
    )


def _latent(host: Host, prompt: list[int]) -> None:
    generate_latent(host, [prompt], Thinking(WORDS))
    _done(host)


@torch.no_grad()
def _plain_loop(host: Host, prompt: list[int]) -> None:
    """What one writes without the lab: the model, its own cache, argmax."""
    ids, cache = torch.tensor([prompt], device=host.device), DynamicCache(config=host.config)
    for _ in range(WORDS):
        out = host.model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        ids = out.logits[:, -1].argmax(-1, keepdim=True)
    _done(host)


def _by_generate(host: Host, prompt: list[int]) -> None:
    by_transformers(host, prompt, WORDS)
    _done(host)


def _done(host: Host) -> None:
    if host.device.type == "cuda":
        torch.cuda.synchronize()


def bandwidth(device: torch.device) -> float:
    """Bytes per second at which memory that no cache holds is read.

    Args:
        device: whose memory.
    """
    numbers = torch.ones(1_000_000_000 if device.type == "cuda" else 16_000_000, device=device)

    def read() -> None:
        numbers.sum()
        if device.type == "cuda":
            torch.cuda.synchronize()

    (seconds,) = median_seconds(read, rounds=7)
    return numbers.numel() * numbers.element_size() / seconds
