"""The value of “This moment”, drawn by ``assets/js/moment.js``."""

from __future__ import annotations

from lab.panels.value import Value


class MomentFact(Value):
    """One line of the card."""

    name: str
    value: str


class ReadWord(Value):
    """A word that the unembedding reads here."""

    word: str
    share: str
    """Its probability as text."""
    p: float


class Neighbour(Value):
    """A near point of the same layer."""

    point_id: int
    text: str
    cosine: str


class MomentCard(Value):
    """One captured point as text."""

    title: str
    facts: tuple[MomentFact, ...]
    words: tuple[ReadWord, ...]
    neighbours: tuple[Neighbour, ...]
    point_id: int
    moment: int
    layer: int
    lane: str
    agent: str
    kind: str
    step: int


class Around(Value):
    """The points before and after this one, None at the ends."""

    before: int | None = None
    after: int | None = None


class MomentValue(Value):
    """The card with the points one step and one layer away; no card before there is a selection."""

    record: str = ""
    """Whose positions can be kept in this browser; empty in an exported page."""
    card: MomentCard | None = None
    steps: Around = Around()
    layers: Around = Around()
