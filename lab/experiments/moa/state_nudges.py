"""One hidden state moved: in which direction a token gains on another, and what the model says and
passes through after the move. Knows no samples and no forks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lab.engine.decode import generate_text
from lab.engine.memory import LatentMemory
from lab.models.host import Host
from lab.plan import Decoding


def gradient_of(
    host: Host, ids: Sequence[int], tokens: tuple[int, int], layer: int
) -> tuple[Tensor, Tensor]:
    """Which way each position's state must move so that the second token gains on the first.

    Args:
        host: the model.
        ids: (T) what it has read; the next token is in question.
        tokens: the two tokens.
        layer: the block whose input is moved, counted from 0.

    Returns:
        (T, D) gradient of the difference of the two logits, and (T) length of each state.
    """
    embeds = host.embed(torch.tensor([list(ids)], device=host.device))
    delta = torch.zeros_like(embeds, requires_grad=True)
    with torch.enable_grad(), added(host, layer, delta) as seen:
        out = host.backbone(inputs_embeds=embeds, use_cache=False)
        logits = host.model.get_output_embeddings()(out.last_hidden_state[0, -1])
        (logits[tokens[1]] - logits[tokens[0]]).backward()
    assert delta.grad is not None
    return delta.grad[0], seen[0][0].norm(dim=-1)


@torch.no_grad()
def said_after(
    host: Host, ids: Sequence[int], moves: Sequence[tuple[int, Tensor]], layer: int
) -> list[list[int]]:
    """What the model says after each move of one state, greedily.

    Args:
        host: the model.
        ids: what it has read.
        moves: (position, vector) of each.
        layer: the block whose input is moved, counted from 0.

    Returns:
        the tokens said after each move.
    """
    rows = len(moves)
    tokens = torch.tensor([list(ids)], device=host.device).expand(rows, -1)
    embeds = host.embed(tokens)
    delta = torch.zeros_like(embeds)
    for row, (column, vector) in enumerate(moves):
        delta[row, column] = vector
    memory = LatentMemory(host, rows)
    with added(host, layer, delta):
        memory.write("writer", "prompt", embeds)
    empty: list[list[int]] = [[] for _ in moves]
    return generate_text(host, empty, memory, Decoding(max_tokens=24)).ids


@contextmanager
def added(host: Host, layer: int, delta: Tensor) -> Iterator[list[Tensor]]:
    """While active, ``delta`` is added to the input of one block; yields what that input was.

    Args:
        host: the model.
        layer: number of the block, from 0.
        delta: (B, T, D).
    """
    seen: list[Tensor] = []

    def hook(_module: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        state = args[0] if args else kwargs["hidden_states"]
        seen.append(state.detach())
        if args:
            return (state + delta, *args[1:]), kwargs
        return args, {**kwargs, "hidden_states": state + delta}

    handle = host.layers[layer].register_forward_pre_hook(hook, with_kwargs=True)
    try:
        yield seen
    finally:
        handle.remove()


@torch.no_grad()
def states_after(
    host: Host, prompt: list[int], said: list[int], move: tuple[int, Tensor], layer: int
) -> npt.NDArray[np.float32]:
    """(T, D) the last layer's states that the said tokens were chosen from, one state moved.

    Args:
        host: the model.
        prompt: what it has read before.
        said: (T) the tokens.
        move: position and vector.
        layer: the block whose input is moved, counted from 0.
    """
    embeds = host.embed(torch.tensor([[*prompt, *said]], device=host.device))
    delta = torch.zeros_like(embeds)
    delta[0, move[0]] = move[1]
    memory = LatentMemory(host, 1)
    with added(host, layer, delta):
        last = memory.write("reader", "prompt", embeds).last.float().cpu()
    return np.asarray(last[0, len(prompt) - 1 : len(prompt) + len(said) - 1].numpy())
