"""One question of the recorded routing: the router is the one that was measured, an own choice is
heard as it was recorded, and what cannot be asked is a sentence.
"""

from __future__ import annotations

import pytest

from lab import worlds
from lab.errors import BadInput
from lab.experiments.moa.routing_question import overruled, questions
from lab.files import EXPERIMENTS
from lab.records.results import ResultTable

SPREAD = "by subject"


@pytest.fixture(scope="module")
def table() -> ResultTable:
    return ResultTable.open(EXPERIMENTS / "routing")


@pytest.mark.parametrize("spread", [SPREAD, "at random"])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_whom_and_how_sure_are_those_of_the_measurement(
    table: ResultTable, spread: str, k: int
) -> None:
    part = table.rows[table.rows["channel"] == spread]
    part = part[part["condition"] == f"router, k = {k}"].set_index("problem")
    for seed in (0, 3, 41):
        found, row = overruled(table, spread, seed, k), part.loc[seed]
        assert found.routed == tuple(sorted(int(one) for one in row["asked"].split()))
        assert found.sure == pytest.approx(row["sure"], abs=1e-6)
        assert (found.answer is not None, found.right) == (True, bool(row["accuracy"]))


def test_an_own_choice_is_told_beside_the_routers(table: ResultTable) -> None:
    mine = overruled(table, SPREAD, 3, 2, (4, 2, 4))
    assert [one.asked for one in mine.candidates] == [False, True, False, True, False, False]
    routers = overruled(table, SPREAD, 3, 2)
    assert mine.routed == routers.routed == (1, 5)
    assert mine.sure < routers.sure
    assert mine.drafts == routers.drafts
    everybody = overruled(table, SPREAD, 3, 2, tuple(range(1, 7)))
    assert everybody.right is not None  # “all 6” was measured


def test_the_menu_holds_the_questions_as_they_were_asked(table: ResultTable) -> None:
    made = questions(table, 5)
    assert len(made) == 5
    assert all(text == worlds.make_problem("almanac", seed).question for text, seed in made)


@pytest.mark.parametrize(
    ("seed", "chosen", "sentence"),
    [
        (3, (), "No proposer is left to ask"),
        (3, (7,), "There is no proposer 7"),
        (-1, (1,), "The results hold no question -1"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(
    table: ResultTable, seed: int, chosen: tuple[int, ...], sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence):
        overruled(table, SPREAD, seed, 2, chosen)


def test_more_than_there_are_is_a_sentence(table: ResultTable) -> None:
    with pytest.raises(BadInput, match="7 of 6 proposers"):
        overruled(table, SPREAD, 3, 7)
