"""Is the answer right? Worlds have exact checkers; a free question with a known truth is compared
in words.
"""

from __future__ import annotations

import re

from lab.plan import Problem
from lab.worlds import Problem as WorldProblem
from lab.worlds import Verdict, check, extract_answer, make_problem
from lab.worlds.ledger import parse_steps, step_is_right

_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*")


def judge(problem: Problem, text: str) -> tuple[str, bool | None]:
    """The checkable part of an answer, and whether it is right (None where the truth is
    unknown)."""
    if problem.world is None:
        return _free(problem.truth, text)
    value = extract_answer(problem.world, text) or ""
    if problem.truth is None:
        return value, None
    own = _world_problem(problem)
    if own is None:
        return value, value == problem.truth
    verdict = check(own, text)
    return verdict.value or "", verdict.correct


def verify(problem: Problem, text: str) -> Verdict | None:
    """Verification by rule without knowing the truth: can the text be read as an answer at all, and
    do its own steps of arithmetic hold? None for free text, which no rule can verify."""
    if problem.world is None:
        return None
    value = extract_answer(problem.world, text)
    if value is None:
        return Verdict(False, None, "no answer can be read")
    for step in parse_steps(text):
        if not step_is_right(step):
            return Verdict(False, value, f"{step.attribute} is not {step.value}")
    return Verdict(True, value, "an answer can be read, and its steps hold")


def _world_problem(problem: Problem) -> WorldProblem | None:
    """The world's own problem: for the ledger its truth is enough, the almanac's is made again from
    its seed."""
    truth = str(problem.truth)
    if problem.world == "ledger":
        return WorldProblem(
            "ledger", problem.seed or 0, problem.question, truth, truth, "", problem.facts
        )
    if problem.seed is None:
        return None
    made = make_problem(str(problem.world), problem.seed, depth=problem.depth)
    return made if (made.question, made.truth) == (problem.question, truth) else None


def _free(truth: str | None, text: str) -> tuple[str, bool | None]:
    numbers = [n.replace(",", "") for n in _NUMBER.findall(text)]
    value = (
        numbers[-1]
        if numbers
        else text.strip().splitlines()[-1].strip()[:80]
        if text.strip()
        else ""
    )
    if truth is None:
        return value, None
    if _NUMBER.fullmatch(truth.strip()):
        return value, bool(numbers) and float(numbers[-1]) == float(truth.replace(",", ""))
    return value, re.search(rf"\b{re.escape(truth.strip())}\b", text, re.IGNORECASE) is not None
