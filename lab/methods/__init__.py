"""The methods, each a generator of events that reads like its paper's figure: `run_lane` runs any
of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lab.events import Event
from lab.methods import gated, latentmas, moa, single, textmas
from lab.methods.lane_context import Context, LaneClock
from lab.plan import LanePlan
from lab.worlds.prompts import PromptSet, load_prompts

_METHODS: dict[str, Callable[[str, Any, Context], Iterator[Event]]] = {
    "single": single.run,
    "textmas": textmas.run,
    "latentmas": latentmas.run,
    "moa": moa.run,
    "gated": gated.run,
}


def run_lane(lane_id: str, lane: LanePlan, ctx: Context) -> Iterator[Event]:
    """The events of one lane; its clock runs only while it computes. Close the generator to stop it
    at any step.

    Args:
        lane: its method and settings.
    """
    method = _METHODS[lane.method](lane_id, lane, ctx)
    try:
        while True:
            ctx.clock.resume()
            try:
                event = next(method, None)
            finally:
                ctx.clock.pause()
            if event is None:
                return
            yield event
    finally:
        method.close()  # type: ignore[attr-defined]


__all__ = ["Context", "LaneClock", "PromptSet", "load_prompts", "run_lane"]
