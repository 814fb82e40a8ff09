"""What a lane is given: the problem, the prompts, the hosts, the capture, and a clock that counts
its own time only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from lab.engine.capture import Capture
from lab.engine.memory import LatentMemory
from lab.models.hosts import AnyHosts
from lab.plan import PlanProblem
from lab.worlds.prompts import PromptSet


class LaneClock:
    """Lane seconds: runs while the lane computes and stands still while another lane has the
    device.

    On CUDA it also keeps the lane's peak memory, and waits for the device before it stops.
    """

    def __init__(self) -> None:
        self._sum = 0.0
        self._since: float | None = None
        self.peak_bytes: int | None = None
        """Peak device memory while the lane computed, other lanes' resident tensors included; None
        on a CPU."""

    def __call__(self) -> float:
        """Lane seconds until now."""
        running = 0.0 if self._since is None else time.perf_counter() - self._since
        return self._sum + running

    def resume(self) -> None:
        """The lane gets the device."""
        if _cuda():
            import torch

            torch.cuda.reset_peak_memory_stats()
        self._since = time.perf_counter()

    def pause(self) -> None:
        """The lane gives the device away."""
        if _cuda():
            import torch

            torch.cuda.synchronize()
            self.peak_bytes = max(self.peak_bytes or 0, torch.cuda.max_memory_allocated())
        if self._since is not None:
            self._sum += time.perf_counter() - self._since
            self._since = None


@dataclass
class Context:
    """Everything that a lane works with."""

    problem: PlanProblem
    prompts: PromptSet
    hosts: AnyHosts
    """By the name that stands in the plan."""
    capture: Capture | None = None
    seed: int = 0
    """Added to every decoding's own seed."""
    clock: LaneClock = field(default_factory=LaneClock)
    stopped: Callable[[], bool] = lambda: False
    """Whether somebody has stopped the run; asked where a lane waits for somebody else's words."""
    memories: dict[str, tuple[LatentMemory, int]] = field(default_factory=dict)
    """agent → the memory it works on and its row there, as long as the lane runs (for replay)."""


def _cuda() -> bool:
    import torch

    return torch.cuda.is_available() and torch.cuda.is_initialized()
