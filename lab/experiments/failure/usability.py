"""Experiment “geometry”: how alike two models' states are, next to how well one hands over to the
other.

The contrast is the point: CKA and shared neighbours ignore the coordinates, a hand-over lives in
them.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from lab.errors import LabError, ModelUnavailable
from lab.experiments.failure import relay
from lab.experiments.failure.relay import evaluator
from lab.experiments.failure.similarity import compare
from lab.experiments.harness.driver import Watch
from lab.experiments.transfer.conditions import Condition
from lab.experiments.transfer.states import ledger_docs, read_pairs
from lab.models.hosts import Hosts
from lab.records.results import METRICS as BASIC
from lab.records.results import Metric, ResultTable
from lab.words import say

GEOMETRY = {
    "linear CKA": "cka",
    "mutual nearest neighbours": "neighbours",
    "cosine, mean removed": "cosine",
    "principal angles, rank 10": "angles",
    "norm ratio": "norm_ratio",
}
METRICS = (
    *BASIC,
    Metric("cka", "", "mean", "high"),
    Metric("cka_null", "", "mean"),
    Metric("neighbours", "share", "mean", "high"),
    Metric("neighbours_null", "share", "mean"),
    Metric("cosine", "", "mean", "high"),
    Metric("cosine_null", "", "mean"),
    Metric("angles", "degrees", "mean", "low"),
    Metric("angles_null", "degrees", "mean"),
    Metric("norm_ratio", "", "mean"),
)
"""``…_null``: the same measure for shuffled pairs (for the angles: random subspaces)."""


class Settings(relay.Settings):
    """What geometry against usability depends on."""

    senders: tuple[str, ...] = ("pocket-base", "pocket-textonly", "pocket-gauge", "pocket-reseed")
    groups: int = Field(8, ge=2, le=50)
    """Groups of texts; the measures are taken in each, and their spread gives the interval."""
    texts: int = Field(20, ge=5, le=200)
    """Texts in a group."""
    conditions: tuple[Condition, ...] = (Condition(name="unused", channel="none"),)
    """Made from the senders; not to be given."""


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Geometry by layer of every sender, then its hand-over in both channels."""
    total = len(settings.senders)
    for number, name in enumerate(settings.senders):
        watch.step(number, 2 * total, say("said.progress.states", name=name))
        if not table.takes(f"{name}, last layer", "states"):
            continue
        try:
            _compare(table, settings, hosts, name)
        except ModelUnavailable as error:
            table.meta.setdefault("refused", {})[f"{name}/states"] = str(error)
        except LabError as error:
            table.refuse(name, "states", str(error))
    conditions = [
        Condition(
            name=f"{name} hands over", channel=channel, sender=name, receiver=settings.receiver
        )
        for name in settings.senders
        for channel in ("text", "latent", "kv")
    ]
    floor = Condition(
        name="nothing",
        channel="none",
        sender=settings.receiver,
        receiver=settings.receiver,
        control="floor",
    )
    evaluator(settings, hosts).fill(table, [floor, *conditions], watch)


def _compare(table: ResultTable, settings: Settings, hosts: Hosts, name: str) -> None:
    sender, receiver = hosts(name), hosts(settings.receiver)
    table.host(name, sender.info())
    table.meta.get("refused", {}).pop(f"{name}/states", None)
    most = settings.groups * settings.texts
    docs = relay.texts_of(settings.by_hand[:most]) or ledger_docs(most, settings.seed)
    theirs, own = read_pairs(sender, receiver, docs)
    group = theirs.doc // settings.texts
    layers = receiver.n_layers + 1
    for layer in range(layers):
        source = round(layer * sender.n_layers / max(receiver.n_layers, 1))
        rows = []
        for g in range(settings.groups):
            here = np.flatnonzero(group == g)
            measures = compare(
                theirs.states[source][here], own.states[layer][here], seed=settings.seed + g
            )
            row: dict[str, object] = {
                "problem": g,
                "layer": layer,
                "curve": name,
                "x": layer,
                "pairs": len(here),
            }
            for m in measures:
                key = GEOMETRY[m.name]
                row[key] = m.value
                if m.name != "norm ratio":
                    row[f"{key}_null"] = m.null
            rows.append(row)
        label = "last layer" if layer + 1 == layers else f"layer {layer}"
        table.add(f"{name}, {label}", rows, channel="states")
