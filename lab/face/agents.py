"""Agents by hand: load a model, let it think in hidden states, let another agent speak from there.

A memory that is handed in is never changed: every call works on a copy, so that the same thought
may be handed to several agents, or to the same one twice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from pydantic import ValidationError

from lab.engine.align import Aligned
from lab.engine.decode import generate_text, mean_logprob
from lab.engine.memory import LatentMemory
from lab.engine.rollout import Thinking, generate_latent
from lab.errors import BadInput
from lab.face.reading import Prompt, is_pocket, prompt_ids, require_local
from lab.models.host import Host
from lab.models.pool import HostPool
from lab.notebook import card
from lab.plan import MAX_LATENT_STEPS, Alignment, Decoding
from lab.service.threads import threads_for
from lab.words import first_mistake

STEPS = 36
"""Latent steps that a sender of the shipped experiments takes."""


@dataclass(frozen=True)
class Answer:
    """What an agent said; ``str(answer)`` is its text."""

    text: str
    tokens: tuple[str, ...]
    """The tokens as they are displayed, end token included."""
    logprobs: tuple[float, ...]
    """Nats, a token each."""
    entropies: tuple[float, ...]
    """Nats, of the distribution that each token was taken from."""
    ended: str
    """``end`` (end token), ``length`` (its limit) or ``window`` (the model's)."""
    agent: str
    host: str
    memory: LatentMemory = field(repr=False, compare=False)
    """All that this agent had read and said, free to be handed on."""

    @property
    def confidence(self) -> float:
        """Geometric mean of the tokens' probabilities, 0 to 1."""
        return math.exp(mean_logprob(self.logprobs))

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        rows = [
            ("said", self.text or "(nothing)"),
            ("tokens", len(self.tokens)),
            ("confidence", f"{self.confidence:.3f}"),
        ]
        return card(f"{self.agent} ({self.host})", rows)


@cache
def pool() -> HostPool:
    """The models of this process, each loaded once."""
    return HostPool()


def load(name: str) -> Host:
    """A model, loaded when it is first asked for.

    Args:
        name: a pocket model (``pocket-base``), one of its twins (``pocket-gauge``,
            ``pocket-base:int8``, ``pocket-base~pocket-reseed@0.1``), a folder, or a hub id
            (``Qwen/Qwen3-0.6B``).

    Raises:
        BadInput: if the name cannot be read.
        ModelUnavailable: if there is no such model here, or it is too large.
    """
    if not isinstance(name, str):
        raise BadInput(
            f"The model's name is a {type(name).__name__}: expected a text; write for example "
            "'pocket-base'."
        )
    return pool().get(name)


def think(
    model: Host | str,
    prompt: Prompt,
    steps: int = STEPS,
    *,
    role: str | None = "solver",
    memory: LatentMemory | None = None,
    layer: int = -1,
    alignment: Alignment = "auto",
    agent: str = "",
) -> LatentMemory:
    """An agent reads a prompt and thinks in hidden states; what it hands over is its memory.

    Args:
        model: a loaded host, or the name of one.
        prompt: a question, or a problem with its facts.
        steps: latent steps, 0 to 200. With 0 the agent reads and does not think.
        role: how the prompt is worded (`presets/prompts`); None reads the text as it stands.
        memory: what earlier agents left; this one reads it and writes behind it, on a copy.
        layer: hidden state that is fed back; -1 is the last one, after the final norm.
        alignment: how a hidden state becomes an input embedding.
        agent: its name in the memory; the role, if empty.

    Returns:
        A memory of one row: the KV cache with the writer and the rotary position of every slot.

    Raises:
        BadInput: for a prompt or role that the model cannot read, steps out of range, an empty
            hand-over, or a memory of another model.
    """
    host = require_local(load(model) if isinstance(model, str) else model)
    if isinstance(steps, bool) or not isinstance(steps, int) or not 0 <= steps <= MAX_LATENT_STEPS:
        raise BadInput(
            f"Latent steps: expected a whole number from 0 to {MAX_LATENT_STEPS}, got {steps!r}; "
            "choose one in between."
        )
    before = handed_over(host, memory)
    ids = prompt_ids(host, prompt, role, thinks=steps > 0)
    with threads_for([host]):
        result = generate_latent(
            host,
            [ids],
            Thinking(steps, layer, Aligned(alignment)),
            memory=before,
            agents=_name(agent, role),
        )
    return result.memory


def speak(
    model: Host | str,
    prompt: Prompt,
    memory: LatentMemory | None = None,
    *,
    role: str | None = "judger",
    heard: Mapping[str, str] | None = None,
    drafts: Sequence[str] = (),
    max_tokens: int = 64,
    temperature: float = 0.0,
    seed: int = 0,
    agent: str = "",
) -> Answer:
    """An agent reads a prompt, on top of what was handed over or alone, and says something.

    Args:
        model: a loaded host, or the name of one.
        prompt: a question, or a problem with its facts.
        memory: what `think` (or an earlier answer's ``memory``) handed over; None: nothing.
        role: how the prompt is worded; ``solo`` for an agent that works alone, None for the text as
            it stands.
        heard: role → text of earlier agents, for a hand-over in words.
        drafts: texts of proposers, for ``role="aggregator"``.
        max_tokens: most tokens of the answer.
        temperature: 0 is greedy.
        seed: of the sampling; without effect where it is greedy.
        agent: its name in the memory; the role, if empty.

    Raises:
        BadInput: for a prompt or role that the model cannot read, an empty hand-over, a memory of
            another model, or a setting out of range.
    """
    host = require_local(load(model) if isinstance(model, str) else model)
    decoding = _decoding(max_tokens, temperature, seed)
    before = handed_over(host, memory)
    ids = prompt_ids(host, prompt, role, thinks=False, heard=heard, drafts=drafts)
    name = _name(agent, role)
    with threads_for([host]):
        said = generate_text(host, [ids], before, decoding, name, keep_memory=True)
    if said.memory is None:
        raise RuntimeError("decoding returned no memory although it was asked to keep it")
    if before is None and is_pocket(host) and not said.texts[0].strip():
        raise BadInput(
            f"{host.name} has nothing to say to {str(prompt)!r}: expected a question of its two "
            "worlds, in whole; take one from lab.problem, or load another model."
        )
    return Answer(
        said.texts[0].strip(),
        tuple(host.token_texts(said.ids[0])),
        tuple(said.logprobs[0]),
        tuple(said.entropies[0]),
        said.done[0],
        name,
        host.name,
        said.memory,
    )


def _name(agent: str, role: str | None) -> str:
    if not isinstance(agent, str):
        raise BadInput(
            f"The agent's name is {agent!r}: expected a text; give one, or leave it out."
        )
    return agent or role or "agent"


def handed_over(host: Host, memory: LatentMemory | None) -> LatentMemory | None:
    """A copy of what was handed over, checked; None for nothing.

    Raises:
        BadInput: if it is no memory, is empty, holds several rows, or is of another model.
    """
    if memory is None:
        return None
    if not isinstance(memory, LatentMemory):
        raise BadInput(
            f"What is handed over is a {type(memory).__name__}: expected a memory (lab.think "
            "returns one); words are handed over with heard={role: text}."
        )
    if memory.kv_len == 0:
        raise BadInput(
            "The hand-over is empty: expected a memory that somebody has written on; let an agent "
            "think first, or leave it out to hand nothing over."
        )
    if memory.rows != 1:
        raise BadInput(
            f"The hand-over holds {memory.rows} rows: expected one; choose one with "
            "memory.select_rows([0])."
        )
    if memory.host.digest != host.digest:
        raise BadInput(
            f"The memory was written by {memory.host.name}, expected one of {host.name}: keys and "
            "values of one model mean nothing to another; let both agents use one model, or see "
            "what happens with lab.experiment('constraints')."
        )
    return memory.fork()


def _decoding(max_tokens: int, temperature: float, seed: int) -> Decoding:
    try:
        return Decoding(max_tokens=max_tokens, temperature=temperature, seed=seed)
    except ValidationError as error:
        raise BadInput(f"{first_mistake(error)}; correct it.") from error
