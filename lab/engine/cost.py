"""What a forward pass costs on paper: floating-point operations and KV bytes from the model's
shape.

Convention of Kaplan et al. 2020 (arXiv 2001.08361, section 2.1): a multiply-add is two operations;
weights 2·N per position, attention 4·L·H·d·context per position, head 2·V·D per position that wants
a word.
"""

from __future__ import annotations

from lab.models.host import Host


def block_params(host: Host) -> int:
    """Weights that every position passes through: all but embeddings and head."""
    embeddings = host.input_weight.numel()
    head = 0 if host.tied else host.output_weight.numel()
    learned = host.backbone.wpe.weight.numel() if host.positions == "learned" else 0
    return int(host.n_params - embeddings - head - learned)


def flops(host: Host, positions: int, context: int, words: int) -> float:
    """Operations of a forward pass.

    Args:
        positions: new positions (prompt tokens, written tokens or latent steps: each is a pass).
        context: slots already in the cache before the first of them.
        words: positions at which the head runs.
    """
    seen = positions * context + positions * (positions + 1) / 2
    attention = 4.0 * host.n_layers * host.n_heads * host.head_dim * seen
    return (
        2.0 * block_params(host) * positions
        + attention
        + 2.0 * host.vocab_size * host.d_model * words
    )


def kv_bytes(host: Host, slots: int) -> int:
    """Bytes of keys and values of so many slots.

    Args:
        slots: positions in the cache, over all rows.
    """
    return 2 * host.n_layers * host.n_kv_heads * host.head_dim * host.dtype.itemsize * slots
