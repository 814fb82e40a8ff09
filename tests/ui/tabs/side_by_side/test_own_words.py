"""Words that a pocket model was never taught are named; those of its worlds are not."""

from __future__ import annotations

import pytest

from lab.ui.tabs.side_by_side.own_words import own_sentences, untaught
from lab.worlds import make_problem


@pytest.mark.parametrize("world", ["ledger", "almanac"])
def test_all_words_of_the_worlds_are_known(world: str) -> None:
    for seed in range(40):
        made = make_problem(world, seed)
        assert untaught(f"{made.facts} {made.question}", "pocket-base") == ()


def test_other_words_are_named_once_and_hub_models_know_all() -> None:
    asked = "What is the capital of France? The capital?"
    assert {"capital", "France"} <= set(untaught(asked, "pocket-base"))
    assert untaught(asked, "pocket-base").count("capital") == 1
    assert untaught(asked, "some/hub-model") == ()
    assert "capital" in own_sentences("", asked, "pocket-base")[0]
    assert own_sentences("", asked, "some/hub-model") == []
