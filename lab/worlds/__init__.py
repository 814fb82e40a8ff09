"""Two worlds with exact truth: the ledger (reasoning) and the almanac (knowledge)."""

from lab.worlds.generate import (
    check,
    extract_answer,
    judge_asked,
    make_problem,
    make_problems,
    verify,
)
from lab.worlds.problem import WORLDS, Claim, Problem, Verdict

__all__ = [
    "WORLDS",
    "Claim",
    "Problem",
    "Verdict",
    "check",
    "extract_answer",
    "judge_asked",
    "make_problem",
    "make_problems",
    "verify",
]
