"""The cards about LatentMAS read the results that ship, and say so where there is none."""

from __future__ import annotations

import re

import pytest

from lab.experiments.harness.registry import find
from lab.files import EXPERIMENTS
from lab.panels.drafts.claim_cards import Card, card_view, cards
from lab.panels.drafts.routing_figure import LOOKS, accuracy_by_tokens, verdict
from lab.records.results import ResultTable
from lab.words import shown

MEASURED = [card for card in cards() if (EXPERIMENTS / card.experiment).is_dir()]
OTHERS = [c for c in cards() if not find(c.experiment).module.startswith("lab.experiments.moa.")]


@pytest.mark.parametrize("name", [card.name for card in OTHERS])
def test_a_card_has_its_shipped_figure_or_says_that_nothing_is_measured(name: str) -> None:
    card = next(one for one in OTHERS if one.name == name)
    folder = EXPERIMENTS / card.experiment
    table = ResultTable.open(folder) if folder.is_dir() else None
    seen = card_view(card, table)
    assert seen.sentence
    assert (seen.verdict == "none") is (table is None)


@pytest.mark.parametrize("card", MEASURED, ids=lambda card: card.name)
def test_a_card_calls_its_conditions_by_names_for_people(card: Card) -> None:
    for line in card_view(card, ResultTable.open(EXPERIMENTS / card.experiment)).lines:
        assert not re.search(
            r"[a-z]_[a-z]{2}|^[a-z]*mas$|^moa$|, all, |^m = |^\d × \d", line.label
        ), line.label


def test_a_difference_of_shares_is_told_in_percentage_points() -> None:
    card = next(one for one in cards() if one.name == "least_alike")
    seen = card_view(card, ResultTable.open(EXPERIMENTS / card.experiment))
    table = ResultTable.open(EXPERIMENTS / card.experiment)
    gap = sum(
        sign * table.estimate(name, "accuracy", "kv").value
        for sign, name in ((1, card.method), (-1, card.control))
    )
    assert f"{100 * gap:+.1f} [" in seen.sentence and "percentage points, n = " in seen.sentence


def test_there_are_cards_about_latentmas() -> None:
    assert len(OTHERS) >= 8


def test_the_router_s_caption_says_the_shares_of_the_table() -> None:
    table = ResultTable.open(EXPERIMENTS / "routing")
    told = shown(verdict(table), "en")
    assert told.count("the router with shuffled past") == 2
    for name in ("router, k = 1", "by lot, k = 1", "best fixed, k = 1", "all 6"):
        e = table.estimate(name, "accuracy", "by subject")
        assert f"{100 * e.value:.0f} % [{100 * e.low:.0f}, {100 * e.high:.0f}]" in told
    assert "no question about the same person" in told
    assert verdict(None) == ""


def test_the_router_figure_shows_every_control_at_every_k() -> None:
    table = ResultTable.open(EXPERIMENTS / "routing")
    drawn = accuracy_by_tokens(table).data
    assert len(drawn) == 2 * (len(LOOKS) + 1)
    assert {len(trace.x) for trace in drawn} == {1, len(table.meta["spec"]["ks"])}
    assert all(len(trace.error_y.array) == len(trace.x) for trace in drawn)
