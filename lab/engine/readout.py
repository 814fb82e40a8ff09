"""What the head would say at any layer: the logit lens, in chunks, with the final norm applied
exactly once.

It never keeps the whole vocabulary of more than a chunk of rows; top-k, entropy, watched words and
the distance to the last layer are what remains. Source: nostalgebraist 2020, “interpreting GPT: the
logit lens”.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from lab.errors import BadInput
from lab.models.host import Host
from lab.records.block import CapturedBlock, Lens
from lab.records.tensors import Raw
from lab.words import say

CHUNK_ROWS = 1024
CHUNK_BYTES = 192 * 2**20
"""Most bytes of float32 logits at one time."""


@dataclass(frozen=True)
class LensOut:
    """The lens over layers × positions."""

    layers: tuple[int, ...]
    top_ids: Int[Tensor, "layers n k"]
    """(layers, n, k) int64, most probable first."""
    top_logp: Float[Tensor, "layers n k"]
    """(layers, n, k) nats."""
    entropy: Float[Tensor, "layers n"]
    """(layers, n) nats."""
    watch_logp: Float[Tensor, "layers n watched"]
    """(layers, n, w) nats, of the watched words."""
    watch_rank: Int[Tensor, "layers n watched"]
    """(layers, n, w) rank of the watched words, 0 is the top word."""
    kl_to_last: Float[Tensor, "layers n"] | None
    """(layers, n) nats, KL(layer ‖ last layer); None if the last layer is not among them."""


def resolve_layer(host: Host, layer: int) -> int:
    """A layer number from 0 (embedding) to n_layers; negative numbers count from the end.

    Args:
        layer: -(n_layers + 1) to n_layers.

    Raises:
        BadInput: if there is no such layer.
    """
    number = layer if layer >= 0 else host.n_layers + 1 + layer
    if not 0 <= number <= host.n_layers:
        raise BadInput(
            say(
                "error.readout.layer_embedding_last_layer",
                layer=layer,
                value=-host.n_layers - 1,
                n_layers=host.n_layers,
                name=host.name,
            )
        )
    return number


@torch.no_grad()
def normed(
    host: Host, hidden: Float[Tensor, "*where dim"], layer: int
) -> Float[Tensor, "*where dim"]:
    """Hidden states of a layer as the head wants them: the last layer as it is, every other through
    the final norm.

    Args:
        hidden: (…, D) as ``hidden_states[layer]`` gives them.
        layer: where they were read.
    """
    return hidden if resolve_layer(host, layer) == host.n_layers else host.final_norm(hidden)


@torch.no_grad()
def logprobs_at(
    host: Host, hidden: Float[Tensor, "*where dim"], layer: int = -1
) -> Float[Tensor, "*where vocab"]:
    """Log-probabilities (…, V), float32 nats, of hidden states (…, D) of one layer. For few rows
    only.

    Args:
        hidden: (…, D) as ``hidden_states[layer]`` gives them.
        layer: where they were read.
    """
    return torch.log_softmax(
        host.logits(normed(host, hidden.to(host.dtype), layer)).float(), dim=-1
    )


@torch.no_grad()
def read_lens(
    host: Host,
    hidden: Float[Tensor, "layers n dim"],
    layers: Sequence[int] | None = None,
    top_k: int = 10,
    watch: Sequence[int] = (),
) -> LensOut:
    """Decode hidden states of several layers at the same n positions.

    Args:
        hidden: (layers, n, D) as ``hidden_states`` gives them.
        layers: number of each slice; None means all, 0 … n_layers.
        top_k: most probable tokens kept of each distribution.
        watch: token ids whose log-probability and rank are wanted everywhere.

    Raises:
        BadInput: if layers and slices do not match.
    """
    numbers = (
        tuple(range(host.n_layers + 1))
        if layers is None
        else tuple(resolve_layer(host, x) for x in layers)
    )
    if len(numbers) != hidden.shape[0]:
        raise BadInput(
            say("error.readout.lens_layers_states_give", n=len(numbers), shape=hidden.shape[0])
        )
    per_row = host.vocab_size * 4
    at_once = max(1, min(CHUNK_ROWS, CHUNK_BYTES // per_row) // max(1, len(numbers)))
    watched = torch.tensor(list(watch), dtype=torch.long, device=host.device)
    pieces = [
        _lens_chunk(
            host, hidden[:, start : start + at_once], numbers, min(top_k, host.vocab_size), watched
        )
        for start in range(0, hidden.shape[1], at_once)
    ]
    if not pieces:
        raise BadInput(say("error.readout.lens_least_position_none"))
    has_last = host.n_layers in numbers
    top_ids, top_logp, entropy, watch_logp, watch_rank, *kl = [
        torch.cat([piece[i] for piece in pieces], dim=1) for i in range(6 if has_last else 5)
    ]
    return LensOut(
        numbers, top_ids, top_logp, entropy, watch_logp, watch_rank, kl[0] if kl else None
    )


def _lens_chunk(
    host: Host,
    hidden: Float[Tensor, "layers n dim"],
    layers: tuple[int, ...],
    top_k: int,
    watched: Int[Tensor, " watched"],
) -> list[Tensor]:
    states = torch.stack(
        [
            normed(host, h.to(host.device, host.dtype), layer)
            for h, layer in zip(hidden, layers, strict=True)
        ]
    )
    logp = host.logits(states).float()  # (layers, n, V)
    logp -= logp.logsumexp(-1, keepdim=True)
    top = logp.topk(top_k, dim=-1)
    entropy = torch.stack([-(row.exp() * row).nan_to_num(0.0).sum(-1) for row in logp])
    watch_logp = logp[..., watched]
    rank = [
        torch.stack([(row > w[:, None]).sum(-1) for w in ws.T], -1)
        if watched.numel()
        else ws.long()
        for row, ws in zip(logp, watch_logp, strict=True)
    ]
    out = [top.indices, top.values, entropy, watch_logp, torch.stack(rank)]
    if host.n_layers in layers:
        last = logp[layers.index(host.n_layers)]
        out.append(
            torch.stack([(row.exp() * (row - last)).nan_to_num(0.0).sum(-1) for row in logp])
        )
    return [t.cpu() for t in out]


def states_of(block: CapturedBlock) -> Float[Tensor, "layers n dim"]:
    """The block's vectors as a float32 tensor (layers, n, D)."""
    data = (
        block.hidden.float32()
        if isinstance(block.hidden, Raw)
        else np.asarray(block.hidden, np.float32)
    )
    return torch.from_numpy(np.ascontiguousarray(data))


