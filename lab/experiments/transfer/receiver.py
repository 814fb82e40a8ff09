"""The receiver's side: given a memory with something in it, how well does it answer?

The primary number is the negative log-likelihood of the right answer (deterministic, no sampling);
then the answer it says greedily. It does not know where the memory came from.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor

from lab.engine.decode import generate_text, without_end
from lab.engine.memory import LatentMemory
from lab.engine.prompt import names_of, pad_ids, read_prompts
from lab.engine.readout import logprobs_at
from lab.errors import BadInput
from lab.models.host import Host
from lab.plan import Decoding
from lab.words import say


@dataclass(frozen=True)
class Reply:
    """What a batch of receivers made of their hand-over."""

    nll: Tensor
    """(B,) nats of the whole right answer with its end token."""
    logprobs: Tensor
    """(B, V) float32 nats, next-token distribution where the answer begins."""
    said: list[list[int]]
    """Greedy answer ids per row (empty lists if none were asked for)."""
    seconds: float


@torch.no_grad()
def ask(
    host: Host,
    memory: LatentMemory,
    prompts: list[list[int]],
    golds: list[list[int]],
    max_tokens: int = 8,
) -> Reply:
    """Read the receivers' prompts on top of ``memory`` (which is used up), score the right answers,
    then speak.

    Args:
        golds: ids of the right answer per row, end token included.
        max_tokens: most words of the spoken answer; 0 asks for none.
    """
    began = time.perf_counter()
    names = names_of("receiver", len(prompts))
    read_prompts(host, prompts, memory, names, None)
    first = logprobs_at(host, memory.require_last())
    nll = -first.gather(1, torch.tensor([[g[0]] for g in golds], device=host.device))[:, 0]
    if not bool(torch.isfinite(nll).all()):
        raise BadInput(
            say(
                "error.receiver.finite_numbers_rows_not",
                name=host.name,
                value=int((~torch.isfinite(nll)).sum()),
                n=len(golds),
            )
        )
    if any(len(g) > 1 for g in golds):
        nll = nll + _rest(host, memory.fork() if max_tokens else memory, golds)
    said: list[list[int]] = [[] for _ in prompts]
    if max_tokens:
        decoding = Decoding(max_tokens=max_tokens)
        on = generate_text(host, said, memory, decoding, names, spend_memory=True)
        said = without_end(host, on.ids)
    return Reply(nll.cpu(), first.cpu(), said, time.perf_counter() - began)


def _rest(host: Host, memory: LatentMemory, golds: list[list[int]]) -> Tensor:
    """(B,) nats of all tokens of the right answers but the first, teacher-forced in one pass."""
    width = max(len(g) for g in golds) - 1
    ids, _ = pad_ids([g[:-1] for g in golds], host.device)
    counts = [len(g) - 1 for g in golds]
    states = memory.write("receiver", "token", host.embed(ids), counts).last
    logp = torch.log_softmax(host.logits(states).float(), -1)  # (B, width, V)
    wanted, _ = pad_ids([g[1:] for g in golds], host.device)
    real = torch.tensor(
        [[column >= width - n for column in range(width)] for n in counts], device=host.device
    )
    return -(logp.gather(-1, wanted[..., None])[..., 0] * real).sum(1)


def kl(right: Tensor, here: Tensor) -> Tensor:
    """(B,) nats, KL(right ‖ here) of log-probabilities (B, V); the first is the one that ought to
    be.

    Args:
        right: (B, V) nats, of the undisturbed run.
        here: (B, V) nats, of the run in question.
    """
    return (right.exp() * (right - here)).sum(-1).clamp_min(0.0)
