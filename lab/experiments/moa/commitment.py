"""The commitment trap: many samples of one model and of several, embedded and projected. Do they
form clusters, and does the aggregate land in one of them or between?

A text's place is the mean of the aggregator's last-layer states over its words, brought to length
one; the plane is that of the two largest principal components of a question's texts. Distances are
measured before the projection.
"""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from lab.engine.memory import LatentMemory
from lab.engine.prompt import pad_ids
from lab.experiments.harness.driver import Watch
from lab.experiments.moa.team import Arm, Said, Team, TeamSettings, columns_of, fill_parts
from lab.models.host import Host
from lab.models.hosts import Hosts
from lab.records.results import Metric, ResultTable
from lab.words import say

METRICS = (
    Metric("accuracy", "share", "rate", "high"),
    Metric("spread", "distance", "mean", ""),
    Metric("values", "values", "mean", ""),
    Metric("in_mode", "share", "mean", ""),
)
"""``spread``: cosine distance to the mean of the samples; ``values``: different answers among a
question's samples; ``in_mode``: how often the text gives the most frequent answer of all
samples."""


class Settings(TeamSettings):
    """The team and its samples; the map is drawn for the first ``mapped`` questions."""

    n: int = Field(24, ge=2, le=720)
    samples: int = Field(12, ge=2, le=200)
    heat: float = Field(1.0, gt=0.0, le=5.0)
    mapped: int = Field(6, ge=1, le=24)


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Sample, aggregate, embed; the coordinates go into the record (``meta["map"]``)."""
    team = Team.gather(settings, hosts, table)
    total = len(settings.proposers) * settings.samples
    by_name: dict[str, list[Said]] = {}
    for number, name in enumerate(settings.proposers):
        for seed in range(settings.samples):
            watch.step(
                number * settings.samples + seed, total + 4, say("said.progress.samples", name=name)
            )
            by_name.setdefault(name, []).append(team.propose(name, seed, settings.heat))
    aggregate = team.aggregate(columns_of(team.drafts()))
    everything = [*(said for group in by_name.values() for said in group), aggregate]
    host = hosts(settings.aggregator)
    places = np.stack([embed(host, said.texts) for said in everything], axis=1)  # (n, texts, D)
    owners = [name for name, group in by_name.items() for _ in group] + ["aggregate"]
    table.meta["map"] = [
        _map(team, i, places[i], owners, everything) for i in range(min(settings.mapped, team.n))
    ]
    modes = [_mode([said.values[i] for said in everything[:-1]]) for i in range(team.n)]
    parts = [
        Arm(f"samples of {name}", "", partial(_rows, team, group, everything, places, modes))
        for name, group in by_name.items()
    ]
    samples, rng = everything[:-1], random.Random(settings.seed)
    lots = [rng.randrange(len(samples)) for _ in range(team.n)]
    parts.append(
        Arm("a sample by lot", "control", lambda: _lot_rows(team, lots, everything, places, modes))
    )
    parts.append(
        Arm("aggregate", "method", lambda: _rows(team, [aggregate], everything, places, modes))
    )
    fill_parts(table, watch, parts)


@torch.no_grad()
def embed(host: Host, texts: list[str]) -> NDArray[np.float32]:
    """(n, D) unit vectors: the mean over the words of each text of the last layer after the final
    norm."""
    tokenizer = host.tokenizer
    ids = [
        tokenizer.encode(text or ".", add_special_tokens=False) if tokenizer else [0]
        for text in texts
    ]
    ids = [row or [0] for row in ids]
    tokens, lengths = pad_ids(ids, host.device)
    states = (
        LatentMemory(host, len(ids))
        .write("reader", "prompt", host.embed(tokens), lengths)
        .last.float()
    )
    width = tokens.shape[1]
    real = torch.arange(width)[None] >= width - torch.tensor(lengths)[:, None]
    mask = real.to(states)[..., None]
    mean = (states * mask).sum(1) / mask.sum(1)
    return torch.nn.functional.normalize(mean, dim=-1).cpu().numpy()


def _map(
    team: Team, i: int, places: NDArray[np.float32], owners: list[str], said: list[Said]
) -> dict[str, Any]:
    """Points of one question on the plane of its two largest principal components."""
    centred = places - places.mean(0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    flat = u[:, :2] * s[:2]
    variance = (s**2 / max(float((s**2).sum()), 1e-12))[:2]
    return {
        "problem": team.problems[i].seed,
        "question": team.problems[i].question,
        "truth": team.problems[i].truth,
        "variance": variance.tolist(),
        "owner": owners,
        "x": flat[:, 0].tolist(),
        "y": flat[:, 1].tolist(),
        "text": [one.texts[i] for one in said],
        "right": [one.right[i] for one in said],
    }


def _mode(values: list[str | None]) -> str | None:
    told = [value for value in values if value is not None]
    return max(dict.fromkeys(told), key=told.count, default=None)


def _lot_rows(
    team: Team,
    lots: list[int],
    everything: list[Said],
    places: NDArray[np.float32],
    modes: list[str | None],
) -> list[dict[str, Any]]:
    """One sample per question, drawn by lot: where would the aggregate be if it only repeated
    somebody?"""
    every = {
        lot: _rows(team, [everything[lot]], everything, places, modes) for lot in sorted(set(lots))
    }
    return [every[lot][i] for i, lot in enumerate(lots)]


def _rows(
    team: Team,
    group: list[Said],
    everything: list[Said],
    places: NDArray[np.float32],
    modes: list[str | None],
) -> list[dict[str, Any]]:
    numbers = [next(k for k, said in enumerate(everything) if said is one) for one in group]
    rows = []
    for i, problem in enumerate(team.problems):
        own = places[i, numbers]
        middle = places[i].mean(0)
        cosine = own @ middle / max(float(np.linalg.norm(middle)), 1e-12)
        values = [said.values[i] for said in group]
        rows += [
            {
                "problem": problem.seed,
                "accuracy": said.right[i],
                "spread": float(1 - cosine[k]),
                "values": float(len(set(values))),
                "in_mode": float(values[k] == modes[i]),
            }
            for k, said in enumerate(group)
        ]
    return rows
