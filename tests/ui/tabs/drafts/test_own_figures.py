"""A claim measured along a curve opens that curve with its reading aid, others open bars."""

import pytest

from lab.files import EXPERIMENTS
from lab.panels.drafts.claim_cards import find_card
from lab.records.results import ResultTable
from lab.ui.tabs.drafts.drafts_claims import figures


@pytest.mark.parametrize(
    ("claim", "word"),
    [
        ("least_alike", "by lot"),
        ("norms_notice", "false alarms"),
        ("wide_or_deep", "passes"),
        ("nudge", "nudge"),
        ("distill", "Held-out"),
        ("routing", "by lot"),
    ],
)
def test_the_experiment_s_own_figure_is_drawn(claim: str, word: str) -> None:
    card = find_card(claim)
    metric, drawn, _ = figures(card, ResultTable.open(EXPERIMENTS / card.experiment), None)
    assert {trace["type"] for trace in drawn.figure.data} <= {"scatter", "heatmap"}
    assert not metric["visible"]  # it shows them all
    assert word in drawn.caption


def test_a_claim_about_conditions_is_drawn_as_bars() -> None:
    card = find_card("kvmoa")
    metric, drawn, _ = figures(card, ResultTable.open(EXPERIMENTS / card.experiment), None)
    assert {trace["type"] for trace in drawn.figure.data} == {"bar"}
    assert metric["visible"]
