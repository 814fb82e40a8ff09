"""Values of the tab “Drafts”: drafts around their aggregate (``assets/js/drafts.js``), the
difference of two texts (``drafts_diff.js``) and the claims as cards (``drafts_cards.js``).

What agents wrote stands in fields called ``said``: the page exchanges none of it for another
language.
"""

from __future__ import annotations

from typing import Literal

from lab.panels.drafts.draft_claims import ClaimRow
from lab.panels.drafts.provenance import DraftSpan, Span, SpanKind
from lab.panels.value import FromBrowser, Known, Value

Verdict = Literal["yes", "no", "unclear", "none"]
About = Literal["latentmas", "moa"]


class ClaimChance(Value):
    """A claim with its writer's own probability."""

    about: str
    value: str
    right: bool | None
    """None where the truth is unknown."""
    probability: float | None
    """None where the endpoint told no log-probabilities."""


class DraftReader(Value):
    """An agent that was given drafts."""

    agent: str
    stage: int
    role: str


class TextPlace(Value):
    """Where one token stands in a text."""

    start: int
    end: int
    moment: int | None
    """The position of the run that a press selects; None where it was not captured."""


class AgentText(Value):
    """What one agent said, and of what kind each part is."""

    agent: str
    host: str
    said: str
    confidence: Known
    """Geometric-mean probability per word, 0 to 1."""
    writing: bool
    places: tuple[TextPlace, ...] = ()
    """Its tokens, in order."""


class AggregateText(AgentText):
    """The text that is traced."""

    spans: tuple[Span, ...]


class DraftText(AgentText):
    """One draft that was read."""

    spans: tuple[DraftSpan, ...]
    owed: float
    """Share of the aggregate's words owed to it."""
    taken: float
    """Share of its own words that was taken."""
    claims: tuple[ClaimChance, ...]
    note: str
    """What is odd about it, or empty."""


class DraftFigures(Value):
    """Figures of one reader; None where they cannot be told."""

    inflation: float | None
    """Words of the aggregate over mean words of a draft."""
    facts_per_token_drafts: float | None
    """Claims per written token of the drafts; right ones only where the truth is known."""
    facts_per_token_team: float | None
    wait: float | None
    """Lane seconds to the reader's first word."""
    tokens: int
    """Written by the drafts and the reader."""


class DraftsValue(Value):
    """The drafts of one reader and what became of them."""

    reader: str
    readers: tuple[DraftReader, ...]
    colors: dict[str, str]
    """Agent → colour."""
    correct: bool | None
    target: AggregateText
    drafts: tuple[DraftText, ...]
    shares: dict[SpanKind, float]
    """Share of the aggregate's words by kind."""
    claims: tuple[ClaimRow, ...]
    counts: dict[str, int]
    """How many claims of each fate."""
    figures: DraftFigures


class ReaderChoice(FromBrowser):
    """The drafts of another reader are wanted."""

    agent: str


class DiffPiece(Value):
    """Neighbouring words, in both texts or in this one only."""

    said: str
    same: bool


class DiffSide(Value):
    """One of the two texts."""

    agent: str
    pieces: tuple[DiffPiece, ...]
    """None for an agent that said nothing."""


class DiffValue(Value):
    """Two texts, word by word."""

    left: DiffSide
    right: DiffSide
    colors: dict[str, str]
    """Agent → colour."""


class ClaimLine(Value):
    """One measured figure with its interval."""

    label: str
    value: float
    low: float
    high: float
    scale: float
    """The end of the line; it begins at 0."""
    text: str
    control: bool


class ClaimCard(Value):
    """A claim about a method, and what was measured here."""

    name: str
    title: str
    claim: str
    lines: tuple[ClaimLine, ...] = ()
    verdict: Verdict
    sentence: str
    caveat: str = ""
    """What one run cannot show."""
    about: About = "moa"
    reports: str = ""
    """Independent reports for and against, with their source."""


class ClaimCardsValue(Value):
    """All claims."""

    cards: tuple[ClaimCard, ...] = ()
    open: str | None = None
    """Name of the card whose figure is shown."""


class ClaimOpened(FromBrowser):
    """A card was chosen."""

    name: str
