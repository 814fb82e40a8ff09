"""What may happen to a cache on its way from sender to receiver.

Every function takes a memory and gives a new one; nothing is changed in place. Keys carry their
rotation, so whatever moves slots says what becomes of it. Maps between models are fitted elsewhere.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lab.engine.give import Pairs, with_pairs
from lab.engine.memory import LatentMemory
from lab.engine.rotary import require_rotary, shift_keys
from lab.errors import BadInput
from lab.experiments.transfer import conditions as c
from lab.models.host import Host
from lab.words import say


def keep_part(memory: LatentMemory, prompt_columns: int, part: c.Part) -> LatentMemory:
    """Only the slots of the prompt, only those of the latents, or both; positions stay as they were
    written."""
    other = memory.fork()
    if part == "prompt":
        other.crop(range(prompt_columns))
    elif part == "latent":
        other.crop(range(prompt_columns, memory.kv_len))
    return other


def other_problem(memory: LatentMemory, rows: list[int]) -> LatentMemory:
    """Every row gets the cache of another row, with its mask and positions."""
    return memory.select_rows(rows)


def noise(memory: LatentMemory, generator: torch.Generator) -> LatentMemory:
    """Random keys and values, each with the norm of the one it replaces."""
    return with_pairs(
        memory,
        [(_random_like(k, generator), _random_like(v, generator)) for k, v in _pairs(memory)],
    )


def shuffle_steps(
    memory: LatentMemory, prompt_columns: int, generator: torch.Generator
) -> LatentMemory:
    """The latent columns in random order; keys are turned to the positions they come to stand
    at."""
    m = memory.kv_len - prompt_columns
    order = torch.cat(
        [torch.arange(prompt_columns), prompt_columns + torch.randperm(m, generator=generator)]
    )
    order = order.to(memory.host.device)
    turn = memory.positions - memory.positions[:, order]
    pairs = [
        (shift_keys(memory.host, i, k[:, :, order], turn), v[:, :, order])
        for i, (k, v) in enumerate(_pairs(memory))
    ]
    return with_pairs(memory, pairs)


def change_norm(memory: LatentMemory, op: c.Norm) -> LatentMemory:
    """Keys or values (or both) longer, shorter or moved.

    Raises:
        BadInput: for a change that a cache does not have (norms are taken before keys and values
            are made).
    """
    if op.how not in ("scaled", "shifted"):
        raise BadInput(say("error.caches.cache_cannot_its_norm", how=op.how))

    def changed(x: Tensor) -> Tensor:
        if op.how == "scaled":
            return x * op.amount
        typical = x.float().norm(dim=-1, keepdim=True).mean()
        step = torch.ones(x.shape[-1], device=x.device) / x.shape[-1] ** 0.5
        moved: Tensor = x + (op.amount * typical * step).to(x.dtype)
        return moved

    keys, values = op.side in ("keys", "both"), op.side in ("values", "both")
    pairs = [(changed(k) if keys else k, changed(v) if values else v) for k, v in _pairs(memory)]
    return with_pairs(memory, pairs)


def shift_layers(memory: LatentMemory, by: int) -> LatentMemory:
    """Layer l gets the keys and values of layer l + by."""
    pairs = _pairs(memory)
    return with_pairs(memory, [pairs[(i + by) % len(pairs)] for i in range(len(pairs))])


def shift_positions(memory: LatentMemory, by: int, rerotate: bool) -> LatentMemory:
    """The same slots at later positions, keys turned along or not."""
    other = memory.fork()
    other.shift(by, rerotate=rerotate)
    return other


def crop(
    memory: LatentMemory, prompt_columns: int, op: c.Crop, generator: torch.Generator
) -> LatentMemory:
    """Keep a share of every row's slots: the nearest to the receiver, the farthest, or random
    ones."""
    real = memory.mask.cpu()
    eligible = real.clone()
    if op.of == "latent":
        eligible[:, :prompt_columns] = False
    keep = real & ~eligible
    for row in range(real.shape[0]):
        columns = eligible[row].nonzero().flatten()
        count = round(op.share * len(columns))
        if op.keep == "random":
            columns = columns[torch.randperm(len(columns), generator=generator)]
        chosen = columns[len(columns) - count :] if op.keep == "nearest" else columns[:count]
        keep[row, chosen] = True
    other = memory.fork()
    other.crop(keep, carry_positions=op.carry)
    return other


def rotary_base(memory: LatentMemory, base: float) -> LatentMemory:
    """Keys as a model with another rotary base would have rotated them (Su et al. 2021, eq. 15)."""
    require_rotary(memory.host)
    pairs = [
        (_rotate(shift_keys(memory.host, i, k, -memory.positions), memory.positions, base), v)
        for i, (k, v) in enumerate(_pairs(memory))
    ]
    return with_pairs(memory, pairs)


def project(memory: LatentMemory, receiver: Host, op: c.Project) -> LatentMemory:
    """Make the cache fit another shape without learning: layers by proportion, numbers cut or
    filled with zeros.

    Raises:
        BadInput: for a random projection; a cache only knows cutting and filling.
    """
    if op.how != "pad":
        raise BadInput(say("error.caches.cache_projected_cutting_filling"))
    source = _pairs(memory)
    pairs = [
        tuple(_pad(x, receiver).to(receiver.device, receiver.dtype) for x in source[i])
        for i in layer_partners(len(source), receiver.n_layers)
    ]
    return with_pairs(memory, [(k, v) for k, v in pairs], receiver)


def layer_partners(sender: int, receiver: int) -> list[int]:
    """For every layer of the receiver the sender's layer at the same relative depth."""
    if receiver == 1:
        return [sender - 1]
    return [round(i * (sender - 1) / (receiver - 1)) for i in range(receiver)]


def _pad(x: Tensor, receiver: Host) -> Tensor:
    out = x.new_zeros(x.shape[0], receiver.n_kv_heads, x.shape[2], receiver.head_dim)
    heads, width = min(x.shape[1], receiver.n_kv_heads), min(x.shape[3], receiver.head_dim)
    out[:, :heads, :, :width] = x[:, :heads, :, :width]
    return out


def _rotate(keys: Tensor, positions: Tensor, base: float) -> Tensor:
    width = keys.shape[-1]
    frequency = base ** (-torch.arange(0, width, 2, device=keys.device).float() / width)
    angle = positions[:, None, :, None].float() * frequency
    first, second = keys[..., : width // 2].float(), keys[..., width // 2 :].float()
    turned = torch.cat(
        [first * angle.cos() - second * angle.sin(), second * angle.cos() + first * angle.sin()], -1
    )
    return turned.to(keys.dtype)


def _random_like(x: Tensor, generator: torch.Generator) -> Tensor:
    random = torch.randn(x.shape, generator=generator).to(x)
    lengths = x.norm(dim=-1, keepdim=True)
    scaled: Tensor = random * (lengths / random.norm(dim=-1, keepdim=True).clamp_min(1e-12))
    return scaled


def _pairs(memory: LatentMemory) -> Pairs:
    return memory.cache.pairs()
