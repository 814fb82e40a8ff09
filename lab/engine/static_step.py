"""One step of every row as a single recorded piece of work: keys and values in buffers that never
move, so that a GPU replays its kernels as one CUDA graph instead of being told each by Python.

The step's mathematics is that of `lab.engine.fast`; here the cache has a fixed room, and which
slots are seen is a mask. A memory lends its cache to the step while it grows; when another memory
comes, the first one gets its slots back as its own. It does not know who writes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary, ref

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.engine.cache import GrowingCache
from lab.engine.fast import FastBackbone, fast_backbone
from lab.models.host import Host

ROOM = 256
"""Slots are recorded in multiples of this, so that few steps have to be recorded anew."""
KEPT = 2
"""Recorded steps that are kept per host: one for each size of batch in use."""

_MADE: WeakKeyDictionary[FastBackbone, dict[tuple[int, int], StaticStep]] = WeakKeyDictionary()
Body = Callable[[], None]


class StaticStep:
    """A step for B rows on top of at most C slots.

    Args:
        fast: the host's straight way, whose weights are used.
        host: gives device and dtype.
        rows: B.
        room: C.
        record: how the step's body becomes one piece; None: a CUDA graph on a GPU, else as it is.
    """

    def __init__(
        self,
        fast: FastBackbone,
        host: Host,
        rows: int,
        room: int,
        record: Callable[[Body], Body] | None = None,
    ) -> None:
        self.fast, self.rows, self.room = fast, rows, room
        count, device = len(fast.layers), host.device
        shape = (count, rows, fast.kv_heads, room, fast.width)
        self.keys = torch.zeros(shape, dtype=host.dtype, device=device)
        self.values = torch.zeros(shape, dtype=host.dtype, device=device)
        self.embeds = torch.zeros((rows, 1, host.d_model), dtype=host.dtype, device=device)
        self.positions = torch.zeros((rows, 1), dtype=torch.long, device=device)
        self.slot = torch.zeros(1, dtype=torch.long, device=device)
        self.seen = torch.zeros((rows, 1, 1, room), dtype=torch.bool, device=device)
        self.seen[..., 0] = True  # a row that sees nothing would become NaN
        states = (count + 1, rows, 1, host.d_model)
        self.states = torch.zeros(states, dtype=host.dtype, device=device)
        """(L + 1, B, 1, D); the last one after the final norm."""
        self._owner: ref[GrowingCache] | None = None
        self._run = (record or (_cuda_graph if device.type == "cuda" else _as_it_is))(self._body)

    @torch.no_grad()
    def __call__(
        self,
        embeds: Float[Tensor, "batch 1 dim"],
        mask: Bool[Tensor, "batch 1 1 slots"] | None,
        positions: Int[Tensor, "#batch 1"],
        cache: GrowingCache,
    ) -> Float[Tensor, "layers batch 1 dim"]:
        """Append one position per row.

        Args:
            embeds: (B, 1, D).
            mask: (B, 1, 1, S) the slots that may be seen, the new one included; None: all.
            positions: (B, 1) or (1, 1).
            cache: of S - 1 slots; gets one more, and stands in this step's buffers from now on.

        Returns:
            (L + 1, B, 1, D), overwritten by the next step.
        """
        self._lend(cache)
        total = cache.written[0].keys.shape[2] + 1
        self.embeds.copy_(embeds)
        self.positions.copy_(positions.expand(self.rows, 1))
        self.slot.fill_(total - 1)
        self.seen.zero_()
        self.seen[..., :total] = True if mask is None else mask
        self._run()
        for layer in cache.written:
            layer.extend_to(total)
        return self.states

    def _lend(self, cache: GrowingCache) -> None:
        owner = self._owner() if self._owner is not None else None
        if owner is cache and all(
            layer.stands_in(keys) for layer, keys in zip(cache.written, self.keys, strict=True)
        ):
            return
        self.give_back()
        for layer, keys, values in zip(cache.written, self.keys, self.values, strict=True):
            layer.move_into(keys, values)
        self._owner = ref(cache)

    def give_back(self) -> None:
        """Let the memory whose cache stands here have it as its own."""
        owner = self._owner() if self._owner is not None else None
        if owner is not None:
            for number, layer in enumerate(owner.written):
                if layer.stands_in(self.keys[number]):
                    layer.adopt(layer.keys, layer.values)
        self._owner = None

    def _body(self) -> None:
        """Llama's and Qwen3's step, straight; every tensor it touches stands at a fixed place."""
        fast, rows = self.fast, self.rows
        cos = fast.cos[self.positions][:, :, None]
        sin = fast.sin[self.positions][:, :, None]
        self.states[0] = self.embeds
        h = self.embeds.float()
        width, both = h.shape[-1], fast.heads + fast.kv_heads
        for number, layer in enumerate(fast.layers):
            x = F.rms_norm(h, (width,), layer.norm_in, fast.eps).to(fast.dtype)
            qkv = F.linear(x, layer.qkv, layer.bias)
            qkv = qkv.view(rows, 1, both + fast.kv_heads, fast.width)
            qk = qkv[:, :, :both]
            if layer.norm_qk is not None:
                qk = F.rms_norm(qk, (fast.width,), None, fast.eps) * layer.norm_qk
            qk = torch.addcmul(qk * cos, qk.roll(fast.width // 2, -1), sin).transpose(1, 2)
            keys, values = self.keys[number], self.values[number]
            keys.index_copy_(2, self.slot, qk[:, fast.heads :])
            values.index_copy_(2, self.slot, qkv[:, :, both:].transpose(1, 2))
            q = qk[:, : fast.heads].reshape(rows, fast.kv_heads, fast.repeat, fast.width)
            out = F.scaled_dot_product_attention(q, keys, values, self.seen)
            h = h + F.linear(out.reshape(rows, 1, fast.heads * fast.width), layer.out)
            x = F.rms_norm(h, (width,), layer.norm_mid, fast.eps).to(fast.dtype)
            gate, up = F.linear(x, layer.gate_up).chunk(2, -1)
            h = h + F.linear(F.silu(gate) * up, layer.down)
            self.states[number + 1] = h.to(fast.dtype)
        self.states[-1] = F.rms_norm(h, (width,), fast.norm, fast.eps).to(fast.dtype)


def static_step(host: Host, rows: int, total: int) -> StaticStep | None:
    """The recorded step for these many rows and slots; None where steps are told one by one: on a
    CPU, where nothing is won, and for architectures outside `lab.engine.fast`.

    Args:
        rows: B.
        total: slots, the new one included.
    """
    if host.recorded_steps == "never" or (
        host.recorded_steps == "on a GPU" and host.device.type != "cuda"
    ):
        return None
    fast = fast_backbone(host)
    if fast is None:
        return None
    made = _MADE.setdefault(fast, {})
    room = min(-(-total // ROOM) * ROOM, -(-host.window // ROOM) * ROOM)
    if (rows, room) not in made:
        while len(made) >= KEPT:
            made.pop(next(iter(made))).give_back()
        made[rows, room] = StaticStep(fast, host, rows, room)
    return made[rows, room]


def _as_it_is(body: Body) -> Body:
    return body


def _cuda_graph(body: Body) -> Body:
    """Record the body's kernels once and replay them from then on."""
    stream: Any = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream), torch.no_grad():
        for _ in range(3):
            body()
    torch.cuda.current_stream().wait_stream(stream)
    graph: Any = torch.cuda.CUDAGraph()
    with torch.no_grad(), torch.cuda.graph(graph):
        body()
    replay: Body = graph.replay
    return replay
