"""From a hidden state to the next input embedding: identity, ridge ``W_a``, or the softmax-weighted
embedding.

All three are rescaled to the mean norm of the input embeddings, as the method feeds them
(LatentMAS, arXiv 2511.20639, eq. 3 and appendix); ``rescale=False`` is the wrong variant, for the
failure lab.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from lab.engine.readout import normed
from lab.errors import BadInput
from lab.models.host import Host

RIDGE_LAMBDA = 1e-5
METHODS = ("auto", "identity", "ridge", "softmax")


def own_alignment(host: Host) -> str:
    """The alignment that suits a model: ridge, as the method says, which is the identity where
    embeddings are tied.

    A model may name another one in its configuration (``own_alignment``), as the gauge twin does.
    """
    return getattr(host.config, "own_alignment", None) or ("identity" if host.tied else "ridge")


@torch.no_grad()
def align_latent_to_embed(
    h: Tensor, host: Host, method: str = "identity", *, layer: int = -1, rescale: bool = True
) -> Tensor:
    """Hidden states (…, D) as input embeddings (…, D) in the host's dtype.

    Args:
        h: ``hidden_states[layer]``; the last layer is after the final norm.
        method: ``identity`` | ``ridge`` | ``softmax`` (mean of the input embeddings under the
            head's distribution) | ``auto`` (`own_alignment`).
        layer: where ``h`` was read; the softmax needs it to apply the final norm exactly once.
        rescale: bring every vector to ``host.embed_norm``.

    Raises:
        BadInput: for an unknown method.
    """
    if method == "auto":
        method = own_alignment(host)
    if method == "identity":
        e = h.float()
    elif method == "ridge":
        e = h.float() @ ridge_map(host)
    elif method == "softmax":
        probs = torch.softmax(host.logits(normed(host, h, layer)).float(), dim=-1)
        e = probs @ host.embedding_matrix.float()
    else:
        raise BadInput(
            f"Alignment {method!r}: expected one of {', '.join(METHODS)}; choose one of them."
        )
    if rescale:
        e = e * (host.embed_norm / e.norm(dim=-1, keepdim=True).clamp_min(1e-12))
    return e.to(host.dtype)


@torch.no_grad()
def ridge_map(host: Host, lam: float = RIDGE_LAMBDA) -> Tensor:
    """``W_a = (W_outᵀ W_out + λ I)⁻¹ W_outᵀ W_in``, (D, D) float32; kept with the host once solved.

    The least-squares map from output to input embeddings. With tied embeddings it is the identity
    up to λ.
    """
    key = f"ridge:{lam:g}"
    if key not in host.memo:
        host.memo[key] = _solve_ridge(host.output_weight, host.embedding_matrix, lam)
    known: Tensor = host.memo[key]
    return known


def _solve_ridge(w_out: Tensor, w_in: Tensor, lam: float) -> Tensor:
    device: Any = w_out.device if w_out.device.type != "mps" else "cpu"
    out, into = w_out.to(device), w_in.to(device)
    gram = torch.zeros(out.shape[1], out.shape[1], dtype=torch.float64, device=device)
    cross = torch.zeros(out.shape[1], into.shape[1], dtype=torch.float64, device=device)
    for start in range(0, out.shape[0], 16384):
        rows = out[start : start + 16384].double()
        gram += rows.T @ rows
        cross += rows.T @ into[start : start + 16384].double()
    gram += lam * torch.eye(gram.shape[0], dtype=gram.dtype, device=device)
    return torch.linalg.solve(gram, cross).float().to(w_out.device)
