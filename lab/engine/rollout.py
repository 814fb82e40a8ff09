"""Latent rollout: the last hidden state, aligned, becomes the next input embedding; no word is
chosen in between.

Source: LatentMAS, arXiv 2511.20639, section 3.1. Step s feeds ``fed[s] = align(hidden[s])``, where
``hidden[s]`` is the state over the slot before it; the word that the head would have said from
``hidden[s]`` is the word that the step stands for.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from lab.engine.align import Aligned, Feeding
from lab.engine.capture import Recording
from lab.engine.memory import LatentMemory
from lab.engine.prompt import PromptOut, memory_for, names_of, read_prompts
from lab.engine.readout import logprobs_at, resolve_layer
from lab.errors import BadInput
from lab.models.host import Host
from lab.plan import MAX_LATENT_STEPS
from lab.words import say


@dataclass(frozen=True)
class LatentStepOut:
    """One latent step of one row."""

    row: int
    agent: str
    step: int
    """1-based."""
    top: tuple[tuple[int, str, float], ...]
    """What the head would have said: (id, word, probability), best first; empty if not asked
    for."""
    entropy: float
    """Nats, of that distribution; NaN if not asked for."""
    norm: float
    """L2 norm of the hidden state before alignment."""
    fed_norm: float
    """L2 norm of the vector that was fed."""
    moment: int | None
    """Slot into which the step was fed."""
    kv_len: int


@dataclass
class LatentResult:
    """All steps of a batch."""

    hidden: Float[Tensor, "batch steps dim"]
    """(B, m, D) before alignment, in the host's dtype."""
    fed: Float[Tensor, "batch steps dim"]
    """(B, m, D) after alignment."""
    memory: LatentMemory
    prompt_lengths: list[int]
    states: Float[Tensor, "layers batch steps dim"] | None = None
    """(n_layers + 1, B, m, D) states at the latent slots, if they were asked for."""


@dataclass(frozen=True)
class Thinking:
    """How a batch of agents thinks.

    Raises:
        BadInput: for steps out of range.
    """

    steps: int
    """Latent steps m."""
    layer: int = -1
    """Number of the hidden state that is fed back (0 the embedding, -1 the last layer)."""
    feed: Feeding = Aligned()
    """From that state to the next input embedding."""
    want_top: int = 5
    """Words of the read-out of each step of a stream; 0 for none."""

    def __post_init__(self) -> None:
        if not 0 <= self.steps <= MAX_LATENT_STEPS:
            raise BadInput(
                say(
                    "error.rollout.latent_steps_choose_number",
                    max_latent_steps=MAX_LATENT_STEPS,
                    steps=self.steps,
                )
            )


def stream_latent(
    host: Host,
    prompts: Sequence[Sequence[int]],
    thinking: Thinking | int,
    memory: LatentMemory | None = None,
    agents: str | Sequence[str] | None = None,
    recording: Recording | None = None,
) -> Generator[PromptOut | LatentStepOut, None, None]:
    """Read one prompt per row, then think m steps; yields prompts, then every row's steps.

    The memory is written in place. Closing the generator keeps what was captured until then.

    Args:
        host: the model that thinks.
        prompts: token ids, one list per row.
        thinking: how it thinks; a number means so many steps in the method's own way.
        memory: what the rows go on from; None means a new one.
        agents: writer of all rows, or one name per row.
        recording: where vectors are kept; None keeps none.

    Raises:
        BadInput: for a layer out of range, or empty or overlong prompts.
    """
    run = _LatentRun(host, prompts, thinking, memory, agents, recording)
    try:
        yield from run.read()
        for _ in range(run.thinking.steps):
            yield from run.step()
    finally:
        run.close()


def generate_latent(
    host: Host,
    prompts: Sequence[Sequence[int]],
    thinking: Thinking | int,
    memory: LatentMemory | None = None,
    agents: str | Sequence[str] | None = None,
    recording: Recording | None = None,
    *,
    want_states: bool = False,
    return_type: Literal["hidden"] = "hidden",
) -> LatentResult:
    """Think m steps at once without running the head (except for a feeding that needs it).

    Args:
        host, prompts, thinking, memory, agents, recording: as in `stream_latent`.
        want_states: keep the states of all layers at the latent slots.
        return_type: only ``hidden``: latent steps have no words.

    Raises:
        BadInput: for a layer out of range, empty or overlong prompts, or another return type.
    """
    if return_type != "hidden":
        raise BadInput(say("error.rollout.return_type_latent_steps", return_type=return_type))
    run = _LatentRun(host, prompts, thinking, memory, agents, recording, want_states)
    try:
        run.read()
        for _ in range(run.thinking.steps):
            run.advance()
    finally:
        run.close()
    empty = torch.empty((len(prompts), 0, host.d_model), dtype=host.dtype, device=host.device)
    return LatentResult(
        hidden=torch.stack(run.hidden, 1) if run.hidden else empty,
        fed=torch.stack(run.fed, 1) if run.fed else empty,
        memory=run.memory,
        prompt_lengths=[len(p) for p in prompts],
        states=torch.cat(run.states, 2) if run.states else None,
    )


