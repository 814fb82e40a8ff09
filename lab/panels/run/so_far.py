"""Lanes and agents while their events are folded: what is known so far, and the card drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from lab import events as ev
from lab.panels.run.lanes_value import (
    AgentView,
    Cache,
    Dot,
    Hand,
    LaneView,
    Prompt,
    Rate,
    SegmentView,
    Word,
)
from lab.panels.run.routing_value import RoutingView
from lab.panels.style import number
from lab.roster import chain_of
from lab.words import known


@dataclass
class AgentSoFar:
    """One agent while its events are folded."""

    started: ev.AgentStarted
    strip: list[SegmentView]
    cache: Cache
    phases: dict[ev.Kind, tuple[float, float]]
    """First and last second of each kind of work."""
    phase: Literal["reading", "thinking", "speaking", "done"] = "reading"
    prompt: Prompt | None = None
    dots: list[Dot] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    cut: int = 0
    finished: ev.AgentFinished | None = None
    sees_facts: bool | None = None

    def grow(self, kind: ev.Kind, at: float, slots: int, kv_len: int) -> None:
        """Extend the phase and the agent's own segment of the strip."""
        before = max((end for _, end in self.phases.values()), default=at)
        self.phases[kind] = (self.phases.get(kind, (before, at))[0], at)
        name = self.started.agent
        last = self.strip[-1] if self.strip else None
        if last and last.agent == name and last.kind == kind:
            self.strip[-1] = last.model_copy(update={"length": last.length + slots})
        else:
            self.strip.append(SegmentView(agent=name, kind=kind, length=slots, kept=True))
        self.cache = Cache(len=kv_len, bytes="")  # measured after the prompt and at the end

    def card(self) -> AgentView:
        """The agent as drawn now."""
        end = self.finished
        return AgentView(
            name=self.started.agent,
            host=self.started.host,
            stage=self.started.stage,
            sees_facts=self.sees_facts,
            phase=self.phase,
            time=number(1e3 * (end.at - self.started.at), "ms") if end else "",
            prompt=self.prompt,
            dots=tuple(self.dots),
            words=tuple(self.words),
            cut=self.cut,
            text=end.text if end else "",
            note="; ".join(map(known, end.note.split("; "))) if end else "",
            cache=self.cache,
            strip=tuple(self.strip),
        )


@dataclass
class LaneSoFar:
    """One lane while its events are folded."""

    started: ev.LaneStarted
    at: float
    """Lane seconds of its last event."""
    colors: dict[str, str]
    """By agent."""
    agents: list[AgentSoFar] = field(default_factory=list)
    hands: list[Hand] = field(default_factory=list)
    finished: ev.LaneFinished | None = None
    control: bool = False
    rate: Rate | None = None
    routing: RoutingView | None = None
    drawn: LaneView | None = None
    """The card, as long as nothing happens in the lane."""

    def card(self) -> LaneView:
        """The lane as drawn now; the same object until something happens in it."""
        if self.drawn is None:
            self.drawn = self._card()
        return self.drawn

    def _card(self) -> LaneView:
        end = self.finished
        return LaneView(
            id=self.started.lane,
            chain=chain_of(self.started.method),
            title=known(self.started.title),
            drawn_as=known(self.started.drawn_as),
            done=end is not None,
            answer=end.answer if end else "",
            value=end.value if end else "",
            correct=end.correct if end else None,
            control=self.control,
            rate=self.rate,
            routing=self.routing,
            agents=tuple(agent.card() for agent in self.agents),
            colors=self.colors,
            hands=tuple(self.hands),
        )
