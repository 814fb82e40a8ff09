"""LatentMemory: a KV cache that knows who wrote every slot, and at which rotary position.

The cache holds B rows side by side. Every appended block is left-padded, so its last column is real
in every row that wrote anything. Positions travel with their slots through crops and merges: a key
keeps the rotation it was written with. It knows neither methods nor prompts; what is written comes
as embeddings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.engine.cache import GrowingCache
from lab.engine.fast import fast_backbone
from lab.engine.masks import Mask, attention_mask
from lab.engine.memory_verbs import require
from lab.engine.ownership import Part, cut_parts, noted, strip_of
from lab.engine.rotary import shift_keys
from lab.engine.state_cache import empty_cache, state_bytes
from lab.engine.state_forward import read_on
from lab.engine.static_step import static_step
from lab.engine.views import Block, MemoryView
from lab.errors import BadInput, SpaceMismatch
from lab.events import Kind, Segment
from lab.models.host import Host
from lab.notebook import grid
from lab.words import say

Keep = Literal["keep_all", "last_agent", "latent_only"]


class LatentMemory:
    """The working memory that agents hand to each other."""

    def __init__(self, host: Host, rows: int = 1) -> None:
        self.host = host
        self.rows = rows
        self.cache = empty_cache(host)
        self.parts: list[Part] = []
        self.hidden: dict[str, Tensor] = {}
        """agent → (B, m, D) hidden states of its latent steps, before alignment."""
        self.next_positions = [0] * rows
        """Rotary position that each row's next slot gets."""
        self.last: Tensor | None = None
        """(B, D) last layer after the final norm, over each row's last slot; None before anything
        was written."""
        self.dense = True
        """True while no slot is padding or masked out."""
        self._mask = torch.empty((rows, 0), dtype=torch.bool, device=host.device)
        self._positions = torch.empty((rows, 0), dtype=torch.long, device=host.device)
        self._length = 0

    def __repr__(self) -> str:
        rows = f", {self.rows} rows" if self.rows > 1 else ""
        parts = ", ".join(f"{s.agent}: {s.length} {s.kind}" for s in self.strip() if s.kept)
        return f"LatentMemory({self.host.name}{rows}, {self.kv_len} slots: {parts or 'empty'})"

    def _repr_html_(self) -> str:
        rows = [(s.agent, s.kind, s.length, s.start if s.kept else "dropped") for s in self.strip()]
        note = f"{self.kv_len} slots, {self.kv_bytes:,} bytes of keys and values" + (
            f", {self.rows} rows; the first one is shown" if self.rows > 1 else ""
        )
        heads = ("written by", "as", "slots", "from slot")
        return grid(f"Memory of {self.host.name}", heads, rows, note)

    # -- what is in it

    @property
    def kv_len(self) -> int:
        """Columns of the cache (padding included; for one row, its slots)."""
        return self._length

    @property
    def mask(self) -> Bool[Tensor, "batch slots"]:
        """(B, S) True for slots that later queries may see."""
        return self._mask[:, : self._length]

    @property
    def positions(self) -> Int[Tensor, "batch slots"]:
        """(B, S) rotary position of every slot."""
        return self._positions[:, : self._length]

    @property
    def kv_bytes(self) -> int:
        """Bytes of all keys, values and running states in use, measured on the tensors."""
        slots = sum(t.numel() * t.element_size() for pair in self.cache.pairs() for t in pair)
        return slots + state_bytes(self.cache)

    def row_len(self, row: int) -> int:
        """Slots of one row that can be seen."""
        if self.dense:
            return self._length
        return int(self.mask[row].sum())

    def row_bytes(self, row: int) -> int:
        """Bytes of the keys and values of one row's visible slots."""
        return self.kv_bytes // max(1, self.rows * self._length) * self.row_len(row)

    def require_last(self) -> Float[Tensor, "batch dim"]:
        """`last`, (B, D).

        Raises:
            BadInput: if nothing was written yet.
        """
        if self.last is None:
            raise BadInput(say("error.memory.nothing_was_read_yet"))
        return self.last

    @property
    def segments(self) -> list[Segment]:
        """Who wrote what, for the first row; see `strip`."""
        return list(self.strip(0))

    def strip(self, row: int = 0) -> tuple[Segment, ...]:
        """One row's slots in the order of writing, padding left out; dropped segments stay, marked
        ``kept=False``."""
        return strip_of(self.parts, row)

    # -- verbs

    @torch.no_grad()
    def write(
        self,
        agents: str | Sequence[str],
        kind: Kind,
        embeds: Float[Tensor, "batch new dim"],
        lengths: Sequence[int] | None = None,
        want_states: bool = False,
        want_attentions: bool = False,
    ) -> Block:
        """Run T new input embeddings through the host and append them.

        Args:
            agents: writer of all rows, or one name per row.
            kind: ``prompt``, ``latent`` or ``token``.
            embeds: (B, T, D); rows are left-padded.
            lengths: real positions per row (the last ones); None means all T.
            want_states: return the hidden states of all layers.
            want_attentions: return attention weights (only under eager attention).

        Raises:
            BadInput: if the context would become longer than the model's window, or the rows do not
                match.
        """
        rows, new = embeds.shape[:2]
        if rows != self.rows:
            raise BadInput(say("error.memory.memory_rows_write_expand", rows=self.rows, rows2=rows))
        counts = [new] * rows if lengths is None else list(lengths)
        self._require_room(max(n + c for n, c in zip(self.next_positions, counts, strict=True)))
        full = all(count == new for count in counts)
        positions = self._new_positions(counts, new, full)
        self._append(positions, counts, full)
        highest = max(self.next_positions) - 1
        self.host.positions_run += rows * new
        if self.host.state_kinds:
            wanted = (want_states, want_attentions)
            block = read_on(
                self.host, self.cache, embeds, counts, self.mask, self.positions, *wanted
            )
        else:
            mask = attention_mask(self.host, self.mask, self.positions, new, self.dense, highest)
            block = self._forward(embeds, mask, positions, want_states, want_attentions)
        self._remember_last(block.last[:, -1], counts)
        names = (agents,) * rows if isinstance(agents, str) else tuple(agents)
        noted(self.parts, names, kind, (self._length - new, new), tuple(counts))
        return block

    def read(self, agent: str | None = None, kind: Kind | None = None) -> MemoryView:
        """The slots of one agent and kind (or of all).

        Args:
            agent: writer of the slots; None means all.
            kind: ``prompt``, ``latent`` or ``token``; None means all.
        """
        columns = self.columns(agent, kind)
        index = torch.tensor(columns, dtype=torch.long, device=self.host.device)
        pairs = self.cache.pairs()
        hidden = {a: h for a, h in self.hidden.items() if agent in (None, a)}
        return MemoryView(
            index,
            self.mask[:, index],
            self.positions[:, index],
            [k[:, :, index.to(k.device)] for k, _ in pairs],
            [v[:, :, index.to(v.device)] for _, v in pairs],
            hidden,
        )

    def columns(self, agent: str | None = None, kind: Kind | None = None) -> list[int]:
        """The columns of one agent and kind (or of all), in order.

        Args:
            agent: writer of the columns; None means all.
            kind: ``prompt``, ``latent`` or ``token``; None means all.
        """
        return self._columns(
            lambda p: (agent is None or agent in p.agents) and (kind is None or p.kind == kind)
        )

    def crop(self, keep: Keep | Iterable[int] | Tensor, carry_positions: bool = True) -> None:
        """Drop slots; what stays keeps its rotary position.

        Args:
            keep: a policy (``last_agent``: all slots of the agent that wrote last; ``latent_only``:
                latents of all agents), column numbers, or a (B, S) boolean tensor that says per row
                what stays visible.
            carry_positions: False numbers the next slot by the shortened length, although the keys
                that stay are rotated by their old positions: the official LatentMAS code does so,
                and the failure lab shows what it costs.
        """
        if isinstance(keep, Tensor) and keep.dim() == 2:
            require(self.host, "crop")
            self._mask[:, : self._length] &= keep.to(self._mask.device)
            self.dense = bool(self.mask.all())
        else:
            columns = (
                self._policy_columns(keep) if isinstance(keep, str) else [int(c) for c in keep]
            )
            if len(columns) < self._length:
                self._keep_columns(columns)
        if not carry_positions:
            self.next_positions = [self.row_len(row) for row in range(self.rows)]

    def fork(self) -> LatentMemory:
        """An independent copy: writing into it leaves this one as it is."""
        return self._with(self.cache.copied(), self._mask, self._positions)

    def take(self, other: LatentMemory, agents: tuple[str, ...]) -> None:
        """Be what another memory is, in place.

        Args:
            other: of the same host, with as many rows; used up.
            agents: who counts as its writer, per row.
        """
        self.cache, self._mask, self._positions = other.cache, other._mask, other._positions
        self._length, self.next_positions = other._length, other.next_positions
        self.dense, self.last = other.dense, other.last
        self.parts = [replace(part, agents=agents) for part in other.parts]

    def before_last(self, slots: int) -> LatentMemory:
        """A copy as it was before its last columns were written; what follows takes up their
        positions.

        Args:
            slots: how many columns, real in every row.
        """
        earlier = self.fork()
        if slots:
            earlier.crop(range(self.kv_len - slots))
            earlier.next_positions = [position - slots for position in self.next_positions]
        return earlier

    def forget_last(self, slots: Sequence[int]) -> None:
        """Hide each row's last slots, as if they had never been written; what follows takes up
        their positions.

        Args:
            slots: (B,) how many of the last columns, all real in their row.
        """
        before = torch.tensor([self.kv_len - n for n in slots], device=self.host.device)
        self.crop(torch.arange(self.kv_len, device=self.host.device) < before[:, None])
        self.next_positions = [p - n for p, n in zip(self.next_positions, slots, strict=True)]

    def forget_all(self, rows: Sequence[int]) -> None:
        """Empty some rows: nothing of them is seen, and what follows starts at position 0."""
        keep = torch.ones((self.rows, self.kv_len), dtype=torch.bool, device=self.host.device)
        keep[list(rows)] = False
        self.crop(keep)
        for row in rows:
            self.next_positions[row] = 0

    def select_rows(self, rows: Sequence[int]) -> LatentMemory:
        """A copy with these rows, in this order (a row may occur several times)."""
        index = torch.tensor(list(rows), dtype=torch.long, device=self.host.device)
        cache = self.cache.copied(index)
        other = self._with(cache, self._mask[index], self._positions[index], rows=list(rows))
        other.dense = self.dense or bool(other.mask.all())
        return other

    def expand(self, n: int) -> LatentMemory:
        """A copy in which every row stands n times, neighbours together."""
        return self.select_rows([row for row in range(self.rows) for _ in range(n)])

    def shift(self, by: int, rerotate: bool = True) -> None:
        """Move all slots to positions ``by`` later; without ``rerotate`` only the numbers move, the
        wrong variant."""
        require(self.host, "crop")
        if rerotate and self._length:
            amount = torch.full((self.rows,), by, device=self.host.device)
            for number, layer in enumerate(self.cache.written):
                layer.keys[:] = shift_keys(self.host, number, layer.keys, amount)
        self._positions = self._positions + by
        self.next_positions = [p + by for p in self.next_positions]

    @staticmethod
    def merge_kv(memories: Sequence[LatentMemory], rerotate: bool = True) -> LatentMemory:
        """Concatenate separate caches into one; see `merge_kv`.

        Args:
            memories, rerotate: as there.
        """
        return merge_kv(memories, rerotate)

    # -- inside

    def _require_room(self, need: int) -> None:
        if need > self.host.window:
            raise BadInput(
                say(
                    "error.memory.context_would_tokens_long",
                    need=need,
                    window=self.host.window,
                    name=self.host.name,
                )
            )

    def _forward(
        self,
        embeds: Float[Tensor, "batch new dim"],
        mask: Mask,
        positions: Int[Tensor, "batch new"],
        want_states: bool,
        want_attentions: bool,
    ) -> Block:
        if embeds.shape[1] == 1 and not want_attentions and not isinstance(mask, dict):
            step = static_step(self.host, self.rows, self._length)
            if step is not None and self.cache.written:
                seen = step(embeds, mask, positions, self.cache)
                # the next step writes where these stand
                states = tuple(seen.clone()) if want_states else None
                return Block(states[-1] if states else seen[-1].clone(), states, positions)
        if not want_attentions and not isinstance(mask, dict):
            fast = fast_backbone(self.host)
            if fast is not None:
                last, layers = fast(embeds, mask, positions, self.cache, want_states)
                return Block(last, layers, positions)
        out = self.host.backbone(
            inputs_embeds=embeds,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=self.cache,
            use_cache=True,
            output_hidden_states=want_states,
            output_attentions=want_attentions,
        )
        states = out.hidden_states if want_states else None
        return Block(
            out.last_hidden_state, states, positions, out.attentions if want_attentions else None
        )

    def _remember_last(self, last: Float[Tensor, "batch dim"], counts: list[int]) -> None:
        if self.last is None or all(counts):
            self.last = last.clone()  # a view would keep the states of the whole prompt alive
        else:
            wrote = torch.tensor([bool(c) for c in counts], device=last.device)
            self.last = torch.where(wrote[:, None], last, self.last)

    def _new_positions(self, counts: list[int], new: int, full: bool) -> Int[Tensor, "batch new"]:
        device = self.host.device
        starts = self.next_positions
        if full and len(set(starts)) == 1:
            return torch.arange(starts[0], starts[0] + new, device=device).expand(self.rows, new)
        first = torch.tensor(
            [s + c - new for s, c in zip(starts, counts, strict=True)], device=device
        )
        return (first[:, None] + torch.arange(new, device=device)).clamp_(min=0)

    def _append(self, positions: Int[Tensor, "batch new"], counts: list[int], full: bool) -> None:
        new = positions.shape[1]
        end = self._length + new
        if end > self._mask.shape[1]:
            room = (self.rows, max(128, 2 * end) - self._mask.shape[1])
            self._mask = torch.cat([self._mask, self._mask.new_zeros(room)], 1)
            self._positions = torch.cat([self._positions, self._positions.new_zeros(room)], 1)
        self._positions[:, self._length : end] = positions
        if full:
            self._mask[:, self._length : end] = True
        else:
            pads = torch.tensor([new - c for c in counts], device=self._mask.device)
            real = torch.arange(new, device=self._mask.device) >= pads[:, None]
            self._mask[:, self._length : end] = real
            self.dense = False
        self._length = end
        self.next_positions = [p + c for p, c in zip(self.next_positions, counts, strict=True)]

    def _columns(self, wanted: Callable[[Part], bool]) -> list[int]:
        chosen = [p for p in self.parts if p.kept and wanted(p)]
        return [c for p in chosen for c in range(p.columns[0], p.columns[0] + p.columns[1])]

    def _policy_columns(self, policy: str) -> list[int]:
        kept = [p for p in self.parts if p.kept]
        if policy == "keep_all" or not kept:
            return list(range(self._length))
        if policy == "last_agent":
            last = kept[-1].agents
            return self._columns(lambda p: p.agents == last)
        if policy == "latent_only":
            return self._columns(lambda p: p.kind == "latent")
        raise BadInput(say("error.memory.cache_policy_keep_all", policy=policy))

    def _keep_columns(self, columns: list[int]) -> None:
        require(self.host, "crop")
        columns = sorted(set(columns))
        index = torch.tensor(columns, dtype=torch.long, device=self.host.device)
        mask = self.mask.clone()
        self.cache = GrowingCache.of(
            [
                (k[:, :, index.to(k.device)], v[:, :, index.to(v.device)])
                for k, v in self.cache.pairs()
            ]
        )
        self._mask, self._positions = self.mask[:, index], self.positions[:, index]
        self._length = len(columns)
        self.parts = cut_parts(self.parts, set(columns), mask)
        self.dense = self.dense or bool(self.mask.all())

    def _with(
        self,
        cache: GrowingCache,
        mask: Tensor,
        positions: Tensor,
        rows: list[int] | None = None,
    ) -> LatentMemory:
        rows = list(range(self.rows)) if rows is None else rows
        other = LatentMemory(self.host, len(rows))
        other.cache = cache
        other._mask, other._positions, other._length = mask.clone(), positions.clone(), self._length
        other.next_positions = [self.next_positions[r] for r in rows]
        other.dense = self.dense
        other.last = None if self.last is None else self.last[rows]
        other.hidden = {agent: h[rows] for agent, h in self.hidden.items()}
        other.parts = [
            replace(
                p,
                agents=tuple(p.agents[r] for r in rows),
                lengths=tuple(p.lengths[r] for r in rows),
            )
            for p in self.parts
        ]
        return other


