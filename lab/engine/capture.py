"""Keeping hidden states under a declared policy. What the policy or the budget leaves out is
counted and said.

Vectors leave the device while the next step is computed (`lab.engine.copy_out`), so that capturing
costs a step next to nothing. A *moment* is one slot of the cache: the token or latent that was fed
there, and the states that the model formed over it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lab.engine.capture_budget import Forecast, Spread, planned_layers, position_bytes
from lab.engine.copy_out import CopyOut
from lab.events import Kind
from lab.models.host import Host
from lab.plan import CapturePlan
from lab.records.block import CapturedBlock
from lab.records.tensors import Raw
from lab.words import say

Clock = Callable[[], float]


class Capture:
    """All vectors of one run, until the writer takes them.

    Args:
        plan: which vectors are wanted, and their budget.
        forecast: what the run will bring, so that the budget is spread over it; None: first come,
            first served.
    """

    def __init__(self, plan: CapturePlan | None = None, forecast: Forecast | None = None) -> None:
        self.plan = plan or CapturePlan()
        self._spread = Spread(self.plan, forecast)
        self._thinned: dict[str, tuple[int, int]] = {}
        self.left_out: Counter[tuple[str, str, str]] = Counter()
        """(lane, agent, kind) → positions that the budget left out."""
        self._next = 0
        self._blocks: list[CapturedBlock] = []

    def layers(self, host: Host) -> tuple[int, ...]:
        """The layers that are kept of this host, 0 is the embedding."""
        kept, planned = self._spread.layers(host), len(planned_layers(self.plan, host))
        if len(kept) < planned:
            self._thinned[host.name] = (len(kept), planned)
        return kept

    def tape(
        self, lane: str, agents: Sequence[str], host: Host, clock: Clock | None = None
    ) -> Tape:
        """Where one batch of agents puts its vectors; close it when they are done.

        Args:
            lane: the lane they work in.
            clock: gives seconds since the run began; None: since an arbitrary moment.
        """
        return Tape(self, lane, tuple(agents), host, clock or time.perf_counter)

    def drain(self) -> list[CapturedBlock]:
        """The blocks that are complete since the last call."""
        done, self._blocks = self._blocks, []
        return done

    def notes(self) -> list[str]:
        """Sentences on what was left out, for the record."""
        said = [self._over_budget(kind) for kind in sorted({key[2] for key in self.left_out})]
        said += [
            say("said.capture.thinned", host=name, kept=kept, planned=planned)
            for name, (kept, planned) in sorted(self._thinned.items())
        ]
        missing = [kind for kind in ("prompt", "latent", "token") if kind not in self.plan.kinds]
        if missing and self.plan.layers != "none":
            said.append(say("said.capture.kinds", kinds=" and no ".join(missing)))
        if self.plan.layers == "none":
            said.append(say("said.capture.none"))
        elif self.plan.layers != "all":
            said.append(say("said.capture.layers", layers=self.plan.layers))
        return said

    def _over_budget(self, kind: str) -> str:
        """How many moments of a kind were left out: of one agent, or of so many together."""
        of = {key[:2]: count for key, count in self.left_out.items() if key[2] == kind}
        (lane, agent), told = next(iter(of)), {"kind": kind, "budget": self.plan.budget_mb}
        count = sum(of.values())
        if len(of) == 1:
            return say("said.capture.over_budget", count=count, agent=agent, lane=lane, **told)
        return say("said.capture.over_budget_all", count=count, agents=len(of), **told)

    def reserve(self, lane: str, agent: str, host: Host, kind: Kind, n: int) -> int | None:
        """Numbers for n neighbouring moments (the first one), or None where they will not be
        kept.

        Args:
            lane, agent: whose moments; counted in `left_out` where the budget is used up.
            kind: ``prompt``, ``latent`` or ``token``.
            n: neighbouring moments.
        """
        layers = len(self.layers(host))
        if n == 0 or layers == 0 or kind not in self.plan.kinds:
            return None
        if not self._spread.take(kind, n * layers * position_bytes(host)):
            self.left_out[lane, agent, kind] += n
            return None
        first, self._next = self._next, self._next + n
        return first

    def _store(self, block: CapturedBlock) -> None:
        self._blocks.append(block)


@dataclass(frozen=True)
class Recording:
    """Where a batch of agents puts what happens, and under which name."""

    capture: Capture
    lane: str = ""
    clock: Clock | None = None
    """Seconds since the run began; None: since an arbitrary moment."""

    def tape(self, agents: Sequence[str], host: Host) -> Tape:
        """A tape for these agents; close it when they are done."""
        return self.capture.tape(self.lane, agents, host, self.clock)


@dataclass
class _Frame:
    """The states of T columns for all rows, and what was noted of each real position."""

    kind: Kind
    states: Tensor
    """(layers, B, T, D) in the CPU's memory, once they have arrived."""
    rows: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    """row → notes of its real positions, which are the last ones of the T columns."""


