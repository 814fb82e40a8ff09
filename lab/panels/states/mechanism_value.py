"""The value of the mechanism, drawn by ``assets/js/mechanism.js``: how one thought becomes the
next input, step by step. Every number is the record's.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lab.panels.run.lanes_value import Guess, SegmentView
from lab.panels.value import Known, Value


class HeatStrip(Value):
    """A vector as a heat strip."""

    cells: tuple[int, ...]
    """-100 to 100: the dimensions shown, in parts of the largest of them."""
    largest: float
    """Largest absolute entry among all dimensions."""
    norm: float
    """L2 norm over all dimensions."""


class MechanismStep(Value):
    """One latent step."""

    step: int
    """1-based."""
    moment: int | None
    """None where it was not captured."""
    hidden: HeatStrip | None
    """The state that is fed back; None where it was not captured."""
    fed: HeatStrip | None
    """The next input embedding; None where it was not captured."""
    norm: Known
    """L2 norm of the state, as the run told it."""
    fed_norm: Known
    """L2 norm of what was fed, as the run told it."""
    cosine: Known
    """Between the state and what was fed."""
    top: tuple[Guess, ...]
    """What the head would say, best first."""
    entropy: Known
    """Nats, of the head's whole distribution."""
    word: str | None
    """Key of the would-be word in ``words``; None where the record holds no embedding of it."""
    kept: Known
    """Cosine between what was fed and the would-be word's embedding."""
    slots: int
    """KV positions after this step."""


class ThinkingAgent(Value):
    """One agent that takes latent steps."""

    lane: str
    title: str
    """Of the lane."""
    agent: str
    color: str
    moment: int | None
    """Of its first step."""


class MechanismValue(Value):
    """The steps of one agent, and who else could be looked at; no steps where nobody thinks in
    latents."""

    record: str = ""
    lane: str = ""
    agent: str = ""
    host: str = ""
    map: Literal["identity", "ridge", "softmax", "gauge"] = "identity"
    """From the state to the input space, before the length is set."""
    layer: int = 0
    """Where the state is read."""
    layers: int = 0
    """How many the model has."""
    width: int = 0
    """Dimensions of a vector."""
    every: int = 1
    """One in so many of them is shown."""
    tied: bool = True
    """Input and output embeddings are the same table."""
    steps: tuple[MechanismStep, ...] = ()
    words: dict[str, HeatStrip] = Field(default_factory=dict)
    """Input embeddings of would-be words."""
    memory: tuple[SegmentView, ...] = ()
    """What stands in the cache before the first step."""
    slot_bytes: str = ""
    """Keys and values of one position; empty where it was not measured."""
    colors: dict[str, str] = Field(default_factory=dict)
    """By agent of the lane."""
    thinking: tuple[ThinkingAgent, ...] = ()
    """All agents of the run that take latent steps, in order."""
