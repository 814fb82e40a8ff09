"""Values of the tab “Break it”: the stage with its three answers (``assets/js/stage.js``) and the
gallery of the constraints (``stage_cards.js``)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lab.panels.value import FromBrowser, Known, Value

Light = Literal["works", "partly", "fails", ""]
"""Empty: nothing can be told."""


class Stack(Value):
    """One model on the stage."""

    title: str
    layers: int


class ChosenLayers(Value):
    """The layers that were clicked."""

    sender: int | None = None
    receiver: int | None = None


class StageRate(Value):
    """Right answers over some more problems, with the Wilson interval of their share."""

    right: int
    n: int
    low: float
    high: float


class StageAnswer(Value):
    """What the receiver said, or why there is nothing."""

    hidden: bool = False
    """A prediction is wanted first."""
    refused: str = ""
    """Why the hand-over cannot be made."""
    answer: str = ""
    right: bool = False
    nll: Known = None
    """Nats, of the right answer."""
    kl: Known = None
    """Nats, to the correct hand-over; None where the vocabularies differ."""
    rate: StageRate | None = None


class StageWord(Value):
    """One latent step: the sender's own word, and what the receiver's input words say of it."""

    step: int
    said: str
    p: float
    """Probability of the sender's word."""
    heard: str | None = None
    """The receiver's nearest input word; None through a cache, where no vector meets its
    embedding."""
    cosine: Known = None


class StageResult(Value):
    """The answers to one problem."""

    facts: str
    question: str
    truth: str
    correct: StageAnswer
    this: StageAnswer
    none: StageAnswer
    lens: tuple[StageWord, ...] = ()


class StageProblem(Value):
    """What is asked."""

    facts: str
    question: str
    truth: str


class StageValue(Value):
    """Sender and receiver, the cable between them, and the answers."""

    sender: Stack
    receiver: Stack
    channel: str
    channel_word: str
    color: str
    """Of the cable."""
    change: str
    broken: bool
    layer_read: int
    """The last one if none was chosen."""
    layer_written: int
    chosen: ChosenLayers
    shift: int
    """Layers by which the cache is moved."""
    problem: StageProblem | None
    """What would be asked; None where the models' own list of problems decides it."""
    result: StageResult | None
    busy: str


class LayerClicked(FromBrowser):
    """A layer of one of the stacks was chosen."""

    side: Literal["sender", "receiver"]
    layer: int = Field(ge=0, le=1000)


class ConstraintLine(Value):
    """One measured condition between its floor and its ceiling, all shares."""

    name: str
    channel: str
    title: str
    how: str
    """What is handed over, in a word."""
    value: float
    low: float
    high: float
    text: str
    floor: float
    ceiling: float
    light: Light
    dial: bool
    """A point of the dial of parameters, which is left out of the tally."""
    tried: bool = True
    """It can be put on the stage."""


class ConstraintCard(Value):
    """One constraint with its words and measured conditions."""

    number: int
    mark: str
    """What stands for it in short: its number, or a sign."""
    title: str
    rule: str
    why: str
    lines: tuple[ConstraintLine, ...] = ()
    missing: tuple[str, ...] = ()
    """What could not be measured, and why."""
    tally: dict[Light, int] = Field(default_factory=dict)
    """How many conditions work, work in part, fail."""


class GalleryValue(Value):
    """All constraints."""

    cards: tuple[ConstraintCard, ...] = ()
    open: int | None = None
    """Number of the open card."""
    recorded: bool = False
    """There is no stage on which a line's condition could be tried."""


class CardClicked(FromBrowser):
    """A card was opened or closed."""

    number: int


class LineClicked(FromBrowser):
    """A condition is wanted on the stage."""

    name: str
    channel: str
