"""“This moment”: captured points as text, with their words, their nearest neighbours and the points
around them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from lab.panels.agent_colors import colors_of
from lab.panels.states.choose import describe, row_of
from lab.panels.states.geometry import Floats, neighbours
from lab.panels.states.moment_value import (
    Around,
    MomentCard,
    MomentFact,
    MomentValue,
    Neighbour,
    ReadWord,
)
from lab.panels.style import KIND_WORD, duration, number, share, visible
from lab.records import Record
from lab.words import agent_name, say

WORDS_AND_NEIGHBOURS = 5
_LayerPoints = tuple[list[dict[str, Any]], dict[int, int], Floats]
"""All points of a model's layer, the place of each by its id, and their vectors (n, D)."""


def moment_card(record: Record, point_id: int, k: int = WORDS_AND_NEIGHBOURS) -> MomentCard:
    """The selection as plain text: who, what, where, the words and the nearest neighbours in the
    original space.

    Args:
        k: how many words and neighbours.

    Raises:
        BadInput: if there is no such point.
    """
    row_of(record, point_id)
    return _Cards(record, [int(point_id)], k).card(0)


def moment_values(record: Record, point_ids: Sequence[int]) -> list[MomentValue]:
    """The cards of many points, each with the points one step and one layer away.

    Raises:
        BadInput: if the record has no such point.
    """
    for point_id in point_ids:
        row_of(record, point_id)
    cards = _Cards(record, [int(i) for i in point_ids], WORDS_AND_NEIGHBOURS)
    places = record.points[["point_id", "lane", "agent", "layer", "moment"]]
    steps = _around(places, ["lane", "agent", "layer"], "moment")
    layers = _around(places, ["lane", "agent", "moment"], "layer")
    return [
        MomentValue(card=cards.card(i), steps=steps[point], layers=layers[point])
        for i, point in enumerate(cards.point_ids)
    ]


def _around(places: pd.DataFrame, same: list[str], along: str) -> dict[int, Around]:
    """By point, its neighbours along one column among the points that agree in the others."""
    ordered = places.sort_values([*same, along])
    ids = ordered["point_id"].astype(int).tolist()
    group = ordered.groupby(same, sort=False).ngroup().tolist()
    out = {}
    for i, point in enumerate(ids):
        before = ids[i - 1] if i and group[i - 1] == group[i] else None
        after = ids[i + 1] if i + 1 < len(ids) and group[i + 1] == group[i] else None
        out[point] = Around(before=before, after=after)
    return out


class _Cards:
    """The cards of some points; what several of them need is read once."""

    def __init__(self, record: Record, point_ids: list[int], k: int) -> None:
        self.point_ids = point_ids
        self._record, self._k = record, k
        self._rows = record.points.iloc[point_ids].to_dict("records")
        self._ids, self._logp, self._entropy = record.lens(point_ids)
        self._spaces: dict[tuple[str, int], _LayerPoints] = {}

    def card(self, i: int) -> MomentCard:
        """The card of point number ``i`` of those given."""
        row, record = self._rows[i], self._record
        n_layers = int(record.host(str(row["host"]))["n_layers"])
        words = [
            ReadWord(
                word=visible(record.token(str(row["host"]), t)),
                share=share(_exp(p)),
                p=float(f"{_exp(p) or 0.0:.3g}"),
            )
            for t, p in zip(self._ids[i].tolist(), self._logp[i].tolist(), strict=True)
            if t >= 0
        ]
        facts = _facts(row, n_layers, colors_of(record).lane(str(row["lane"])))
        if len(self._entropy) and np.isfinite(self._entropy[i]):
            name = "Entropy of the next word, read at this layer"
            facts.insert(6, (name, number(float(self._entropy[i]), say("said.unit.nats"))))
        return MomentCard(
            title=describe(row),
            facts=tuple(MomentFact(name=name, value=value) for name, value in facts),
            words=tuple(words[: self._k]),
            neighbours=self._near(row),
            point_id=int(row["point_id"]),
            moment=int(row["moment"]),
            layer=int(row["layer"]),
            lane=str(row["lane"]),
            agent=str(row["agent"]),
            kind=str(row["kind"]),
            step=int(row["step"]),
        )

    def _near(self, row: dict[str, Any]) -> tuple[Neighbour, ...]:
        same, places, x = self._space(str(row["host"]), int(row["layer"]))
        at = places[int(row["point_id"])]
        if len(same) < 2 or not np.isfinite(x[at]).all():
            return ()
        near, far = neighbours(x, at, self._k, "l2")
        return tuple(
            Neighbour(
                point_id=int(same[i]["point_id"]),
                text=describe(same[i]),
                cosine=number(1 - float(d)),
            )
            for i, d in zip(near, far, strict=True)
        )

    def _space(self, host: str, layer: int) -> _LayerPoints:
        if (host, layer) not in self._spaces:
            df = self._record.points
            ids = df["point_id"][(df["host"] == host) & (df["layer"] == layer)].to_numpy()
            columns = ["point_id", "agent", "kind", "step", "token"]
            rows = df[columns].iloc[ids].to_dict("records")
            places = {int(point): i for i, point in enumerate(ids)}
            self._spaces[host, layer] = rows, places, self._record.states(ids)
        return self._spaces[host, layer]


def _facts(row: dict[str, Any], n_layers: int, lane: str) -> list[tuple[str, str]]:
    where = {
        0: say("said.moment.embedding"),
        n_layers: say("said.choose.after_the_final_norm"),
    }.get(int(row["layer"]), say("said.choose.residual_stream"))
    return [
        ("Agent", f"{agent_name(str(row['agent']))} ({lane})"),
        (
            "Moment",
            say(
                "said.choose.position",
                x=KIND_WORD[row["kind"]],
                step=int(row["step"]),
                position=int(row["position"]),
            ),
        ),
        (
            "Layer",
            say("said.moment.layer", layer=int(row["layer"]), n_layers=n_layers, where=where),
        ),
        (_said(str(row["kind"])), visible(str(row["token"])) or "–"),
        ("Its probability, from the slot before", share(_exp(row["logprob"]))),
        ("Entropy of that choice", number(float(row["entropy"]), say("said.unit.nats"))),
        ("Length of the vector", number(float(row["norm"]))),
        ("Could attend to", say("said.choose.slots", kv_len=int(row["kv_len"]))),
        ("At", duration(float(row["seconds"]))),
    ]


def _said(kind: str) -> str:
    return {
        "prompt": "Token read here",
        "latent": "Word this latent stands for (head, before alignment)",
        "token": "Token said, then read here",
    }[kind]


def _exp(logprob: float) -> float | None:
    return float(np.exp(logprob)) if np.isfinite(logprob) else None
