"""The worlds by name: make problems, judge answers. The only place that knows which worlds there
are.
"""

from __future__ import annotations

from typing import Protocol

from lab.errors import BadInput
from lab.words import say
from lab.worlds.almanac import check_almanac, extract_value, make_almanac
from lab.worlds.judge import judge, kind_of, read_answer
from lab.worlds.ledger import make_ledger, parse_steps, step_is_right
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
                say("error.generate.almanac_distractors_absent_almanac", distractors=distractors)
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
        raise BadInput(say("error.generate.number_problems_whole_number", n=n))
    return [make_problem(world, seed + i, depth=depth, distractors=distractors) for i in range(n)]


def check(problem: Problem, answer_text: str) -> Verdict:
    """Judge a model's answer to a problem."""
    if problem.world == "ledger":
        return judge(problem.truth, answer_text, "number")
    if problem.world == "almanac":
        return check_almanac(problem, answer_text)
    raise _unknown(problem.world)


def extract_answer(world: str, text: str) -> str | None:
    """What a text gives as its answer, in shortest form; None if nothing can be understood."""
    if world == "ledger":
        return read_answer(text, "number")
    if world == "almanac":
        return extract_value(text)
    raise _unknown(world)


class Asked(Protocol):
    """What is known of a question that was put to a method (a plan's problem)."""

    @property
    def question(self) -> str: ...
    @property
    def truth(self) -> str | None: ...
    @property
    def world(self) -> str | None: ...
    @property
    def seed(self) -> int | None: ...
    @property
    def depth(self) -> int | None: ...


def judge_asked(asked: Asked, text: str) -> tuple[str, bool | None]:
    """What an answer to a question of a world, or to a free one, gives, and whether it is right
    (None where the truth is unknown)."""
    truth = (asked.truth or "").strip()
    if not truth:
        read = extract_answer(asked.world, text) if asked.world else read_answer(text)
        return read or "", None
    if asked.world == "almanac":
        verdict = _judge_almanac(asked, truth, text)
    else:
        verdict = judge(truth, text, kind_of(truth))
    return verdict.value or "", verdict.correct


def _judge_almanac(asked: Asked, truth: str, text: str) -> Verdict:
    """By the claims of the problem made again from its seed, where that gives the question."""
    if asked.seed is not None:
        made = make_problem("almanac", asked.seed, depth=asked.depth)
        if (made.question, made.truth) == (asked.question, truth):
            return check(made, text)
    return judge(truth, extract_answer("almanac", text) or "", "text")


def verify(world: str | None, text: str) -> Verdict | None:
    """Verification by rule without knowing the truth: can the text be read as an answer at all, and
    do its own steps of arithmetic hold? None for free text, which no rule can verify."""
    if world is None:
        return None
    value = extract_answer(world, text)
    if value is None:
        return Verdict(False, None, "no answer can be read")
    for step in parse_steps(text):
        if not step_is_right(step):
            return Verdict(False, value, f"{step.attribute} is not {step.value}")
    return Verdict(True, value, "an answer can be read, and its steps hold")


def _unknown(world: str) -> BadInput:
    return BadInput(
        say("error.generate.unknown_world_correct_name", world=world, names=", ".join(WORLDS))
    )
