"""Experiment “constraints”: what must agree before states can be handed over, each broken alone, in
both channels.

The conditions stand in ``presets/experiments/constraints.yaml``; each has a floor (nothing handed
over), a ceiling (the same sender's words) and the unbroken method beside it. For the dial of
parameters the distance in weights is kept too.
"""

from __future__ import annotations

import math

import torch

from lab.errors import LabError
from lab.experiments.failure import relay
from lab.experiments.harness.driver import Watch
from lab.models.host import Host
from lab.models.hosts import Hosts
from lab.records.results import METRICS as BASIC
from lab.records.results import ResultTable

METRICS = BASIC


class Settings(relay.Settings):
    """What the constraints experiment depends on."""


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Run every condition, and keep how far each sender's weights are from the receiver's."""
    relay.fill(table, settings, hosts, watch)
    distances = table.meta.setdefault("distances", {})
    for condition in settings.resolved():
        if (
            condition.sender not in distances
            and f"{condition.name}/{condition.channel}" not in table.meta.get("refused", {})
        ):
            distances[condition.sender] = _distance_or_none(
                hosts, condition.sender, condition.receiver
            )


def _distance_or_none(hosts: Hosts, a: str, b: str) -> float | None:
    try:
        return parameter_distance(hosts(a), hosts(b))
    except LabError:
        return None


@torch.no_grad()
def parameter_distance(a: Host, b: Host) -> float | None:
    """‖θ_a - θ_b‖ / ‖θ_b‖ over all weights; None where the shapes differ."""
    ours, theirs = a.model.state_dict(), b.model.state_dict()
    shared = [key for key in theirs if key in ours and ours[key].shape == theirs[key].shape]
    if len(shared) != len(theirs):
        return None
    gap = sum(float((ours[k].float() - theirs[k].float()).square().sum()) for k in shared)
    size = sum(float(theirs[k].float().square().sum()) for k in shared)
    return math.sqrt(gap / size)
