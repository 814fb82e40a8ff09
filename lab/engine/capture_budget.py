"""How the budget for vectors is spread over a run: every latent step and every word first, at as
many layers as fit, evenly spaced; then prompts, each its share of what is left.

So the last lane of a run is kept as well as the first. What a run will write at most is known
from its agents before it begins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lab.models.host import Host
from lab.plan import CapturePlan
from lab.roster import AgentCard


@dataclass(frozen=True)
class Forecast:
    """What a run will bring at most."""

    thought_bytes: float
    """Of all latent steps and words, at the layers that the plan asks for."""
    prompts: int
    """How many prompts will be read."""

    @classmethod
    def of(cls, plan: CapturePlan, agents: Iterable[tuple[AgentCard, Host]]) -> Forecast:
        """From the agents of all lanes, each with its model (remote ones have no vectors)."""
        thoughts, prompts = 0.0, 0
        for card, host in agents:
            steps = card.steps if "latent" in plan.kinds else 0
            words = card.max_tokens if "token" in plan.kinds else 0
            each = len(planned_layers(plan, host)) * position_bytes(host)
            thoughts += float((steps + words) * each)
            prompts += "prompt" in plan.kinds
        return cls(thoughts, prompts)


class Spread:
    """The budget while a run spends it.

    Args:
        plan: which vectors are wanted, and the budget.
        forecast: what will come; None gives to whoever comes first.
    """

    def __init__(self, plan: CapturePlan, forecast: Forecast | None = None) -> None:
        self.plan, self.forecast = plan, forecast
        self.left = plan.budget_mb * 1e6
        thoughts = 0.0 if forecast is None else forecast.thought_bytes
        self.share = min(1.0, self.left / thoughts) if thoughts else 1.0
        """Of the planned layers, so that all thoughts fit."""
        self._for_prompts = max(0.0, self.left - thoughts)
        self._prompts, self._on_prompts = 0, 0
        """Prompts that came, and bytes granted to them."""

    def layers(self, host: Host) -> tuple[int, ...]:
        """The layers that are kept of a host, 0 the embedding: the planned ones, or as many of
        them as fit, the first and the last always among them."""
        planned = planned_layers(self.plan, host)
        count = max(2, int(len(planned) * self.share))
        if count >= len(planned):
            return planned
        last = len(planned) - 1
        return tuple(planned[round(i * last / (count - 1))] for i in range(count))

    def take(self, kind: str, size: int) -> bool:
        """Whether so many bytes are granted; they are taken then.

        Args:
            kind: ``prompt``, ``latent`` or ``token``.
            size: bytes.
        """
        granted = size <= self.left
        if kind == "prompt" and self.forecast is not None:
            # what earlier prompts did not need, or were not given, goes to those that follow
            self._prompts += 1
            part = min(1.0, self._prompts / max(1, self.forecast.prompts))
            granted = granted and self._on_prompts + size <= self._for_prompts * part + 1
            self._on_prompts += size if granted else 0
        if granted:
            self.left -= size
        return granted


def planned_layers(plan: CapturePlan, host: Host) -> tuple[int, ...]:
    """The layers that a plan asks for, 0 the embedding."""
    if plan.layers == "none":
        return ()
    if plan.layers == "last":
        return (host.n_layers,)
    if plan.layers == "all":
        return tuple(range(host.n_layers + 1))
    return tuple(x for x in plan.layers if 0 <= x <= host.n_layers)


def position_bytes(host: Host) -> int:
    """Bytes of one position at one layer."""
    return host.d_model * host.dtype.itemsize