def with_lens(host: Host, block: CapturedBlock, top_k: int = 10) -> CapturedBlock:
    """The block with its stored lens: top-k words and entropy of every vector, and the texts of
    those words.

    Args:
        block: captured vectors of this host.
        top_k: most probable tokens kept of each distribution.
    """
    if block.lens is not None or block.n == 0:
        return block
    out = read_lens(host, states_of(block), block.layers, top_k)
    lens = Lens(
        out.top_ids.numpy().astype(np.int32),
        out.top_logp.numpy().astype(np.float16),
        out.entropy.numpy().astype(np.float16),
    )
    vocab = {int(i): host.token_text(int(i)) for i in np.unique(lens.top_ids)}
    return replace(block, lens=lens, vocab=vocab)


@torch.no_grad()
def nearest_words(
    host: Host, vectors: Float[Tensor, "n dim"], k: int = 5
) -> tuple[Int[Tensor, "n k"], Float[Tensor, "n k"]]:
    """The k input embeddings with the highest cosine to each vector (n, D): ids (n, k) and cosines
    (n, k).

    Args:
        vectors: (n, D) in the space of the input embeddings.
        k: neighbours of each.
    """
    matrix = torch.nn.functional.normalize(host.embedding_matrix.float(), dim=-1)
    found = [
        (torch.nn.functional.normalize(v.to(host.device).float(), dim=-1) @ matrix.T).topk(k, -1)
        for v in torch.split(vectors, CHUNK_ROWS)
    ]
    return torch.cat([f.indices for f in found]).cpu(), torch.cat([f.values for f in found]).cpu()
