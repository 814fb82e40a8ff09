"""Looking further into a record with its model at hand: recomputed lenses, questions to a latent,
attention.

Everything here runs where the models are (`Service.submit_work`) and never changes the record. The
model must be the one that was recorded: digests are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from lab.engine.readout import nearest_words, read_lens
from lab.errors import ModelUnavailable
from lab.events import Segment
from lab.methods.replay import When, ask_latent, reader_attention
from lab.models.host import Host
from lab.panels.states.lens import LensGrid, LensReading, ModelLens, lens_grid, word_to_id
from lab.panels.states.lens_values import MOST_COLUMNS, host_of_agent
from lab.plan import Decoding
from lab.records import Record
from lab.words import say

if TYPE_CHECKING:
    from lab.models.pool import HostPool


class HostDecoder:
    """The logit lens of a loaded host, as `lab.panels.states.lens.Decoder`."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.name = f"logit lens, {host.name}"
        self.digest = host.digest

    def decode(
        self, states: np.ndarray, layers: Sequence[int], top_k: int, watch: Sequence[int]
    ) -> LensReading:
        """Read (L, n, D) states; the final norm is applied once, never to the last layer."""
        out = read_lens(
            self.host, torch.from_numpy(np.ascontiguousarray(states)), layers, top_k, watch
        )
        kl = (
            out.kl_to_last.numpy()
            if out.kl_to_last is not None
            else np.full(states.shape[:2], np.nan)
        )
        return LensReading(
            out.top_ids.numpy(),
            out.top_logp.numpy(),
            out.entropy.numpy(),
            out.watch_logp.numpy(),
            out.watch_rank.numpy() + 1,
            kl,
        )

    def token_ids(self, word: str) -> list[int]:
        """The word as it stands within a text, after a space."""
        if self.host.tokenizer is None:
            return []
        return list(self.host.tokenizer.encode(f" {word}", add_special_tokens=False))

    def token_text(self, token_id: int) -> str:
        """The host's own display of a token."""
        return self.host.token_text(token_id)

    def nearest_embeddings(self, vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Among the whole vocabulary."""
        ids, cosines = nearest_words(self.host, torch.from_numpy(np.ascontiguousarray(vectors)), k)
        return ids.numpy(), cosines.numpy()


def decoder(record: Record, name: str, pool: HostPool) -> HostDecoder:
    """The decoder of a recorded host.

    Raises:
        ModelUnavailable: if the model is not here, or is another one than the record's.
    """
    host = pool.get(name)
    recorded = record.host(name).get("digest")
    if host.digest != recorded:
        raise ModelUnavailable(
            say(
                "error.look.not_model_record_digest",
                name=name,
                recorded=str(recorded)[:12],
                digest=host.digest[:12],
            )
        )
    return HostDecoder(host)


def ask(
    record: Record,
    lane: str,
    agent: str,
    pool: HostPool,
    when: When,
    step: int | None,
    question: str = "",
    max_tokens: int = 40,
) -> dict[str, Any]:
    """Fork the memory at a moment of the run and let the same model speak from there.

    Returns:
        ``text``, ``tokens`` (text, probability), ``slots`` (length of the memory it spoke from),
        ``agrees`` (the lane, run again, said what the record says), ``older_cut`` (the record is
        from before the cut of ``compat`` changed).
    """
    result, there = ask_latent(
        record, lane, agent, pool.get, when, step, question, Decoding(max_tokens=max_tokens)
    )
    tokens = [
        (there.host.token_text(i), float(np.exp(p)))
        for i, p in zip(result.ids[0], result.logprobs[0], strict=True)
    ]
    before = sum(s.length for s in there.memory.strip() if s.kept and s.agent != "asked")
    return {
        "text": result.texts[0],
        "tokens": tokens,
        "slots": before,
        "agrees": there.agrees,
        "older_cut": there.older_cut,
    }


def attention(
    record: Record, lane: str, agent: str, pool: HostPool
) -> tuple[np.ndarray, tuple[Segment, ...]]:
    """Attention of a reader's last prompt token, (layers, heads, slots), and who wrote the
    slots."""
    mass = reader_attention(record, lane, agent, pool.get)
    return mass.weights[:, :, -1, :], mass.segments


def model_grid(
    record: Record, lane: str, agent: str, kinds: tuple[str, ...], word: str, pool: HostPool
) -> LensGrid:
    """The grid of the lens recomputed by the record's model."""
    host = host_of_agent(record, lane, agent)
    made = decoder(record, host, pool)
    token_id = word_to_id(record, host, word, made)[0] if (word or "").strip() else None
    steps = (1, MOST_COLUMNS)
    return lens_grid(
        record, lane, agent, kinds=kinds, steps=steps, lens=ModelLens(made), token_id=token_id
    )
