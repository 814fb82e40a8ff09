"""The methods, each a generator of events that reads like its paper's figure: `run_lane` runs any
of them. The method NAME is ``run`` in ``lab/methods/NAME.py``.
"""

from __future__ import annotations

import importlib
from collections.abc import Generator

from lab.events import Event
from lab.methods.lane_context import Context, LaneClock
from lab.plan import LanePlan
from lab.worlds.prompts import PromptSet, load_prompts


def run_lane(lane_id: str, lane: LanePlan, ctx: Context) -> Generator[Event, None, None]:
    """The events of one lane; its clock runs only while it computes. Close the generator to stop it
    at any step.

    Args:
        lane: its method and settings.
    """
    method = importlib.import_module(f"lab.methods.{lane.method}").run(lane_id, lane, ctx)
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
        method.close()


__all__ = ["Context", "LaneClock", "PromptSet", "load_prompts", "run_lane"]
