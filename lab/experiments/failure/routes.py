"""Experiment “routes”: four ways across two models, what each costs, and whether it carries to a
third.

Learned alignment (ridge and Procrustes, pairs on a dial), bottleneck (rank on a dial), symbolic
(text), unified training. The conditions stand in ``presets/experiments/routes.yaml``; prices of
fitted maps are kept beside the rows.
"""

from __future__ import annotations

from typing import Any

from lab.errors import LabError
from lab.experiments.failure import relay
from lab.experiments.harness.driver import Watch
from lab.experiments.harness.evaluate import Evaluator, require_conditions
from lab.experiments.interventions import bridges
from lab.experiments.interventions.linear_maps import LinearMap
from lab.experiments.transfer.conditions import Condition, Fitted
from lab.models.hosts import Hosts
from lab.models.pocket_family import POCKETS, read_card
from lab.records.results import METRICS as BASIC
from lab.records.results import ResultTable
from lab.words import say

METRICS = BASIC


class Settings(relay.Settings):
    """What the routes depend on."""


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Run every condition, and write down what every fitted map took and how it does on held-out
    texts."""
    conditions = settings.resolved()
    require_conditions(conditions)
    table.meta["conditions"] = [c.model_dump(mode="json") for c in conditions]
    runner = relay.evaluator(settings, hosts)
    runner.fill(table, conditions, watch)
    prices = table.meta.setdefault("prices", {})
    for condition in conditions:
        key = f"{condition.name}/{condition.channel}"
        fitted = [op for op in condition.ops if isinstance(op, Fitted)]
        if fitted and key not in prices and key not in table.meta.get("refused", {}):
            watch.step(
                len(prices), len(conditions), say("said.progress.price", name=condition.name)
            )
            prices[key] = price(condition, fitted[0], runner, hosts)
        elif key not in prices and (trained := training(condition.sender, condition.receiver)):
            prices[key] = trained


def training(sender: str, receiver: str) -> dict[str, Any] | None:
    """What it took to train a sender that shares the receiver's states, from its card; None for all
    others."""
    if sender not in POCKETS or POCKETS[sender].match != receiver:
        return None
    try:
        took = read_card(sender)["training"]
    except LabError:
        return None
    return {"training_tokens": took["tokens"], "seconds": took["seconds"]}


def price(condition: Condition, op: Fitted, runner: Evaluator, hosts: Hosts) -> dict[str, Any]:
    """Pairs, texts and seconds of a map, and its R² on all training texts, on held-out ones and on
    another domain."""
    sender = hosts(op.fitted_from or condition.sender)
    receiver = hosts(condition.receiver)
    material = runner.workshop.material(sender, receiver)
    bridge = runner.workshop.bridge(op, sender, receiver, cache=condition.channel == "kv")
    pieces = [m for pair in bridge for m in pair] if isinstance(bridge, list) else [bridge]
    out: dict[str, Any] = {
        "pairs": pieces[0].pairs,
        "texts": pieces[0].prompts,
        "numbers": sum(_size(m, op.rank) for m in pieces),
        "seconds": material.seconds + sum(m.seconds for m in pieces),
        "d_in": sender.d_model,
        "d_out": receiver.d_model,
    }
    if condition.channel == "latent":
        out["r2_held_out"] = _r2(bridge, runner.workshop.material(sender, receiver, "held out"))
        out["r2_other_domain"] = _r2(
            bridge, runner.workshop.material(sender, receiver, "other domain")
        )
        out["r2_training"] = _r2(bridge, material)
    return out


def _size(bridge: LinearMap, rank: int | None) -> int:
    """Numbers that make up a map; a bottleneck of rank k is k numbers in and k out for every
    coordinate."""
    d_in, d_out = bridge.matrix.shape
    return int(d_in * d_out if rank is None else rank * (d_in + d_out))


def _r2(bridge: LinearMap, material: bridges.Material) -> float | None:
    try:
        x = bridges.thoughts_of(material.sender, material.theirs)
        y = bridges.thoughts_of(material.receiver, material.own)
    except LabError:
        return None
    return bridge.r2(x, y)
