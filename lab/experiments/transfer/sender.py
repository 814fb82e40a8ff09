"""The sender at work, many problems at once: the engine's latent rollout with a feeding that may be
broken on purpose.

One rollout serves every condition of one sender: its memory is forked, never changed, and a rollout
of m steps holds all shorter ones. It does not know who receives.
"""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass

import torch
from torch import Tensor

from lab.engine.align import align_latent_to_embed
from lab.engine.memory import LatentMemory
from lab.engine.readout import normed
from lab.engine.rollout import Thinking, generate_latent
from lab.experiments.transfer.conditions import Think
from lab.models.host import Host

SHIFT_SEED = 11


@dataclass(frozen=True)
class Thoughts:
    """What a batch of senders has in mind."""

    host: Host
    memory: LatentMemory
    """Prompt columns first, then one column per latent step."""
    prompt_columns: int
    fed: Tensor
    """(B, m, D) vectors fed as input embeddings."""
    hidden: Tensor
    """(B, m, D) hidden states they were made of (``hidden_states[layer]`` of the position
    before)."""
    states: Tensor | None
    """(n_layers + 1, B, m, D) states at the latent slots, if they were asked for."""
    seconds: float

    @property
    def steps(self) -> int:
        """Number of latent steps m."""
        return self.fed.shape[1]

    def first(self, steps: int) -> Thoughts:
        """The same thoughts after fewer steps."""
        if steps >= self.steps:
            return self
        memory = self.memory.before_last(self.steps - steps)
        states = None if self.states is None else self.states[:, :, :steps]
        seconds = self.seconds * (1 + steps) / (1 + self.steps)
        return Thoughts(
            self.host,
            memory,
            self.prompt_columns,
            self.fed[:, :steps],
            self.hidden[:, :steps],
            states,
            seconds,
        )


def think(
    host: Host,
    prompts: list[list[int]],
    steps: int,
    how: Think,
    want_states: bool = False,
    memory: LatentMemory | None = None,
) -> Thoughts:
    """Read the prompts and think ``steps`` latent steps (LatentMAS, arXiv 2511.20639, section 3).

    Args:
        prompts: token ids, one list per problem; empty ones where ``memory`` has read them.
        how: right, or broken in a known way.
        want_states: keep the states of all layers at the latent slots.
        memory: where the prompts are read already; written on.
    """
    began = time.perf_counter()
    thinking = Thinking(steps, how.layer, functools.partial(feed, how))
    result = generate_latent(
        host, prompts, thinking, memory, agents="sender", want_states=want_states
    )
    return Thoughts(
        host=host,
        memory=result.memory,
        prompt_columns=result.memory.kv_len - steps,
        fed=result.fed,
        hidden=result.hidden,
        states=result.states,
        seconds=time.perf_counter() - began,
    )


def feed(how: Think, host: Host, h: Tensor, layer: int) -> Tensor:
    """The input embedding made of hidden states (…, D), right or broken in the way that ``how``
    says.

    Args:
        h: (…, D) states of ``layer``.
        layer: where they were read, 0 the embedding.
    """
    method = how.alignment
    if method == "top_word":
        return top_word_embedding(host, host, normed(host, h, layer), how.mixture)
    if how.norm == "skipped":
        return align_latent_to_embed(h, host, method, layer=layer, rescale=False)
    if how.norm == "doubled":
        h = host.final_norm(normed(host, h, layer))
    e = align_latent_to_embed(h, host, method, layer=layer)
    if how.norm == "scaled":
        return e * how.amount
    if how.norm == "shifted":
        return e + shift_direction(host).to(e) * (how.amount * host.embed_norm)
    return e


def shift_direction(host: Host) -> Tensor:
    """(D,) a fixed unit vector: the direction in which shifted vectors are moved."""
    direction = torch.randn(host.d_model, generator=torch.Generator().manual_seed(SHIFT_SEED))
    unit: Tensor = (direction / direction.norm()).to(host.device)
    return unit


def top_word_embedding(sender: Host, receiver: Host, final: Tensor, k: int) -> Tensor:
    """The receiver's embedding of the k words that the sender's head would say, weighted by their
    probability.

    Words are matched by their text; a word that the receiver does not have gives its nearest token
    by id 0.

    Args:
        sender: whose head reads the states.
        receiver: whose embeddings are returned.
        final: (…, D) states of the sender after its final norm.
        k: words of each distribution.
    """
    top = torch.softmax(sender.logits(final).float(), -1).topk(k, -1)
    ids = top.indices
    if sender.digest != receiver.digest:
        ids = translate(sender, receiver)[ids]
    weights = top.values / top.values.sum(-1, keepdim=True)
    rows = receiver.embedding_matrix.float()[ids]
    return (weights[..., None] * rows).sum(-2).to(receiver.dtype)


def translate(sender: Host, receiver: Host) -> Tensor:
    """(V_sender,) the receiver's id of every word of the sender, matched by text; unknown words
    become id 0.

    Args:
        sender: whose ids are translated.
        receiver: whose ids come out.
    """
    theirs = {receiver.token_text(i): i for i in range(receiver.vocab_size)}
    return torch.tensor([theirs.get(sender.token_text(i), 0) for i in range(sender.vocab_size)])
