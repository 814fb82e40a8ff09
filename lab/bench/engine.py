"""The engine against transformers' ``generate``, one host, one process: decoding, capture, latents,
batches.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from lab.bench.result import Measurement, at_least, at_most, median_seconds
from lab.engine.capture import Capture, Recording
from lab.engine.decode import generate_text
from lab.engine.readout import with_lens
from lab.engine.rollout import generate_latent
from lab.models.host import Host
from lab.models.pool import HostPool
from lab.plan import Decoding

PROMPT, WORDS, BATCH, ROUNDS = 48, 64, 64, 7


def measure() -> Iterator[Measurement]:
    """Decode a fixed number of words; end tokens are switched off for all alike, so that lengths
    are equal."""
    host = HostPool().get("pocket-base")
    host.eos_ids = frozenset()
    host.model.generation_config.eos_token_id = None
    prompt = [(7 * i + 3) % host.vocab_size for i in range(PROMPT)]
    decoding, steps = Decoding(max_tokens=WORDS), WORDS
    plain, captured, bare, latent = median_seconds(
        lambda: by_transformers(host, prompt),
        lambda: generate_text(
            host, [prompt], decodings=decoding, recording=Recording(Capture()), keep_memory=True
        ),
        lambda: generate_text(host, [prompt], decodings=decoding, keep_memory=True),
        lambda: generate_latent(host, [prompt], steps),
        rounds=ROUNDS,
    )
    what = f"{host.name} on {host.device}, {PROMPT} + {WORDS} tokens, median of {ROUNDS}"
    yield Measurement(
        "transformers generate(), batch 1, no capture", WORDS / plain, "tokens/s", note=what
    )
    yield Measurement("lab, batch 1, all layers captured", WORDS / captured, "tokens/s")
    yield at_least("lab with capture against generate() without", plain / captured, 1, "×")
    yield at_most("what capture costs at batch 1", 100 * (captured / bare - 1), 15, "%")
    yield at_most(
        "a latent step against a decoded token",
        latent / bare,
        1,
        "×",
        f"{steps} steps, read-out off",
    )
    (batched,) = median_seconds(
        lambda: generate_text(
            host, [prompt] * BATCH, decodings=decoding, recording=Recording(Capture())
        ),
        rounds=3,
    )
    yield Measurement(
        f"lab, batch {BATCH}, all layers captured", BATCH * WORDS / batched, "tokens/s"
    )
    yield at_least(f"batch {BATCH} per problem against generate()", plain * BATCH / batched, 5, "×")
    yield _lens(host, prompt)


def by_transformers(host: Host, prompt: list[int]) -> torch.Tensor:
    """The reference: greedy ``generate`` of as many words."""
    ids = torch.tensor([prompt], device=host.device)
    written: torch.Tensor = host.model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        do_sample=False,
        max_new_tokens=WORDS,
        pad_token_id=0,
    )
    return written


def _lens(host: Host, prompt: list[int]) -> Measurement:
    capture = Capture()
    generate_text(
        host, [prompt] * 8, decodings=Decoding(max_tokens=WORDS), recording=Recording(capture)
    )
    blocks = capture.drain()
    rows = sum(block.n * len(block.layers) for block in blocks)
    (seconds,) = median_seconds(lambda: [with_lens(host, block) for block in blocks], rounds=3)
    return Measurement(
        "stored lens of captured vectors", rows / seconds, "rows/s", note=f"{rows} rows"
    )
