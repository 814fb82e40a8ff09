"""The playground's problem is the world's of that number."""

import pytest

from lab.ui.tabs.models.models_tab import MOST_SEEDS, draw_problem
from lab.worlds import make_problem


@pytest.mark.parametrize("world", ["ledger", "almanac"])
def test_a_number_draws_that_problem_and_numbers_start_anew_behind_the_last(world: str) -> None:
    made = make_problem(world, 7)
    assert draw_problem(world, 7.0) == (made.facts, made.question)
    assert draw_problem(world, MOST_SEEDS + 7) == draw_problem(world, 7)
    assert draw_problem(world, None) == draw_problem(world, 0) != draw_problem(world, 7)
