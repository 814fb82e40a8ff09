"""Values of the tab “Models”: the family's table, drawn by ``assets/js/family.js``, and an answer,
drawn by ``assets/js/spoken.js``."""

from __future__ import annotations

from lab.panels.value import Value


class AbilityFigure(Value):
    """One measured figure, as drawn."""

    value: float
    """A share (0 to 1) or a mean."""
    text: str
    half: str
    """Half the interval, with its sign."""
    n: int


class AbilityRow(Value):
    """One ability: a cell per model, None where it was not measured."""

    ability: str
    cells: tuple[AbilityFigure | None, ...]


class AbilityGroup(Value):
    """Abilities under one heading."""

    title: str
    rows: tuple[AbilityRow, ...]


class TogetherRow(Value):
    """A figure that several models make together."""

    ability: str
    cell: AbilityFigure


class FamilyModel(Value):
    """The card of one model."""

    name: str
    breaks: str
    """The constraint that it breaks."""
    facts: tuple[str, ...]
    notes: tuple[str, ...]


class FamilyTwin(Value):
    """A member that is made by arithmetic when asked for."""

    name: str
    breaks: str


class FamilyValue(Value):
    """All models with their measured abilities."""

    models: tuple[FamilyModel, ...]
    groups: tuple[AbilityGroup, ...]
    together: tuple[TogetherRow, ...]
    twins: tuple[FamilyTwin, ...]


class SpokenWord(Value):
    """One token said."""

    text: str
    p: float
    """Its own probability."""


class SpokenValue(Value):
    """What a model said to a prompt."""

    model: str
    prompt: str
    words: tuple[SpokenWord, ...]
    truth: str | None
    """The right answer, where the question is a known problem's."""
    correct: bool | None
