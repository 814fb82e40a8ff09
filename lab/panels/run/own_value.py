"""What the chosen model can be asked, beside an own question; drawn by ``assets/js/own.js``."""

from __future__ import annotations

from lab.panels.value import FromBrowser, Value


class OwnPiece(Value):
    """A part of the text that was typed."""

    text: str
    known: bool


class OwnExample(Value):
    """A question that the model can answer."""

    facts: str
    question: str
    truth: str


class OwnOffer(Value):
    """A public model that is on this machine."""

    name: str
    title: str


class OwnValue(Value):
    """Nothing is shown of a model that was taught any word, nor of a world's question."""

    host: str = ""
    typed: tuple[OwnPiece, ...] = ()
    """Facts and question, if a word of them was never taught to the model."""
    examples: tuple[OwnExample, ...] = ()
    offers: tuple[OwnOffer, ...] = ()
    """Who knows the words that the model does not."""


class FillIn(FromBrowser):
    """An example shall be asked."""

    number: int


class AskOther(FromBrowser):
    """The question shall be asked of a public model."""

    name: str
