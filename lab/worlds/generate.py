"""The worlds by name: make problems, judge answers. The only place that knows which worlds there
are.
"""

from __future__ import annotations

from lab.errors import BadInput
from lab.worlds.almanac import check_almanac, extract_value, make_almanac
from lab.worlds.ledger import check_ledger, extract_number, make_ledger
from lab.worlds.problem import WORLDS, Problem, Verdict


def make_problem(
    world: str, seed: int, *, depth: int | None = None, distractors: int | None = None
) -> Problem:
    """The problem of a seed. Seeds below 1,000,000 are held out from training (almanac facts are
    taught by mask).

    Raises:
        BadInput: for an unknown world or a parameter out of range.
    """
    if world == "ledger":
        return make_ledger(seed, depth, distractors)
    if world == "almanac":
        if distractors:
            raise BadInput(
                f"Almanac: distractors must be 0 or absent, got {distractors}; the almanac has "
                "none."
            )
        return make_almanac(seed, depth)
    raise _unknown(world)


def make_problems(
    world: str, n: int, *, seed: int = 0, depth: int | None = None, distractors: int | None = None
) -> list[Problem]:
    """``n`` problems of consecutive seeds from ``seed``.

    Raises:
        BadInput: for an unknown world, ``n`` below 1 or a parameter out of range.
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise BadInput(
            f"Number of problems must be a whole number from 1, got {n!r}; ask for at least one."
        )
    return [make_problem(world, seed + i, depth=depth, distractors=distractors) for i in range(n)]


def check(problem: Problem, answer_text: str) -> Verdict:
    """Judge a model's answer to a problem."""
    if problem.world == "ledger":
        return check_ledger(problem, answer_text)
    if problem.world == "almanac":
        return check_almanac(problem, answer_text)
    raise _unknown(problem.world)


def extract_answer(world: str, text: str) -> str | None:
    """What a text gives as its answer, in shortest form; None if nothing can be understood."""
    if world == "ledger":
        return extract_number(text)
    if world == "almanac":
        return extract_value(text)
    raise _unknown(world)


def _unknown(world: str) -> BadInput:
    return BadInput(
        f"Unknown world {world!r}: expected one of {', '.join(WORLDS)}; correct the name."
    )
