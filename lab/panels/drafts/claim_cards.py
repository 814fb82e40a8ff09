"""Claims about LatentMAS and Mixture-of-Agents as cards: what is said, by whom, and what the lab
measured, beside its control.

A card compares one condition with its control on the same questions (paired bootstrap) and says
what that shows and what it does not. Results are folders of `lab.records.results`; a claim
without one says how to get it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from lab import stats
from lab.errors import LabError
from lab.files import ASSETS
from lab.panels.drafts.drafts_value import About, ClaimCard, ClaimCardsValue, ClaimLine, Verdict
from lab.panels.style import number, spread
from lab.records.results import ResultTable, read_result
from lab.words import called, known, say, texts_of

SHARES = ("share", "probability")
"""Units of what lies between 0 and 1."""


@dataclass(frozen=True)
class Card:
    """One claim and the comparison that tests it."""

    name: str
    experiment: str
    metric: str
    unit: str
    method: str
    """Condition that stands for the claim."""
    control: str
    channel: str | None = None
    control_channel: str | None = None
    expects: Literal["higher", "lower"] = "higher"
    about: About = "moa"

    @property
    def title(self) -> str:
        """The claim in a few words."""
        return say(f"claim.{self.name}.title")

    @property
    def claim(self) -> str:
        """What is said, with its source."""
        return say(f"claim.{self.name}.claim")

    @property
    def caveat(self) -> str:
        """What one run cannot show."""
        own = f"claim.{self.name}.caveat"
        return say(own if own in texts_of("en") else "said.claims.pocket_models_and_their_own")

    @property
    def reports(self) -> str:
        """Independent reports for and against, with their source; empty if none are known."""
        key = f"claim.{self.name}.reports"
        return say(key) if key in texts_of("en") else ""


FOLDER = ASSETS / "claims"


@lru_cache(maxsize=1)
def cards() -> tuple[Card, ...]:
    """All claims, as ``assets/claims`` states them: those about LatentMAS first. Their words are
    the page's texts ``claim.NAME.*``."""
    return tuple(
        Card(**entry, about=about) for about in get_args(About) for entry in _entries(about)
    )


def _entries(about: About) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(
        (FOLDER / f"{about}.yaml").read_text(encoding="utf-8")
    )
    return found


def results_in(*folders: Path) -> dict[str, ResultTable]:
    """The results in several folders by their `ResultTable.study`: earlier folders win, then
    finished ones, then the newest."""
    found: dict[str, ResultTable] = {}
    for folder in folders:
        new: dict[str, ResultTable] = {}
        for path in sorted(folder.glob("*/record.json")):
            try:
                table = read_result(path.parent)
            except LabError:
                continue  # a damaged folder hides no other; the command line names it
            old = new.get(table.study)
            if len(table.rows) and (old is None or _rank(table) > _rank(old)):
                new[table.study] = table
        found = {**new, **found}
    return found


def card_view(card: Card, table: ResultTable | None) -> ClaimCard:
    """A card as the widget draws it."""
    if table is None:
        sentence = say("said.claims.not_measured_on_this_machine", experiment=card.experiment)
        return _unmeasured(card, sentence)
    method = table.by_problem(card.method, card.metric, card.channel)
    control = table.by_problem(card.control, card.metric, card.control_channel)
    if not method or not control:
        missing = known(card.control if method else card.method)
        return _unmeasured(card, say("said.claims.the_condition_is_missing", missing=missing))
    pair = [_estimate(table, card.metric, list(values.values())) for values in (method, control)]
    scale = 1.0 if card.unit in SHARES else 1.05 * max(e.high for e in pair)
    names = _names(card, table)
    verdict, sentence = judged(card, method, control)
    return ClaimCard(
        name=card.name,
        title=card.title,
        claim=card.claim,
        lines=tuple(
            ClaimLine(
                label=name,
                value=e.value,
                low=e.low,
                high=e.high,
                scale=max(scale, 1e-9),
                text=spread(e.value, e.half, share=card.unit in SHARES),
                control=i == 1,
            )
            for i, (name, e) in enumerate(zip(names, pair, strict=True))
        ),
        verdict=verdict,
        sentence=sentence,
        caveat=card.caveat,
        about=card.about,
        reports=card.reports,
    )


def _unmeasured(card: Card, sentence: str) -> ClaimCard:
    return ClaimCard(
        name=card.name,
        title=card.title,
        claim=card.claim,
        verdict="none",
        sentence=sentence,
        about=card.about,
        reports=card.reports,
    )


def judged(
    card: Card, method: Mapping[Any, float], control: Mapping[Any, float]
) -> tuple[Verdict, str]:
    """What the paired difference says of the claim, and in which words.

    Args:
        method, control: value by problem; only problems of both count.
    """
    both = [problem for problem in method if problem in control]
    if not both:
        return (
            "unclear",
            say("said.claims.the_two_conditions_share_no"),
        )
    gap = stats.paired_difference([method[p] for p in both], [control[p] for p in both])
    sign = 1 if card.expects == "higher" else -1
    low, high = sorted((sign * gap.low, sign * gap.high))
    scale, unit = (100.0, "points") if card.unit in SHARES else (1.0, card.unit)
    value, lower, upper = (_signed(scale * part) for part in (gap.value, gap.low, gap.high))
    told = {"value": value, "low": lower, "high": upper, "unit": called("said.unit", unit)}
    said = say("said.claims.gap", n=gap.n, **told)
    if low > 0:
        return "yes", say("said.claims.seen_here", said=said)
    if high < 0:
        return "no", say("said.claims.the_opposite_was_seen_here", said=said)
    return "unclear", say("said.claims.no_difference_that_questions_can", n=gap.n, said=said)


def cards_value(
    results: Mapping[str, ResultTable], open_card: str | None = None
) -> ClaimCardsValue:
    """All cards as the widget's value."""
    drawn = [card_view(card, results.get(card.experiment)) for card in cards()]
    return ClaimCardsValue(cards=tuple(drawn), open=open_card)


def find_card(name: str) -> Card:
    """The card of a name; the first if there is none."""
    return next((card for card in cards() if card.name == name), cards()[0])


def _rank(table: ResultTable) -> tuple[bool, str]:
    return table.meta.get("status") == "finished", str(table.meta.get("created", ""))


def _estimate(table: ResultTable, metric: str, values: list[float]) -> stats.Estimate:
    kind = {m.name: m.kind for m in table.metrics}.get(metric, "mean")
    return stats.of_metric(kind if set(values) <= {0.0, 1.0} else "mean", values)


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + number(float(value))


def _names(card: Card, table: ResultTable) -> list[str]:
    """What the two conditions are called on this card: in words of its own where it has some, and
    by how they were handed over where only that differs."""
    names = []
    for part, condition in (("method", card.method), ("control", card.control)):
        own = f"claim.{card.name}.{part}"
        names.append(say(own) if own in texts_of("en") else _title(table, condition))
    if card.method != card.control:
        return names
    channels = (card.channel or "", card.control_channel or "")
    return [
        say("said.claims.by_channel", name=name, channel=called("said.channel", channel))
        for name, channel in zip(names, channels, strict=True)
    ]


def titles_of(table: ResultTable) -> dict[str, str]:
    """What conditions are called, by their names, where a result has titles."""
    specs = table.meta.get("conditions") or []
    named = [(c.get("name"), c.get("title")) for c in specs if isinstance(c, dict)]
    return {str(name): str(title) for name, title in named if name and title}


def _title(table: ResultTable, condition: str) -> str:
    return known(titles_of(table).get(condition, condition))
