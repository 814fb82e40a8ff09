"""Latent fluency: hidden states as inputs, trained by Jacobi unrolling.

A latent thought feeds the model its own last hidden state (after the final norm), rescaled to the
mean norm of the input embeddings. Unrolling it step by step in training would be slow; instead the
whole batch is run K times, each time with the states of the run before in the latent positions, so
that position t has seen min(t, K) real latent steps (Jacobi iteration of the fixed point that the
step-by-step rollout reaches). Knows nothing of texts.
"""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from lab.engine.align import solve_ridge, to_embedding
from lab.models.host import Model


class _Space:
    """A model in training as alignment sees it, with the weights of this moment."""

    def __init__(self, model: Model) -> None:
        self.embedding_matrix = model.get_input_embeddings().weight.detach().float()
        self._head = model.get_output_embeddings().weight.detach().float()

    @functools.cached_property
    def embed_norm(self) -> float:
        return float(self.embedding_matrix.norm(dim=-1).mean())

    def logits(self, hidden: Tensor) -> Tensor:
        logits: Tensor = hidden.float() @ self._head.T
        return logits

    @functools.cached_property
    def ridge(self) -> Tensor:
        return solve_ridge(self._head, self.embedding_matrix)


def align(model: Model, hidden: Tensor, kind: str = "identity") -> Tensor:
    """Last hidden states (…, D) as input embeddings (…, D), float32, all of mean embedding norm.

    Args:
        kind: ``identity``, ``ridge`` or ``softmax``; see `lab.engine.align.to_embedding`.
    """
    return _aligned(_Space(model), hidden, kind)


def _aligned(space: _Space, hidden: Tensor, kind: str) -> Tensor:
    linear = space.ridge if kind == "ridge" else None
    return to_embedding(hidden, space, kind, linear=linear)


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
    space = _Space(model)
    filled = embeds.detach().clone()
    for _ in range(passes):
        with autocast:
            hidden = model.model(inputs_embeds=filled, use_cache=False).last_hidden_state
        filled = embeds.detach().clone()
        filled[latent] = _aligned(space, hidden.flatten(0, 1)[origin], kind)
    return torch.where(latent[..., None], filled, embeds)
