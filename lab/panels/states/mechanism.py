"""The mechanism of a latent step, taken from a record: the state over the last position, what the
alignment makes of it, the position that it fills in the cache, and the word that is not chosen.

Step s feeds ``align(hidden[s])``; ``hidden[s]`` was captured over the position before, and what was
fed is layer 0 of the position that step s fills.
"""

from __future__ import annotations

from typing import Any, Literal, cast

import numpy as np
import pandas as pd

from lab.errors import BadInput
from lab.events import AgentStarted, LaneStarted, LatentStep, PromptRead
from lab.panels.agent_colors import colors_of
from lab.panels.run.lanes_value import Guess, SegmentView
from lab.panels.states.alignment_table import embedding_table
from lab.panels.states.geometry import Floats
from lab.panels.states.mechanism_value import (
    HeatStrip,
    MechanismStep,
    MechanismValue,
    ThinkingAgent,
)
from lab.panels.style import amount_of_bytes, visible
from lab.plan import LatentMASLane, ThinkingLane
from lab.records import Record
from lab.roster import plan_of_lane
from lab.words import known

MOST_CELLS = 128
"""Dimensions that a strip shows at most."""


def mechanism_value(
    record: Record, record_id: str, lane: str = "", agent: str = ""
) -> MechanismValue:
    """The steps of an agent.

    Args:
        record_id: id under which the page knows the record.
        lane, agent: whose; the first one that thinks, where these name nobody who does.
    """
    thinking = _thinking(record)
    if not thinking:
        return MechanismValue(record=record_id)
    who = next((one for one in thinking if (one.lane, one.agent) == (lane, agent)), thinking[0])
    return _Agent(record, who).value(record_id, thinking)


def _thinking(record: Record) -> tuple[ThinkingAgent, ...]:
    colors = colors_of(record)
    titles = {e.lane: e.title for e in record.events if isinstance(e, LaneStarted)}
    found: dict[tuple[str, str], ThinkingAgent] = {}
    for e in record.events:
        if isinstance(e, LatentStep) and (e.lane, e.agent) not in found:
            found[e.lane, e.agent] = ThinkingAgent(
                lane=e.lane,
                title=known(titles.get(e.lane, e.lane)),
                agent=e.agent,
                color=colors.color(e.lane, e.agent),
                moment=e.moment,
            )
    return tuple(found.values())


class _Agent:
    """One agent's events and vectors."""

    def __init__(self, record: Record, who: ThinkingAgent) -> None:
        self.record, self.who = record, who
        mine = [e for e in record.events if e.lane == who.lane]
        self.started = next(e for e in mine if isinstance(e, AgentStarted) and e.agent == who.agent)
        self.read = next(
            (e for e in mine if isinstance(e, PromptRead) and e.agent == who.agent), None
        )
        self.steps = [e for e in mine if isinstance(e, LatentStep) and e.agent == who.agent]
        plan = plan_of_lane(record.plan, who.lane)
        self.plan = plan if isinstance(plan, ThinkingLane) else LatentMASLane()
        self.host = record.host(self.started.host)
        depth = int(self.host["n_layers"])
        layer = self.plan.layer
        self.layer = layer if layer >= 0 else depth + 1 + layer
        df = record.points
        self.points = df[(df["lane"] == who.lane) & (df["agent"] == who.agent)]
        self.width = int(self.host["d_model"])
        self.every = max(1, -(-self.width // MOST_CELLS))

    def value(self, record_id: str, thinking: tuple[ThinkingAgent, ...]) -> MechanismValue:
        """All of it."""
        states = self._vectors(self.layer)
        fed = self._vectors(0)
        words = self._embeddings()
        steps = [self._step(e, states.get(e.step - 1), fed.get(e.step), words) for e in self.steps]
        used = {step.word for step in steps}
        colors = colors_of(self.record)
        segments = [
            SegmentView(agent=s.agent, kind=s.kind, length=s.length, kept=s.kept)
            for s in self.started.memory
        ]
        slot = ""
        if self.read is not None:
            n = len(self.read.ids)
            segments.append(SegmentView(agent=self.who.agent, kind="prompt", length=n, kept=True))
            if self.read.kv_bytes and self.read.kv_len:
                slot = amount_of_bytes(self.read.kv_bytes / self.read.kv_len)
        return MechanismValue(
            record=record_id,
            lane=self.who.lane,
            agent=self.who.agent,
            host=self.started.host,
            map=self._map(),
            layer=self.layer,
            layers=int(self.host["n_layers"]),
            width=self.width,
            every=self.every,
            tied=bool(self.host.get("tied")),
            steps=tuple(steps),
            words={key: self._strip(x) for key, x in words.items() if key in used},
            memory=tuple(segments),
            slot_bytes=slot,
            colors={s.agent: colors.color(self.who.lane, s.agent) for s in segments},
            thinking=thinking,
        )

    def _map(self) -> Literal["identity", "ridge", "softmax", "gauge"]:
        """What ``auto`` stands for, see `lab.engine.align.own_alignment`."""
        if self.plan.alignment != "auto":
            return self.plan.alignment
        return "identity" if self.host.get("tied") else "ridge"

    def _vectors(self, layer: int) -> dict[int, Floats]:
        """By latent step the captured vector of one layer; 0 is the last position of the
        prompt."""
        here = self.points[self.points["layer"] == layer]
        latent = here[here["kind"] == "latent"]
        prompt = here[here["kind"] == "prompt"].sort_values("moment").tail(1)
        if (
            self.read is not None
            and len(prompt)
            and int(prompt["step"].iloc[0]) != len(self.read.ids)
        ):
            prompt = prompt.head(0)  # the capture left out the end of the prompt
        rows = pd.concat([prompt.assign(step=0), latent])
        if not len(rows):
            return {}
        vectors = self.record.states(rows["point_id"].to_numpy())
        return dict(zip(rows["step"].astype(int).tolist(), vectors, strict=True))

    def _embeddings(self) -> dict[str, Floats]:
        """Input embeddings that the record holds of this model, by the token as it is shown."""
        try:
            ids, table = embedding_table(self.record, self.started.host)
        except BadInput:
            return {}
        name = self.started.host
        return {
            visible(self.record.token(name, int(i))): x for i, x in zip(ids, table, strict=True)
        }

    def _step(
        self,
        e: LatentStep,
        hidden: Floats | None,
        fed: Floats | None,
        words: dict[str, Floats],
    ) -> MechanismStep:
        top = tuple(Guess(word=visible(word), p=float(f"{p:.4g}")) for word, p in e.top)
        embedding = words.get(top[0].word) if top else None
        return MechanismStep(
            step=e.step,
            moment=e.moment,
            hidden=None if hidden is None else self._strip(hidden),
            fed=None if fed is None else self._strip(fed),
            norm=_short(e.norm),
            fed_norm=_short(e.fed_norm),
            cosine=_cosine(hidden, fed),
            top=top,
            entropy=_short(e.entropy),
            word=top[0].word if embedding is not None else None,
            kept=_cosine(embedding, fed),
            slots=e.kv_len,
        )

    def _strip(self, x: Floats) -> HeatStrip:
        largest = float(np.abs(x).max()) or 1.0
        cells = np.round(100 * x[:: self.every] / largest).astype(int)
        return HeatStrip(
            cells=tuple(cells.tolist()),
            largest=float(f"{largest:.3g}"),
            norm=float(f"{np.linalg.norm(x):.4g}"),
        )


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _cosine(a: Floats | None, b: Floats | None) -> float | None:
    if a is None or b is None:
        return None
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return _short(float(np.dot(cast(Any, a), b)) / lengths) if lengths else None
