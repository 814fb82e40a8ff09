"""Reading prompts into a memory: padding, embedding, capture. Shared by text decoding and latent
rollout.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from lab.engine.capture import Tape
from lab.engine.memory import LatentMemory
from lab.engine.views import Block
from lab.errors import BadInput
from lab.models.host import Host


@dataclass(frozen=True)
class PromptOut:
    """A prompt was read into the memory."""

    row: int
    agent: str
    ids: tuple[int, ...]
    first_moment: int | None
    """Moment of the first token; the others follow one by one. None if it is not captured."""
    kv_len: int
    """Slots of this row, prompt included."""
    kv_bytes: int


def names_of(agents: str | Sequence[str] | None, rows: int) -> tuple[str, ...]:
    """One agent name per row.

    Raises:
        BadInput: if there are more or fewer names than rows.
    """
    names = (agents,) * rows if isinstance(agents, str) else tuple(agents or ("agent",) * rows)
    if len(names) != rows:
        raise BadInput(
            f"Expected one agent name per prompt ({rows}), got {len(names)}; give one for each."
        )
    return names


def memory_for(host: Host, memory: LatentMemory | None, rows: int) -> LatentMemory:
    """The given memory, checked, or a new one.

    Raises:
        BadInput: if there is no prompt, or the memory has another number of rows or another host.
    """
    if rows == 0:
        raise BadInput("There is no prompt to read: expected at least one; give one.")
    if memory is None:
        return LatentMemory(host, rows)
    if memory.rows != rows:
        raise BadInput(
            f"The memory has {memory.rows} rows, got {rows} prompts; expand the memory first."
        )
    if memory.host.digest != host.digest:
        raise BadInput(
            f"The memory was written by {memory.host.name}, which is not {host.name}: keys and "
            "values of one model "
            "mean nothing to another; use the same host."
        )
    return memory


def pad_ids(
    prompts: Sequence[Sequence[int]], device: torch.device
) -> tuple[Int[Tensor, "batch width"], list[int]]:
    """Left-padded ids (B, T) and the real length of every row; padding is id 0, masked out
    everywhere.

    Args:
        device: where the ids are put.
    """
    lengths = [len(p) for p in prompts]
    width = max(lengths)
    rows = [[0] * (width - len(p)) + list(p) for p in prompts]
    return torch.tensor(rows, dtype=torch.long, device=device), lengths


def read_prompts(
    host: Host,
    prompts: Sequence[Sequence[int]],
    memory: LatentMemory,
    agents: tuple[str, ...],
    tape: Tape | None,
    want_states: bool = False,
) -> tuple[list[PromptOut], Block | None]:
    """Append one prompt per row to the memory.

    An empty prompt lets its row go on from where the memory ends.

    Args:
        tape: gets the states of the prompts; None keeps none.
        want_states: return the states of all layers even where none are captured.

    Raises:
        BadInput: if a prompt is empty and the memory too, or the context becomes too long.
    """
    _require_sensible(host, prompts, memory)
    block = None
    keep = tape is not None and tape.wants("prompt")
    if any(prompts):
        ids, lengths = pad_ids(prompts, host.device)
        block = memory.write(
            agents, "prompt", host.embed(ids), lengths, want_states=keep or want_states
        )
    bytes_per_slot = memory.kv_bytes // max(1, memory.rows * memory.kv_len)
    result: list[PromptOut] = []
    notes: dict[int, list[dict[str, object]]] = {}
    for row, prompt in enumerate(prompts):
        first = tape.reserve(row, "prompt", len(prompt)) if tape is not None else None
        length = memory.row_len(row)
        if first is not None:
            notes[row] = _notes(host, prompt, first, length, memory.next_positions[row])
        result.append(
            PromptOut(
                row=row,
                agent=agents[row],
                ids=tuple(prompt),
                first_moment=first,
                kv_len=length,
                kv_bytes=bytes_per_slot * length,
            )
        )
    if tape is not None and notes and block is not None and block.states is not None:
        tape.add("prompt", block.states, notes)
    return result, block


def _require_sensible(host: Host, prompts: Sequence[Sequence[int]], memory: LatentMemory) -> None:
    if memory.last is None and not all(prompts):
        raise BadInput("A prompt is empty: expected at least one token; write a question.")
    top = max((max(p) for p in prompts if p), default=0)
    if top >= host.input_weight.shape[0] or min((min(p) for p in prompts if p), default=0) < 0:
        raise BadInput(
            f"Token id {top} is not in the vocabulary of {host.name} (0 to {host.vocab_size - 1}): "
            "the prompt was "
            "written with another tokenizer; render it with this host."
        )


def _notes(
    host: Host, prompt: Sequence[int], first: int, kv_len: int, following: int
) -> list[dict[str, object]]:
    n = len(prompt)
    return [
        {
            "moment": first + i,
            "step": i + 1,
            "position": following - n + i,
            "token_id": token,
            "token": host.token_text(token),
            "logprob": math.nan,
            "entropy": math.nan,
            "kv_len": kv_len - n + i + 1,
        }
        for i, token in enumerate(prompt)
    ]
