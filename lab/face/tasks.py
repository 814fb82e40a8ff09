"""Problems with exact truth, and the checker of answers."""

from __future__ import annotations

from lab.errors import BadInput
from lab.face.agents import Answer
from lab.worlds import Problem, Verdict, check, make_problem
from lab.worlds.judge import Kind, kind_of
from lab.worlds.judge import judge as _judge


def problem(
    world: str = "ledger", seed: int = 0, depth: int | None = None, distractors: int | None = None
) -> Problem:
    """A problem of one of the two worlds; the same seed gives the same problem.

    Args:
        world: ``ledger`` (coins in boxes, to be worked out) or ``almanac`` (facts about people, to
            be known).
        seed: below 1,000,000 the problem was held out from all training.
        depth: ledger: events on the box asked for, 1 to 4; almanac: 1 attribute, or 6 for all.
        distractors: ledger: events on other boxes, 0 to 6.

    Raises:
        BadInput: for an unknown world or a number out of range.
    """
    return make_problem(world, seed, depth=depth, distractors=distractors)


def judge(truth: str | Problem, answer: str | Answer, kind: Kind | None = None) -> Verdict:
    """Is an answer right? The one checker that the page, the records and the experiments use.

    Args:
        truth: the right value, or the problem that was asked.
        answer: what was said, any text.
        kind: ``number`` compares values, ``text`` words, ``choice`` letters; ``code`` runs the
            answer's Python against the tests that are its truth, in a process with limits; None
            tells the kind from the truth's form and runs nothing.

    Returns:
        The verdict: ``correct``, the ``value`` that was read from the answer, and ``why``.

    Raises:
        BadInput: for an empty truth, one that does not fit its kind, or an unknown kind.
    """
    if not isinstance(answer, (str, Answer)):
        raise BadInput(
            f"The answer is a {type(answer).__name__}: expected a text or what lab.speak returns; "
            "give one of them."
        )
    if isinstance(truth, Problem):
        return check(truth, str(answer))
    return _judge(truth, str(answer), kind or kind_of(truth))
