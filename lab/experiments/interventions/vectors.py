"""What may happen to thought vectors on their way from sender to receiver, and how they are put
into its context.

The receiver reads the frame of the sender's prompt without the facts, then the vectors in place of
the sender's words, then its own prompt: whatever it learns of the facts comes through the vectors.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from lab.engine.memory import LatentMemory
from lab.errors import BadInput, SpaceMismatch
from lab.experiments.transfer import conditions as c
from lab.experiments.transfer.sender import Thoughts, shift_direction, top_word_embedding
from lab.models.host import Host
from lab.words import say


def noise(vectors: Tensor, generator: torch.Generator) -> Tensor:
    """Random vectors, each with the norm of the one it replaces: (B, m, D)."""
    random = torch.randn(vectors.shape, generator=generator).to(vectors)
    lengths = vectors.norm(dim=-1, keepdim=True)
    scaled: Tensor = random * (lengths / random.norm(dim=-1, keepdim=True).clamp_min(1e-12))
    return scaled


def shuffle_steps(vectors: Tensor, generator: torch.Generator) -> Tensor:
    """The steps in random order, the same for every row."""
    return vectors[:, torch.randperm(vectors.shape[1], generator=generator).to(vectors.device)]


def change_norm(thoughts: Thoughts, vectors: Tensor, op: c.Norm) -> Tensor:
    """Vectors with the wrong length or place; ``skipped`` and ``doubled`` start from the states
    before alignment."""
    host = thoughts.host
    if op.how == "scaled":
        return vectors * op.amount
    if op.how == "shifted":
        return vectors + shift_direction(host).to(vectors) * (op.amount * host.embed_norm)
    if op.how == "skipped":
        return thoughts.hidden.to(vectors)
    again = host.final_norm(thoughts.hidden)
    scaled: Tensor = again * (host.embed_norm / again.norm(dim=-1, keepdim=True).clamp_min(1e-12))
    return scaled


def read_layer(thoughts: Thoughts, op: c.ReadLayer) -> Tensor:
    """The sender's states of another layer (B, m, D).

    For the receiver's input (``write`` 0) the state of the position before each slot, brought to
    the embedding norm, as the method feeds it; for a deeper layer the state at the slot itself,
    untouched.
    """
    host = thoughts.host
    if thoughts.states is None:
        raise BadInput(say("error.vectors.sender_s_states_were"))
    layer = op.read if op.read >= 0 else host.n_layers + 1 + op.read
    if not 0 <= layer <= host.n_layers or not 0 <= op.write <= host.n_layers:
        raise BadInput(
            say(
                "error.vectors.layers_read_write",
                n_layers=host.n_layers,
                read=op.read,
                write=op.write,
            )
        )
    if op.write > 0:
        return thoughts.states[layer]
    if layer == host.n_layers:
        return thoughts.fed
    before = torch.cat([thoughts.states[layer][:, :1], thoughts.states[layer][:, :-1]], 1)
    scaled: Tensor = before * (host.embed_norm / before.norm(dim=-1, keepdim=True).clamp_min(1e-12))
    return scaled


def top_words(thoughts: Thoughts, receiver: Host, k: int) -> Tensor:
    """Every latent replaced by the receiver's embedding of the k words it stands for (B, m, D)."""
    return top_word_embedding(thoughts.host, receiver, thoughts.hidden, k)


def project(vectors: Tensor, receiver: Host, op: c.Project, generator: torch.Generator) -> Tensor:
    """Vectors of another width made to fit without learning, brought to the receiver's embedding
    norm."""
    width = vectors.shape[-1]
    if op.how == "pad":
        out = vectors.new_zeros(*vectors.shape[:-1], receiver.d_model)
        common = min(width, receiver.d_model)
        out[..., :common] = vectors[..., :common]
    else:
        square = torch.randn(
            max(width, receiver.d_model), max(width, receiver.d_model), generator=generator
        )
        out = vectors.float().cpu() @ torch.linalg.qr(square)[0][:width, : receiver.d_model]
    out = out.to(receiver.device, receiver.dtype)
    scaled: Tensor = out * (receiver.embed_norm / out.norm(dim=-1, keepdim=True).clamp_min(1e-12))
    return scaled


def require_width(vectors: Tensor, sender: Host, receiver: Host) -> Tensor:
    """The vectors, if the receiver can take them at all.

    Raises:
        SpaceMismatch: if the widths differ.
    """
    if vectors.shape[-1] != receiver.d_model:
        raise SpaceMismatch(
            say(
                "error.vectors.thoughts_numbers_each_reads",
                name=sender.name,
                shape=vectors.shape[-1],
                name2=receiver.name,
                d_model=receiver.d_model,
            )
        )
    return vectors.to(receiver.device, receiver.dtype)


@torch.no_grad()
def place(
    memory: LatentMemory,
    fed: Tensor,
    layer_state: Tensor | None = None,
    layer: int = 0,
    gap: int = 0,
) -> LatentMemory:
    """The receiver's memory with the vectors read in after what stands there.

    Args:
        memory: the receiver's, which has read what stands before the vectors; written on.
        fed: (B, m, D) vectors fed as input embeddings.
        layer_state: (B, m, D) states that replace the input of block ``layer`` (1 …) at the
            vectors' slots.
        gap: positions left free between the vectors and what follows.
    """
    receiver = memory.host
    if fed.shape[1]:
        if layer_state is None or layer == 0:
            memory.write("sender", "latent", fed)
        else:
            with replaced_input(receiver, layer, layer_state.to(receiver.device, receiver.dtype)):
                memory.write("sender", "latent", fed)
    if gap:
        memory.next_positions = [p + gap for p in memory.next_positions]
    return memory


class replaced_input:  # noqa: N801 - a context manager, read like a function
    """While active, block ``layer`` (1 … n_layers) of a host continues given states instead of its
    own input.

    ``hidden_states[layer]`` is the input of block number ``layer`` (counted from 0); the last one,
    after the final norm, has no block behind it and is refused.
    """

    def __init__(self, host: Host, layer: int, state: Tensor) -> None:
        if not 0 <= layer < host.n_layers:
            raise BadInput(
                say(
                    "error.vectors.states_can_written_into",
                    value=host.n_layers - 1,
                    name=host.name,
                    layer=layer,
                )
            )
        self.block, self.state = host.layers[layer], state

    def __enter__(self) -> None:
        self.handle = self.block.register_forward_pre_hook(self._replace, with_kwargs=True)

    def __exit__(self, *_: object) -> None:
        self.handle.remove()

    def _replace(
        self, _module: object, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if args:
            return (self.state, *args[1:]), kwargs
        return args, {**kwargs, "hidden_states": self.state}
