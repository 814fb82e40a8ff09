"""From a hidden state to the next input embedding: identity, ridge ``W_a``, the softmax-weighted
embedding, or the known map of a gauge twin.

All are rescaled to the mean norm of the input embeddings, as the method feeds them (LatentMAS,
arXiv 2511.20639, eq. 3 and appendix); ``rescale=False`` is the wrong variant, for the failure lab.
`to_embedding` is the one place where this is computed, for inference and for training.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from lab.engine.readout import normed
from lab.errors import BadInput
from lab.models.host import Host
from lab.words import say

RIDGE_LAMBDA = 1e-5
"""Weight of the identity in the ridge map."""
METHODS = ("auto", "identity", "ridge", "softmax", "gauge")


@runtime_checkable
class EmbeddingSpace(Protocol):
    """What alignment needs to know of a model; a `Host` is one."""

    @property
    def embedding_matrix(self) -> Float[Tensor, "vocab dim"]:
        """(V, D) input embeddings as the first block receives them."""

    @property
    def embed_norm(self) -> float:
        """Mean L2 norm of the rows of `embedding_matrix`."""

    def logits(self, hidden: Float[Tensor, "*where dim"]) -> Float[Tensor, "*where vocab"]:
        """Logits (…, V) of states (…, D) after the final norm."""


def to_embedding(
    hidden: Float[Tensor, "*where dim"],
    space: EmbeddingSpace,
    method: str,
    *,
    linear: Float[Tensor, "dim dim"] | None = None,
    rescale: bool = True,
) -> Float[Tensor, "*where dim"]:
    """Hidden states (…, D) as input embeddings (…, D), float32.

    Args:
        hidden: states; for ``softmax`` after the final norm.
        space: the model that will read the embeddings.
        method: ``identity`` | ``ridge`` or ``gauge`` (both: times ``linear``) | ``softmax``.
        linear: (D, D) float32 map of the linear methods.
        rescale: bring every vector to the mean norm of the input embeddings.

    Raises:
        BadInput: for an unknown method, or a linear one without its map.
    """
    if method == "softmax":
        e = torch.softmax(space.logits(hidden).float(), dim=-1) @ space.embedding_matrix.float()
    elif method == "identity":
        e = hidden.float()
    elif method in ("ridge", "gauge") and linear is not None:
        e = hidden.float() @ linear
    else:
        raise BadInput(
            say("error.align.alignment_choose_them", method=method, names=", ".join(METHODS))
        )
    if not rescale:
        return e
    rescaled: Tensor = e * (space.embed_norm / e.norm(dim=-1, keepdim=True).clamp_min(1e-12))
    return rescaled


def own_alignment(host: Host) -> str:
    """The alignment that suits a model: ridge, as the method says, which is the identity where
    embeddings are tied.

    A gauge twin is untied only by the folding of its final gain: ``gauge`` feeds what the original
    would have fed, where ridge would apply the gain a second time.
    """
    if host.twin is not None and host.twin.gauge_map is not None:
        return "gauge"
    return "identity" if host.tied else "ridge"


@torch.no_grad()
def align_latent_to_embed(
    h: Float[Tensor, "*where dim"],
    host: Host,
    method: str = "identity",
    *,
    layer: int = -1,
    rescale: bool = True,
) -> Float[Tensor, "*where dim"]:
    """Hidden states (…, D) as input embeddings (…, D) in the host's dtype.

    Args:
        h: ``hidden_states[layer]``; the last layer is after the final norm.
        host: the model that will read the embeddings.
        method: ``identity`` | ``ridge`` | ``softmax`` (mean of the input embeddings under the
            head's distribution) | ``gauge`` (identity of the original, for a gauge twin) | ``auto``
            (`own_alignment`).
        layer: where ``h`` was read; the softmax needs it to apply the final norm exactly once.
        rescale: bring every vector to ``host.embed_norm``.

    Raises:
        BadInput: for an unknown method, or ``gauge`` for a host that is no gauge twin.
    """
    if method == "auto":
        method = own_alignment(host)
    linear = None
    if method == "ridge":
        linear = ridge_map(host)
    elif method == "gauge":
        linear = _gauge_map(host)
    elif method == "softmax":
        h = normed(host, h, layer)
    return to_embedding(h, host, method, linear=linear, rescale=rescale).to(host.dtype)


Feeding = Callable[[Host, Tensor, int], Tensor]
"""What a latent rollout feeds: (host, states (B, D) of a layer, the layer) → input embeddings
(B, D)."""


@dataclass(frozen=True)
class Aligned:
    """The feeding of the method: `align_latent_to_embed`.

    Raises:
        BadInput: for an unknown method.
    """

    method: str = "auto"
    rescale: bool = True

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise BadInput(
                say(
                    "error.align.alignment_choose_them",
                    method=self.method,
                    names=", ".join(METHODS),
                )
            )

    def __call__(
        self, host: Host, hidden: Float[Tensor, "batch dim"], layer: int
    ) -> Float[Tensor, "batch dim"]:
        return align_latent_to_embed(hidden, host, self.method, layer=layer, rescale=self.rescale)


def ridge_map(host: Host, lam: float = RIDGE_LAMBDA) -> Float[Tensor, "dim dim"]:
    """``W_a = (W_outᵀ W_out + λ I)⁻¹ W_outᵀ W_in``, (D, D) float32; kept with the host once solved.

    The least-squares map from output to input embeddings. With tied embeddings it is the identity
    up to λ.

    Args:
        lam: weight λ of the identity, against a singular matrix.
    """
    return host.once(
        ("ridge", lam), lambda: solve_ridge(host.output_weight, host.embedding_matrix, lam)
    )


@torch.no_grad()
def solve_ridge(
    w_out: Float[Tensor, "vocab dim"], w_in: Float[Tensor, "vocab dim"], lam: float = RIDGE_LAMBDA
) -> Float[Tensor, "dim dim"]:
    """`ridge_map` of given output and input embeddings, both (V, D); solved in float64.

    Args:
        w_out: (V, D) output embeddings.
        w_in: (V, D) input embeddings.
        lam: weight λ of the identity.
    """
    device = w_out.device if w_out.device.type != "mps" else torch.device("cpu")
    out, into = w_out.to(device), w_in.to(device)
    gram = torch.zeros(out.shape[1], out.shape[1], dtype=torch.float64, device=device)
    cross = torch.zeros(out.shape[1], into.shape[1], dtype=torch.float64, device=device)
    for start in range(0, out.shape[0], 16384):
        rows = out[start : start + 16384].double()
        gram += rows.T @ rows
        cross += rows.T @ into[start : start + 16384].double()
    gram += lam * torch.eye(gram.shape[0], dtype=gram.dtype, device=device)
    solution: Tensor = torch.linalg.solve(gram, cross)
    return solution.float().to(w_out.device)


def _gauge_map(host: Host) -> Tensor:
    known = None if host.twin is None else host.twin.gauge_map
    if known is None:
        raise BadInput(say("error.align.no_gauge_twin_model", name=host.name))
    return known