class Tape:
    """The vectors of one batch of agents while they work."""

    def __init__(
        self, capture: Capture, lane: str, agents: tuple[str, ...], host: Host, clock: Clock
    ) -> None:
        self.capture, self.lane, self.agents, self.host, self.clock = (
            capture,
            lane,
            agents,
            host,
            clock,
        )
        self.layers = capture.layers(host)
        self._frames: list[_Frame] = []
        self._out = CopyOut(host.device)

    def wants(self, kind: Kind) -> bool:
        """Whether states of this kind are needed at all."""
        return bool(self.layers) and kind in self.capture.plan.kinds

    def reserve(self, row: int, kind: Kind, n: int = 1) -> int | None:
        """Moment numbers for n positions of one row; see `Capture.reserve`.

        Args:
            kind: ``prompt``, ``latent`` or ``token``.
            n: neighbouring positions.
        """
        return self.capture.reserve(self.lane, self.agents[row], self.host, kind, n)

    def add(
        self, kind: Kind, states: tuple[Tensor, ...], rows: dict[int, list[dict[str, Any]]]
    ) -> None:
        """Keep the states of one forward pass.

        Args:
            kind: ``prompt``, ``latent`` or ``token``.
            states: ``hidden_states[0..L]``, each (B, T, D).
            rows: for each row with reserved moments, a note per real position with ``moment``,
                ``step``, ``position``, ``token_id``, ``token``, ``logprob``, ``entropy``,
                ``kv_len``.
        """
        if rows:
            now = self.clock()
            for notes in rows.values():
                for note in notes:
                    note["seconds"] = now
            kept = self._out.send(
                torch.stack([states[x].to(self.host.device) for x in self.layers])
            )
            self._frames.append(_Frame(kind, kept, rows))

    def close(self) -> None:
        """Hand everything to the capture, one block per row and kind."""
        self._out.wait()
        frames, self._frames = self._frames, []
        for row in range(len(self.agents)):
            for kind in ("prompt", "latent", "token"):
                mine = [f for f in frames if f.kind == kind and f.rows.get(row)]
                if mine:
                    self.capture._store(self._block(row, kind, mine))

    def _block(self, row: int, kind: Kind, frames: list[_Frame]) -> CapturedBlock:
        notes = [note for frame in frames for note in frame.rows[row]]
        hidden = torch.cat(
            [f.states[:, row, f.states.shape[2] - len(f.rows[row]) :] for f in frames], dim=1
        )

        def column(name: str, dtype: type) -> np.ndarray:
            return np.array([note[name] for note in notes], dtype=dtype)

        return CapturedBlock(
            lane=self.lane,
            agent=self.agents[row],
            host=self.host.name,
            kind=kind,
            layers=self.layers,
            hidden=to_numpy(hidden),
            moments=column("moment", np.int64),
            steps=column("step", np.int32),
            positions=column("position", np.int32),
            token_ids=column("token_id", np.int32),
            tokens=tuple(note["token"] for note in notes),
            logprobs=column("logprob", np.float32),
            entropies=column("entropy", np.float32),
            kv_lens=column("kv_len", np.int32),
            seconds=column("seconds", np.float32),
        )


def to_numpy(tensor: Tensor) -> np.ndarray | Raw:
    """A tensor on the CPU as NumPy; bfloat16 travels as its raw bits."""
    tensor = tensor.detach().cpu().contiguous()
    if tensor.dtype == torch.bfloat16:
        return Raw(tensor.view(torch.uint16).numpy(), "BF16")
    return tensor.numpy()
