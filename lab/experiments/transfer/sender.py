"""The sender at work, many problems at once: latent rollout, or words.

One rollout serves every condition of one sender: its memory is forked, never changed, and a rollout
of m steps holds all shorter ones. It does not know who receives.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor

from lab.engine.align import align_latent_to_embed
from lab.engine.memory import LatentMemory
from lab.engine.readout import normed, resolve_layer
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
        memory = self.memory.fork()
        memory.crop(range(self.prompt_columns + steps))
        memory.next_positions = [p - (self.steps - steps) for p in self.memory.next_positions]
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


def pad_left(host: Host, prompts: list[list[int]]) -> tuple[Tensor, list[int]]:
    """Token ids as one left-padded tensor (B, T) and the real lengths."""
    lengths = [len(p) for p in prompts]
    longest = max(lengths)
    filled = [[p[0]] * (longest - len(p)) + list(p) for p in prompts]
    return torch.tensor(filled, device=host.device), lengths


@torch.no_grad()
def think(
    host: Host, prompts: list[list[int]], steps: int, how: Think, want_states: bool = False
) -> Thoughts:
    """Read the prompts and think ``steps`` latent steps (LatentMAS, arXiv 2511.20639, section 3).

    Args:
        prompts: token ids, one list per problem.
    """
    began = time.perf_counter()
    ids, lengths = pad_left(host, prompts)
    memory = LatentMemory(host, len(prompts))
    layer = resolve_layer(host, how.layer)
    deep = want_states or layer != host.n_layers
    block = memory.write("sender", "prompt", host.embed(ids), lengths, want_states=deep)
    fed, hidden, states = [], [], []
    for _ in range(steps):
        h = (block.states[layer] if block.states is not None else block.last)[:, -1:]
        e = feed(host, h, layer, how)
        block = memory.write("sender", "latent", e, want_states=deep)
        fed.append(e)
        hidden.append(h)
        if want_states and block.states is not None:
            states.append(torch.stack(block.states))
    empty = torch.zeros(len(prompts), 0, host.d_model, dtype=host.dtype, device=host.device)
    return Thoughts(
        host,
        memory,
        ids.shape[1],
        torch.cat(fed, 1) if fed else empty,
        torch.cat(hidden, 1) if hidden else empty,
        torch.cat(states, 2) if states else None,
        time.perf_counter() - began,
    )


def feed(host: Host, h: Tensor, layer: int, how: Think) -> Tensor:
    """The input embedding made of hidden states (…, D), right or broken in the way that ``how``
    says."""
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
    return (direction / direction.norm()).to(host.device)


def top_word_embedding(sender: Host, receiver: Host, final: Tensor, k: int) -> Tensor:
    """The receiver's embedding of the k words that the sender's head would say, weighted by their
    probability.

    Words are matched by their text; a word that the receiver does not have gives its nearest token
    by id 0.

    Args:
        final: (…, D) states of the sender after its final norm.
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
    become id 0."""
    theirs = {receiver.token_text(i): i for i in range(receiver.vocab_size)}
    return torch.tensor([theirs.get(sender.token_text(i), 0) for i in range(sender.vocab_size)])


@torch.no_grad()
def speak(host: Host, memory: LatentMemory, last: Tensor, max_tokens: int) -> list[list[int]]:
    """Greedy words of every row, without their end token; the memory is written on.

    Args:
        last: (B, D) last states of the prompt, after the final norm.
    """
    ends = torch.tensor(sorted(host.eos_ids), device=host.device)
    said: list[list[int]] = [[] for _ in range(memory.rows)]
    open_rows = torch.ones(memory.rows, dtype=torch.bool, device=host.device)
    for step in range(max_tokens):
        token = host.logits(last).argmax(-1)
        open_rows &= ~torch.isin(token, ends)
        if not bool(open_rows.any()):
            break
        for row in open_rows.nonzero().flatten().tolist():
            said[row].append(int(token[row]))
        if step + 1 < max_tokens:
            last = memory.write("speaker", "token", host.embed(token[:, None])).last[:, -1]
    return said
