"""What prompts have in common is read once: the opening that a chat template puts in front of every
prompt once per model, and what the rows of a batch share once per batch.

Only at the beginning of an empty memory, where keys and values depend on nothing else. What is
taken over is a function of the prompts and the model alone, never of who asked before; numbers are
those of reading it all, up to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lab.engine.memory import LatentMemory
from lab.engine.views import Block
from lab.models.host import Host

WORTH = 2e9
"""Weights times positions that must be saved: below, one more call costs more than it saves."""


def read_once(
    memory: LatentMemory,
    agents: tuple[str, ...],
    prompts: Sequence[Sequence[int]],
    want_states: bool,
) -> Block | None:
    """Read prompts into an empty memory, what they share only once.

    Args:
        memory: gets a row per prompt.
        agents: writer of each row.
        prompts: token ids, none of them empty.
        want_states: return the hidden states of all layers.

    Returns:
        (B, T, …) left-padded as if everything had been read row by row; None where nothing worth
        it is shared, and nothing was read.
    """
    host, rows = memory.host, len(prompts)
    common = common_prefix(prompts)
    head = _opening(host)
    at = len(head) if common[: len(head)] == head else 0
    if host.n_params * (rows - 1) * (len(common) - at) < WORTH:
        common = common[:at]  # reading a few words apart would cost a call more than it saves
    if host.n_params * (rows * at + (rows - 1) * (len(common) - at)) < WORTH:
        return None
    one, blocks = LatentMemory(host), []
    if at:
        known, block = host.once(("opening", _version(host)), lambda: _read_opening(host))
        one, blocks = known.fork(), [block]
    if len(common) > at:
        ids = torch.tensor([common[at:]], device=host.device)
        blocks.append(one.write("shared", "prompt", host.embed(ids), want_states=want_states))
    memory.take(one.expand(rows), agents)
    rest = [list(prompt[len(common) :]) for prompt in prompts]
    lengths = [len(ids) for ids in rest]
    width = max(lengths)
    padded = torch.tensor([[0] * (width - len(r)) + r for r in rest], device=host.device)
    blocks.append(
        memory.write(agents, "prompt", host.embed(padded), lengths, want_states=want_states)
    )
    return _joined(blocks, [width - n for n in lengths], want_states)


def common_prefix(prompts: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """The tokens that all prompts begin with; every prompt keeps a last token of its own, because
    what follows it is each row's own."""
    shortest = min(len(prompt) for prompt in prompts) - 1
    first = prompts[0]
    for place in range(shortest):
        if any(prompt[place] != first[place] for prompt in prompts):
            return tuple(first[:place])
    return tuple(first[:shortest])


def _opening(host: Host) -> tuple[int, ...]:
    """What the chat template puts in front of every user's words."""

    def find() -> tuple[int, ...]:
        if host.tokenizer is None:
            return ()
        return common_prefix(
            [host.render([{"role": "user", "content": word}]) for word in ("a", "?")]
        )

    return host.once("opening's ids", find)


def _version(host: Host) -> int:
    """Changes whenever a weight is written to."""
    return sum([p._version for p in host.model.parameters()])


def _read_opening(host: Host) -> tuple[LatentMemory, Block]:
    memory = LatentMemory(host)
    ids = torch.tensor([_opening(host)], device=host.device)
    return memory, memory.write("shared", "prompt", host.embed(ids), want_states=True)


def _joined(blocks: list[Block], pads: list[int], want_states: bool) -> Block:
    """The blocks side by side, every row's padding moved to its front."""
    rows = len(pads)
    shared = sum(block.last.shape[1] for block in blocks[:-1])
    width = shared + blocks[-1].last.shape[1]
    device = blocks[-1].last.device
    column = torch.arange(width, device=device).expand(rows, width)
    pad = torch.tensor(pads, device=device)[:, None]
    # a row's columns: its padding (any column will do), what is shared, the rest in place
    source = torch.where(column < shared + pad, (column - pad).clamp(min=0), column)

    def join(pieces: list[Tensor]) -> Tensor:
        whole = torch.cat([piece.expand(rows, *piece.shape[1:]) for piece in pieces], 1)
        if not any(pads):
            return whole
        index = source if whole.dim() == 2 else source[..., None].expand_as(whole)
        return whole.gather(1, index)

    states = None
    if want_states:
        layers = zip(*(block.states or () for block in blocks), strict=True)
        states = tuple(join(list(pieces)) for pieces in layers)
    positions = join([block.positions for block in blocks])
    return Block(join([block.last for block in blocks]), states, positions)
