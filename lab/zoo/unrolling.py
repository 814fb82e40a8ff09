"""Latent fluency: hidden states as inputs, trained by Jacobi unrolling.

A latent thought feeds the model its own last hidden state (after the final norm), rescaled to the
mean norm of the input embeddings. Unrolling it step by step in training would be slow; instead the
whole batch is run K times, each time with the states of the run before in the latent positions, so
that position t has seen min(t, K) real latent steps (Jacobi iteration of the fixed point that the
step-by-step rollout reaches). Knows nothing of texts.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lab.models.host import Model

RIDGE = 1e-5
"""Weight of the identity in the ridge map, as in LatentMAS (arXiv 2511.20639)."""


def mean_embedding_norm(model: Model) -> Tensor:
    """Mean L2 norm of the input embedding rows, ()."""
    norm: Tensor = model.get_input_embeddings().weight.detach().float().norm(dim=-1).mean()
    return norm


def ridge_map(model: Model) -> Tensor:
    """``W_a = (W_outᵀ W_out + λ I)⁻¹ W_outᵀ W_in`` (D, D); the identity, nearly, when embeddings
    are tied."""
    w_in = model.get_input_embeddings().weight.detach().float()
    w_out = model.get_output_embeddings().weight.detach().float()
    gram = w_out.T @ w_out + RIDGE * torch.eye(w_out.shape[1], device=w_out.device)
    solution: Tensor = torch.linalg.solve(gram, w_out.T @ w_in)
    return solution


def align(
    model: Model, hidden: Tensor, kind: str = "identity", w_a: Tensor | None = None
) -> Tensor:
    """Turn last hidden states (…, D) into input embeddings (…, D), fp32, all of mean embedding
    norm.

    ``kind``: ``identity``; ``ridge`` (through ``w_a``, computed if None); ``softmax`` (embedding
    averaged over the head's probabilities).
    """
    vector = hidden.float()
    if kind == "ridge":
        vector = vector @ (ridge_map(model) if w_a is None else w_a)
    elif kind == "softmax":
        logits = vector @ model.get_output_embeddings().weight.detach().float().T
        vector = logits.softmax(dim=-1) @ model.get_input_embeddings().weight.detach().float()
    scaled: Tensor = (
        vector / vector.norm(dim=-1, keepdim=True).clamp_min(1e-6) * mean_embedding_norm(model)
    )
    return scaled


@torch.no_grad()
def unroll(
    model: Model,
    embeds: Tensor,
    latent: Tensor,
    source: Tensor,
    passes: int,
    kind: str,
    autocast: torch.autocast,
) -> Tensor:
    """Input embeddings (B, T, D) with the latent positions (B, T) filled by ``passes`` Jacobi runs.

    ``source`` (B, T) numbers, row by row, the position whose hidden state each latent position
    takes.
    """
    if passes == 0 or not latent.any():
        return embeds
    origin = source[latent]
    w_a = ridge_map(model) if kind == "ridge" else None
    filled = embeds.detach().clone()
    for _ in range(passes):
        with autocast:
            hidden = model.model(inputs_embeds=filled, use_cache=False).last_hidden_state
        filled = embeds.detach().clone()
        filled[latent] = align(model, hidden.flatten(0, 1)[origin], kind, w_a)
    return torch.where(latent[..., None], filled, embeds)
