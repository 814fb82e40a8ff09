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
from lab.engine.shared_prompt import read_once
from lab.engine.views import Block
from lab.errors import BadInput
from lab.models.host import Host
from lab.words import say


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
        raise BadInput(say("error.prompt.agent_name_per_prompt", rows=rows, n=len(names)))
    return names


def memory_for(host: Host, memory: LatentMemory | None, rows: int) -> LatentMemory:
    """The given memory, checked, or a new one.

    Raises:
        BadInput: if there is no prompt, or the memory has another number of rows or another host.
    """
    if rows == 0:
        raise BadInput(say("error.prompt.there_no_prompt_read"))
    if memory is None:
        return LatentMemory(host, rows)
    if memory.rows != rows:
        raise BadInput(say("error.prompt.memory_rows_prompts_expand", rows=memory.rows, rows2=rows))
    if memory.host.digest != host.digest:
        raise BadInput(
            say("error.prompt.memory_was_written_which", name=memory.host.name, name2=host.name)
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
    """Append one prompt per row to the memory; into an empty one, what prompts share is read once.

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
    states = keep or want_states
    if not memory.kv_len and all(prompts):
        block = read_once(memory, agents, prompts, states)
    if block is None and any(prompts):
        ids, lengths = pad_ids(prompts, host.device)
        block = memory.write(agents, "prompt", host.embed(ids), lengths, want_states=states)
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
        raise BadInput(say("error.prompt.prompt_empty_least_token"))
    top = max((max(p) for p in prompts if p), default=0)
    if top >= host.input_weight.shape[0] or min((min(p) for p in prompts if p), default=0) < 0:
        raise BadInput(
            say(
                "error.prompt.token_id_not_vocabulary",
                top=top,
                name=host.name,
                value=host.vocab_size - 1,
            )
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
