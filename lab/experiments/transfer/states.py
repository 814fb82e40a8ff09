"""Hidden states and cache entries of two models on the same texts, paired where both have read the
same words.

With one tokenizer every position has its partner; with two, positions are paired where the text
read so far is equal. It does not know what is fitted on the pairs or measured with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab import worlds
from lab.engine.memory import LatentMemory
from lab.engine.prompt import pad_ids
from lab.engine.rotary import shift_keys
from lab.models.host import Host
from lab.worlds.problem import HELD_OUT_SEEDS
from lab.worlds.prompts import pocket_prompts

BATCH = 64
Doc = tuple[str, str]
"""What the user says and what the model replies."""


@dataclass(frozen=True)
class Reading:
    """One host's states at chosen positions of many texts."""

    states: NDArray[np.float32]
    """(n_layers + 1, n, D)"""
    keys: list[NDArray[np.float32]]
    """Per layer (n, kv_heads · head_dim), rotation undone."""
    values: list[NDArray[np.float32]]
    doc: NDArray[np.int64]
    """(n,) number of the text of every row."""


def ledger_docs(n: int, seed: int) -> list[Doc]:
    """Training problems of the ledger (not the held-out ones) with the thought in words.

    Args:
        n: number of texts.
        seed: the same seed gives the same texts.
    """
    made = worlds.make_problems("ledger", n, seed=HELD_OUT_SEEDS + seed)
    prompts = pocket_prompts()
    return [(prompts.user("solver", p.question, p.facts), p.thought) for p in made]


def almanac_docs(n: int, seed: int) -> list[Doc]:
    """Another domain: questions about people, answered in a sentence.

    Args:
        n: number of texts.
        seed: the same seed gives the same texts.
    """
    return [(p.question, p.answer) for p in worlds.make_problems("almanac", n, seed=seed)]


def read_pairs(
    a: Host, b: Host, docs: Sequence[Doc], with_cache: bool = False
) -> tuple[Reading, Reading]:
    """Both hosts' states on the same texts, row i of one beside row i of the other.

    Positions are those of the reply, from the one that starts it (nothing of it read yet) to its
    last word.

    Args:
        a, b: the two models; they may spell a text with other ids.
        docs: texts that both read.
        with_cache: also return keys and values of every layer.
    """
    chosen_a: list[list[int]] = []
    chosen_b: list[list[int]] = []
    ids_a, ids_b = [], []
    for doc in docs:
        (tokens_a, ends_a), (tokens_b, ends_b) = _spell(a, doc), _spell(b, doc)
        common = sorted(set(ends_a) & set(ends_b))
        chosen_a.append([ends_a[e] for e in common])
        chosen_b.append([ends_b[e] for e in common])
        ids_a.append(tokens_a)
        ids_b.append(tokens_b)
    return _read(a, ids_a, chosen_a, with_cache), _read(b, ids_b, chosen_b, with_cache)


def _spell(host: Host, doc: Doc) -> tuple[list[int], dict[int, int]]:
    """Token ids of a text, and for every length of reply (in characters) the position at which it
    has been read."""
    user = {"role": "user", "content": doc[0]}
    opened = host.render([user])
    closed = host.render(
        [user, {"role": "assistant", "content": doc[1]}], add_generation_prompt=False
    )
    ids = closed[: len(closed) - 1] if closed[-1] in host.eos_ids else closed
    ends = {0: len(opened) - 1}
    read = 0
    for position in range(len(opened), len(ids)):
        read += len(host.text([ids[position]]).strip())
        ends[read] = position
    return ids, ends


@torch.no_grad()
def _read(host: Host, ids: list[list[int]], chosen: list[list[int]], with_cache: bool) -> Reading:
    states, keys, values = [], [], []
    for start in range(0, len(ids), BATCH):
        part, wanted = ids[start : start + BATCH], chosen[start : start + BATCH]
        padded, lengths = pad_ids(part, host.device)
        memory = LatentMemory(host, len(part))
        block = memory.write("reader", "prompt", host.embed(padded), lengths, want_states=True)
        width = padded.shape[1]
        rows = torch.tensor([r for r, w in enumerate(wanted) for _ in w], device=host.device)
        columns = torch.tensor(
            [width - lengths[r] + p for r, w in enumerate(wanted) for p in w], device=host.device
        )
        states.append(torch.stack([s[rows, columns] for s in block.states or ()]).float().cpu())
        if with_cache:
            pairs = [
                (shift_keys(host, i, k, -memory.positions), v)
                for i, (k, v) in enumerate(memory.cache.pairs())
            ]
            keys.append([_flat(k, rows, columns) for k, _ in pairs])
            values.append([_flat(v, rows, columns) for _, v in pairs])
    layers = range(host.n_layers if with_cache else 0)
    return Reading(
        torch.cat(states, 1).numpy(),
        [torch.cat([batch[i] for batch in keys]).numpy() for i in layers],
        [torch.cat([batch[i] for batch in values]).numpy() for i in layers],
        np.repeat(np.arange(len(chosen)), [len(w) for w in chosen]),
    )


def _flat(x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """(n, heads · width) of (B, heads, S, width)."""
    return x.transpose(1, 2)[rows, columns].flatten(1).float().cpu()
