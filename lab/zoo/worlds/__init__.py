"""Two worlds with exact truth: the ledger (reasoning) and the almanac (knowledge)."""

from lab.zoo.worlds.problem import WORLDS, Claim, Problem, Verdict
from lab.zoo.worlds.registry import check, extract_answer, make_problem, make_problems

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
