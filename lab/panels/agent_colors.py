"""Which colour and which shape say which agent: the one place that decides it for every picture.

An agent's look depends on its lane alone: on its seat (planner, proposer 2, aggregator …), never on
its name, on the other lanes of the run or on the order in which agents appear. So it is the same on
every tab, live, replayed and exported, whatever methods are ticked. Agents of one lane never share
a colour, and a shape repeats what the colour says.

| seat | colour |
|---|---|
| planner, refiner, judger | blue, orange, green |
| critic | dark pink |
| solo | purple |
| aggregator | olive |
| proposer 1, 2, 3 … | pink, sky, vermilion, then blue, orange, green; darker in each later layer |
| solver 1, 2, 3 … | blue, orange, dark pink, then sky, vermilion |
| any other role, and what is taken in its lane | the next free one |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from lab.errors import RecordDamaged
from lab.events import LaneStarted
from lab.panels.style import MORE_COLORS, NEUTRAL, OKABE_ITO, SYMBOLS, SYMBOLS_3D, mix
from lab.plan import Plan
from lab.records import Record
from lab.roster import AgentCard, Roster, roster_of_run
from lab.words import agent_name, known

HUES = OKABE_ITO + MORE_COLORS
BLUE, ORANGE, GREEN, PINK, SKY, VERMILION, OLIVE, PURPLE = range(len(HUES))
DARKER = (0.0, 0.35, 0.6, 0.2, 0.5)
"""Share of black in a hue's shades."""

Ink = tuple[int, int]
"""(hue, shade)"""

ONE: dict[str, Ink] = {
    "planner": (BLUE, 0),
    "refiner": (ORANGE, 0),
    "judger": (GREEN, 0),
    "critic": (PINK, 1),
    "solo": (PURPLE, 0),
    "aggregator": (OLIVE, 0),
}
"""Seats that are taken once in most lanes."""
ROW: dict[str, tuple[Ink, ...]] = {
    "proposer": ((PINK, 0), (SKY, 0), (VERMILION, 0), (BLUE, 0), (ORANGE, 0), (GREEN, 0)),
    "solver": ((BLUE, 0), (ORANGE, 0), (PINK, 1), (SKY, 0), (VERMILION, 0)),
}
"""Seats that several agents take, by their numbers."""
SPARE: tuple[Ink, ...] = tuple((hue, shade) for shade in range(5) for hue in range(len(HUES)))


@dataclass(frozen=True)
class AgentColors:
    """Colours and shapes of a run's agents."""

    inks: dict[tuple[str, str], Ink]
    """(lane, agent) → ink"""
    titles: Mapping[str, str] = field(default_factory=dict)
    """What a lane is called, by its id."""

    @classmethod
    def from_roster(cls, roster: Roster) -> AgentColors:
        """The look of every agent of a roster."""
        return cls(
            {
                (lane, name): ink
                for lane in roster.lanes
                for name, ink in inks_of_lane(roster.of(lane)).items()
            }
        )

    def lane(self, lane: str) -> str:
        """What a lane is called on the page; its id where it has no title."""
        return known(self.titles.get(lane, lane))

    def name(self, lane: str, agent: str) -> str:
        """“agent · lane” as it is called on the page."""
        return f"{agent_name(agent)} · {self.lane(lane)}"

    def color(self, lane: str, agent: str) -> str:
        """``#rrggbb``; grey for an agent that is not in the roster."""
        ink = self.inks.get((lane, agent))
        return NEUTRAL if ink is None else color_of(ink)

    def symbol(self, lane: str, agent: str, dims: int = 2) -> str:
        """A Plotly marker symbol (``dims`` 2 or 3; 3-D knows fewer)."""
        hue, shade = self.inks.get((lane, agent), (0, 0))
        if dims == 3:
            return SYMBOLS_3D[(hue + 4 * shade) % len(SYMBOLS_3D)]
        return SYMBOLS[hue] if shade == 0 else SYMBOLS[len(HUES) + (hue + shade) % 2]

    def of(self, lane: str) -> dict[str, str]:
        """Agent → colour in one lane."""
        return {name: color_of(ink) for (owner, name), ink in self.inks.items() if owner == lane}

    def with_more(self, other: AgentColors) -> AgentColors:
        """These and another run's agents; where both have one, it keeps the look it has here."""
        return AgentColors({**other.inks, **self.inks}, {**other.titles, **self.titles})


def roster_of(record: Record) -> Roster:
    """The agents of a record; told from the events alone where its plan is damaged."""
    return roster_of_run(record.events, plan_of_record(record))


def plan_of_record(record: Record) -> Plan | None:
    """The plan of a record; None where it is damaged."""
    try:
        return record.plan
    except RecordDamaged:
        return None


def colors_of(record: Record) -> AgentColors:
    """The colours of a record's agents."""
    titles = {e.lane: e.title for e in record.events if isinstance(e, LaneStarted)}
    return replace(AgentColors.from_roster(roster_of(record)), titles=titles)


def inks_of_lane(cards: Sequence[AgentCard]) -> dict[str, Ink]:
    """The inks of one lane's agents, no two equal as long as there are any left.

    Seats that are taken once choose first, so that a planner is blue in a lane with solvers too.
    """
    chosen: dict[str, Ink] = {}

    def take(card: AgentCard, wished: Sequence[Ink]) -> None:
        used = set(chosen.values())
        ink = next((ink for ink in wished if ink not in used), None)
        if ink is not None:
            chosen[card.name] = ink

    for card in cards:
        if card.seat in ONE and card.number == 1:
            take(card, [ONE[card.seat]])
    for card in cards:
        row = ROW.get(card.seat, ())
        if card.name not in chosen and card.number <= len(row):
            hue, shade = row[card.number - 1]
            take(card, [(hue, shade + card.layer - 1)])
    for card in cards:
        if card.name not in chosen:
            take(card, SPARE)
            chosen.setdefault(card.name, SPARE[len(chosen) % len(SPARE)])
    return chosen


def color_of(ink: Ink) -> str:
    """``#rrggbb`` of an ink."""
    hue, shade = ink
    return mix(HUES[hue], "#000000", DARKER[shade])
