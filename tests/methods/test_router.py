"""The router: it learns who knows what where there is something to learn, asks the second proposer
for what the first one lacks, and never learns from questions about the same person.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from lab.errors import BadInput
from lab.experiments.moa.routing import apart
from lab.methods.router import Past, Router, best_fixed

KINDS = ("Where does {} live?", "Which pet does {} keep?", "What does {} play?")
NAMES = tuple(f"Person{i}" for i in range(40))
ASKED = tuple((kind, name) for kind, name in product(range(3), NAMES))
QUESTIONS = tuple(KINDS[kind].format(name) for kind, name in ASKED)


def past(right: object) -> Past:
    return Past(QUESTIONS, np.array(right, dtype=bool))


BY_SUBJECT = past([[kind == m for m in range(3)] for kind, _ in ASKED])
NEW = [kind.format("Nobody") for kind in KINDS]


def test_a_router_asks_who_knows_the_subject_and_a_fixed_choice_cannot() -> None:
    router = Router(BY_SUBJECT)
    assert router.choose(NEW, 1) == [(0,), (1,), (2,)]
    assert min(router.chance([q], [m])[0] for m, q in enumerate(NEW)) > 0.9
    assert BY_SUBJECT.coverage(best_fixed(BY_SUBJECT, 1)) == pytest.approx(1 / 3)


def test_shuffled_results_teach_nothing() -> None:
    order = np.random.default_rng(0).permutation(len(QUESTIONS))
    blind = Router(past(BY_SUBJECT.right[order]))
    assert max(float(blind.chance(NEW, [m]).max()) for m in range(3)) < 0.6


def test_the_second_is_asked_for_what_the_first_lacks() -> None:
    """0 and 1 know the same two thirds, 2 the rest: by single rates 0 and 1 would be asked."""
    right = [[kind < 2, kind < 2, kind == 2] for kind, _ in ASKED]
    mixed = Router(past([right[(i * 7) % len(right)] for i in range(len(right))]))
    assert {frozenset(c) for c in mixed.choose(NEW, 2)} <= {frozenset({0, 2}), frozenset({1, 2})}
    assert best_fixed(past(right), 2) == (0, 2)


def test_why_names_the_word_that_speaks_for_a_proposer() -> None:
    reason = Router(BY_SUBJECT).why(NEW[1], 1)
    word, weight = reason.words[0]
    assert word in {"pet", "which", "keep"} and weight > 0
    assert reason.chance > 0.9 and reason.rate == pytest.approx(1 / 3)
    assert all("nobody" not in word for word, _ in reason.words)


def test_one_outcome_or_no_common_word_gives_the_rate() -> None:
    always = Router(past([[True, kind == 0] for kind, _ in ASKED]))
    assert always.chance(NEW, [0]).tolist() == [1.0] * 3
    rare = Router(Past(tuple(f"w{i}" for i in range(40)), np.arange(80).reshape(40, 2) % 4 == 0))
    assert rare.chance(["w1"], [0]).tolist() == [0.5]


@pytest.mark.parametrize(
    ("k", "n", "words"), [(4, 3, "ask 4 of 3"), (0, 3, "ask 0 of 3"), (1, 0, "No proposer is left")]
)
def test_a_choice_that_cannot_be_made_is_refused(k: int, n: int, words: str) -> None:
    empty = Past(QUESTIONS, np.ones((len(QUESTIONS), n), dtype=bool))
    with pytest.raises(BadInput, match=words):
        Router(empty).choose(NEW, k)
    with pytest.raises(BadInput, match=words):
        best_fixed(empty, k)


def test_nobody_is_in_the_past_and_in_the_new_questions() -> None:
    about = [name for _, name in ASKED]
    folds = apart(about, 5)
    assert sorted(i for _, new in folds for i in new) == list(range(len(about)))
    for old, new in folds:
        assert not {about[i] for i in old} & {about[i] for i in new}