class _LatentRun:
    """The state of one batch of thinkers."""

    def __init__(
        self,
        host: Host,
        prompts: Sequence[Sequence[int]],
        thinking: Thinking | int,
        memory: LatentMemory | None,
        agents: str | Sequence[str] | None,
        recording: Recording | None,
        want_states: bool = False,
    ) -> None:
        self.host, self.prompts = host, prompts
        self.thinking = Thinking(thinking) if isinstance(thinking, int) else thinking
        self.layer = resolve_layer(host, self.thinking.layer)
        self.deep = self.layer == host.n_layers
        self.memory = memory_for(host, memory, len(prompts))
        self.agents = names_of(agents, len(prompts))
        self.tape = recording.tape(self.agents, host) if recording else None
        self.keep = self.tape is not None and self.tape.wants("latent")
        self.want_states = want_states
        self.want_top = min(self.thinking.want_top, host.vocab_size)
        self.hidden: list[Tensor] = []
        self.fed: list[Tensor] = []
        self.states: list[Tensor] = []
        """Per step (n_layers + 1, B, 1, D), if they are wanted."""
        self.current: Tensor | None = None
        """(B, D) state of the chosen layer over each row's last slot."""

    def read(self) -> list[PromptOut]:
        """Read the prompts."""
        outs, block = read_prompts(
            self.host, self.prompts, self.memory, self.agents, self.tape, want_states=not self.deep
        )
        if self.deep:
            self.current = self.memory.last
        elif block is not None and block.states is not None and all(self.prompts):
            self.current = block.states[self.layer][:, -1].clone()
        else:
            raise BadInput(say("error.rollout.thinking_from_inner_layer"))
        return outs

    @torch.no_grad()
    def advance(
        self, moments: dict[int, int] | None = None
    ) -> tuple[Float[Tensor, "batch dim"], Float[Tensor, "batch dim"]]:
        """One step without reading it out: (hidden, fed), each (B, D)."""
        h = self.current
        if h is None:
            raise BadInput(say("error.rollout.nothing_was_read_yet"))
        e = self.thinking.feed(self.host, h, self.layer)
        wanted = bool(moments) or not self.deep or self.want_states
        block = self.memory.write(self.agents, "latent", e[:, None], want_states=wanted)
        self.hidden.append(h)
        self.fed.append(e)
        if self.deep:
            self.current = self.memory.last
        elif block.states is not None:
            self.current = block.states[self.layer][:, -1]
        self._states = block.states
        if self.want_states and block.states is not None:
            self.states.append(torch.stack(block.states))
        return h, e

    @torch.no_grad()
    def step(self) -> list[LatentStepOut]:
        """One step of every row, read out."""
        rows = range(len(self.agents))
        moments: dict[int, int] = {}
        if self.keep and self.tape is not None:
            reserved = {row: self.tape.reserve(row, "latent") for row in rows}
            moments = {row: m for row, m in reserved.items() if m is not None}
        h, e = self.advance(moments)
        tops, entropies = self._read_out(h)
        norms = torch.stack([h.float().norm(dim=-1), e.float().norm(dim=-1)]).tolist()
        number = len(self.hidden)
        outs = [
            LatentStepOut(
                row=row,
                agent=self.agents[row],
                step=number,
                top=tops[row],
                entropy=entropies[row],
                norm=norms[0][row],
                fed_norm=norms[1][row],
                moment=moments.get(row),
                kv_len=self.memory.row_len(row),
            )
            for row in rows
        ]
        if self.tape is not None and self._states is not None and moments:
            self.tape.add(
                "latent",
                self._states,
                {row: [self._note(outs[row], m)] for row, m in moments.items()},
            )
        return outs

    def _read_out(
        self, h: Float[Tensor, "batch dim"]
    ) -> tuple[list[tuple[tuple[int, str, float], ...]], list[float]]:
        if not self.want_top:
            return [()] * len(self.agents), [math.nan] * len(self.agents)
        logp = logprobs_at(self.host, h, self.layer)
        probs = logp.exp()
        top = probs.topk(self.want_top, dim=-1)
        entropy = -torch.special.xlogy(probs, probs).sum(-1)
        tops = [
            tuple((i, self.host.token_text(i), p) for i, p in zip(ids, ps, strict=True))
            for ids, ps in zip(top.indices.tolist(), top.values.tolist(), strict=True)
        ]
        return tops, entropy.tolist()

    def _note(self, out: LatentStepOut, moment: int) -> dict[str, object]:
        token_id, token, p = out.top[0] if out.top else (-1, "", math.nan)
        return {
            "moment": moment,
            "step": out.step,
            "position": self.memory.next_positions[out.row] - 1,
            "token_id": token_id,
            "token": token,
            "logprob": math.log(p) if p > 0 else math.nan,
            "entropy": out.entropy,
            "kv_len": out.kv_len,
        }

    def close(self) -> None:
        """Leave the states with the memory and hand the captured vectors over."""
        if self.hidden:
            states = torch.stack(self.hidden, 1)
            self.memory.hidden.update(dict.fromkeys(self.agents, states))
        if self.tape is not None:
            self.tape.close()