@torch.no_grad()
def merge_kv(memories: Sequence[LatentMemory], rerotate: bool = True) -> LatentMemory:
    """Concatenate caches that were written separately (fan-in).

    Every memory's keys are rotated on, so that its slots follow those of the memories before it.
    With ``rerotate=False`` all keep their old positions and overlap: the wrong variant, kept for
    the failure lab.

    Args:
        memories: in the order in which the reader finds them, all with as many rows.
        rerotate: move each memory's keys behind those of the memories before it.

    Raises:
        SpaceMismatch: if the memories are of different hosts.
        BadInput: if there is none, or the rows differ, or the host's positions cannot be moved.
    """
    if not memories:
        raise BadInput(say("error.memory.there_nothing_merge_least"))
    first = memories[0]
    if any(m.host.digest != first.host.digest for m in memories):
        names = ", ".join(sorted({m.host.name for m in memories}))
        raise SpaceMismatch(say("error.memory.cannot_merge_caches_model", names=names))
    if any(m.rows != first.rows for m in memories):
        raise BadInput(say("error.memory.cannot_merge_memories_different"))
    require(first.host, "merge")
    device = first.host.device
    offset = torch.zeros(first.rows, dtype=torch.long, device=device)
    pieces: list[list[tuple[Tensor, Tensor]]] = []
    positions: list[Tensor] = []
    merged = LatentMemory(first.host, first.rows)
    column = 0
    for memory in memories:
        pairs = memory.cache.pairs()
        if rerotate and bool(offset.any()):
            pairs = [(shift_keys(first.host, i, k, offset), v) for i, (k, v) in enumerate(pairs)]
        pieces.append(pairs)
        positions.append(memory.positions + (offset[:, None] if rerotate else 0))
        merged.parts += [
            replace(p, columns=(p.columns[0] + column, p.columns[1])) for p in memory.parts
        ]
        merged.hidden.update(memory.hidden)
        column += memory.kv_len
        offset = offset + torch.tensor(memory.next_positions, device=device)
    layers = list(zip(*(p for p in pieces if p), strict=True))
    merged.cache = GrowingCache.of(
        [
            (torch.cat([k for k, _ in layer], 2), torch.cat([v for _, v in layer], 2))
            for layer in layers
        ]
    )
    merged._mask = torch.cat([m.mask for m in memories], 1)
    merged._positions = torch.cat(positions, 1)
    merged._length = column
    merged.dense = all(m.dense for m in memories)
    last = [max(m.next_positions[r] for m in memories) for r in range(first.rows)]
    merged.next_positions = offset.tolist() if rerotate else last
    merged.last = memories[-1].last
    return merged
