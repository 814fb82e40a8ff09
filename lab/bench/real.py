"""A real model (SmolLM2-135M) on this machine against transformers' ``generate`` in float32, one
process: decoding with capture, batches, latent steps, what reading once saves, and the floor that
reading the weights sets.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import torch

from lab.bench.llama_cpp import PACKAGE, llama_cpp
from lab.bench.result import Measurement, at_least, at_most, median_seconds
from lab.engine.capture import Capture, Recording
from lab.engine.decode import generate_text
from lab.engine.rollout import generate_latent
from lab.experiments.failure import relay
from lab.experiments.harness import registry
from lab.experiments.harness.batch import Batch
from lab.experiments.harness.evaluate import Evaluator
from lab.models import loader
from lab.models.host import Host
from lab.models.pool import HostPool
from lab.models.spec import ModelSpec
from lab.plan import Decoding

MODEL = "smollm2-135m"
PROMPT, WORDS, BATCH, ROUNDS = 48, 32, 16, 3
PROBLEMS = 12
"""Relays that are handed over under all conditions."""


def measure() -> Iterator[Measurement]:
    """Decode a fixed number of words; end tokens are switched off for all alike."""
    pool = HostPool()
    host = pool.get(MODEL)
    full = loader.load(ModelSpec(MODEL, dtype="float32"), pool.get)
    known = [(one, one.eos_ids) for one in (host, full)]
    for one, _ in known:
        one.eos_ids = frozenset()
        one.model.generation_config.eos_token_id = None
    yield from _decoding(host, full)
    for one, ends in known:
        one.eos_ids = ends
    yield from _reading(pool, host, full)


def _decoding(host: Host, full: Host) -> Iterator[Measurement]:
    prompt = [(7 * i + 3) % host.vocab_size for i in range(PROMPT)]
    decoding = Decoding(max_tokens=WORDS)

    def decode(rows: int) -> None:
        recording = Recording(Capture())
        generate_text(
            host, [prompt] * rows, decodings=decoding, recording=recording, keep_memory=True
        )

    with llama_cpp(MODEL, torch.get_num_threads()) as other:
        plain, captured, bare, latent, batched, *beside = median_seconds(
            lambda: by_transformers(full, prompt, WORDS),
            lambda: decode(1),
            lambda: generate_text(host, [prompt], decodings=decoding, keep_memory=True),
            lambda: generate_latent(host, [prompt], WORDS),
            lambda: decode(BATCH),
            *([lambda: other.decode(prompt, WORDS)] if other else []),
            rounds=ROUNDS,
            clock=_clock(),
        )
    what = f"{PROMPT} + {WORDS} tokens, {torch.get_num_threads()} threads, median of {ROUNDS}"
    what += "; CPU seconds, other programs keep the machine busy" if _busy() else ""
    chosen = f"{str(host.dtype).removeprefix('torch.')}: {host.why['dtype']}"
    yield Measurement("transformers generate(), float32", WORDS / plain, "tokens/s", note=what)
    yield Measurement("lab, all layers captured", WORDS / captured, "tokens/s", note=chosen)
    yield at_least("lab with capture against generate() without", plain / captured, 1.5, "×")
    yield Measurement("what capture costs at batch 1", 100 * (captured / bare - 1), "%")
    yield at_least(f"batch {BATCH} per problem against batch 1", captured * BATCH / batched, 8, "×")
    yield at_most("a latent step against a decoded token", latent / captured, 0.8, "×")
    speed = _bandwidth()
    floor = host.n_bytes / speed
    yield Measurement(
        "floor: reading the weights once per token",
        1 / floor,
        "tokens/s",
        note=f"{host.n_bytes / 1e6:.0f} MB at {speed / 1e9:.1f} GB/s, measured",
    )
    note = "" if beside else f"llama.cpp stands in this table after pip install {PACKAGE}"
    yield Measurement("lab's token against that floor", captured / WORDS / floor, "×", note=note)
    for seconds in beside:
        note = "the same file, as it is packed, with the same threads; nothing captured"
        yield Measurement("llama.cpp", WORDS / seconds, "tokens/s", note=note)
        yield Measurement("lab's token against llama.cpp's", captured / seconds, "×")


def _reading(pool: HostPool, host: Host, full: Host) -> Iterator[Measurement]:
    """The relay with all conditions: shared on the host, and every condition for itself in
    float32."""
    settings = registry.load_settings(registry.find("relay"), preset="relay-real")
    assert isinstance(settings, relay.Settings)
    settings = settings.model_copy(update={"n": PROBLEMS})
    runner = relay.evaluator(settings, pool.get)

    clock = _clock()

    def cost(one: Host, work: Batch | None) -> tuple[int, float]:
        before, began = one.positions_run, clock()
        for condition in settings.resolved():
            runner.deliver(condition, one, one, work or _batch(runner, settings))
        return one.positions_run - before, clock() - began

    (shared, seconds), (apart, alone) = cost(host, _batch(runner, settings)), cost(full, None)
    note = f"{PROBLEMS} problems, {len(settings.conditions)} conditions, {shared:,} positions"
    yield Measurement("relay: positions when all is read once", shared / apart, "×", note=note)
    yield at_least("relay, against every condition for itself in float32", alone / seconds, 3, "×")


def _batch(runner: Evaluator, settings: relay.Settings) -> Batch:
    return Batch(
        list(runner.relays), runner.prompts, settings.steps, settings.steps, settings.seed, False
    )


def by_transformers(host: Host, prompt: list[int], tokens: int) -> None:
    """Greedy text by `generate()` of transformers, without the lab.

    Args:
        prompt: token ids.
        tokens: to write at most.
    """
    ids = torch.tensor([prompt], device=host.device)
    host.model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        do_sample=False,
        max_new_tokens=tokens,
        pad_token_id=0,
    )


def _busy() -> bool:
    """Whether wall time would mostly say what other programs do."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > 1.5 * (os.cpu_count() or 1)


def _clock() -> Callable[[], float]:
    return time.process_time if _busy() else time.perf_counter


def _bandwidth() -> float:
    """Bytes per second at which this process reads memory that no cache holds."""
    numbers = torch.ones(64_000_000)
    (seconds,) = median_seconds(numbers.sum, rounds=7, clock=_clock())
    return numbers.numel() * numbers.element_size() / seconds
