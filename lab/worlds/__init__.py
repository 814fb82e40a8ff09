"""Two worlds with exact truth: the ledger (reasoning) and the almanac (knowledge)."""

from lab.worlds.generate import check, extract_answer, make_problem, make_problems
from lab.worlds.problem import WORLDS, Claim, Problem, Verdict

__all__ = [
    "WORLDS",
    "Claim",
    "Problem",
    "Verdict",
    "check",
    "extract_answer",
    "make_problem",
    "make_problems",
]
