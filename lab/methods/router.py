"""Whom to ask: from the words of a question and from whom was right on past questions, the set of
proposers of which at least one is likely to be right.

One logistic regression (scikit-learn) per set of proposers says how likely that set covers a
question; the set is built greedily, so that a second proposer is asked for what the first one
lacks, and not for what both know. It knows neither models nor events nor how a draft is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.errors import BadInput
from lab.words import say

Floats = NDArray[np.float64]
COMMON = 0.1
"""Least share of the past questions in which a word that is looked at occurs. Names are rarer: what
they seem to say of one person is chance for the next."""


@dataclass(frozen=True)
class Past:
    """Questions that were asked before, and who was right on them."""

    questions: tuple[str, ...]
    right: NDArray[np.bool_]
    """(questions, proposers)."""

    def only(self, rows: Sequence[int]) -> Past:
        """Some of the questions."""
        return Past(tuple(self.questions[i] for i in rows), self.right[list(rows)])

    def coverage(self, members: Sequence[int]) -> float:
        """Share of the questions on which at least one of some proposers was right; (0, 1)."""
        return float(self.right[:, list(members)].any(axis=1).mean())


@dataclass(frozen=True)
class Reason:
    """Why a proposer is asked or not."""

    chance: float
    """Of being right on this question, as the router sees it."""
    rate: float
    """Share of all past questions on which it was right."""
    words: tuple[tuple[str, float], ...]
    """Words of the question that moved the chance most, with their logits, strongest first."""


def require_choice(k: int, n: int) -> None:
    """Refuse a choice that cannot be made.

    Args:
        k: how many proposers are to be asked.
        n: how many there are.

    Raises:
        BadInput: if there is nobody to ask, or fewer than ``k``.
    """
    if n < 1:
        raise BadInput(say("error.router.nobody_left"))
    if not 1 <= k <= n:
        raise BadInput(say("error.router.too_many", k=k, n=n))


@dataclass
class Router:
    """A router that has seen some past questions."""

    past: Past
    _known: dict[tuple[int, ...], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from sklearn.feature_extraction.text import CountVectorizer

        require_choice(1, self.past.right.shape[1])
        if not self.past.questions:
            raise BadInput(say("error.router.no_past"))
        self._words = CountVectorizer(binary=True, token_pattern=r"\w+", min_df=COMMON)
        try:
            self._seen = self._words.fit_transform(self.past.questions)
        except ValueError:  # no word is common
            self._seen = None

    @property
    def proposers(self) -> int:
        """How many there are to choose from."""
        return int(self.past.right.shape[1])

    def chance(self, questions: Sequence[str], members: Sequence[int]) -> Floats:
        """(q,) how likely at least one of some proposers is right on each question.

        Args:
            questions: q of them.
            members: numbers of the proposers, from 0.
        """
        model = self._model(tuple(sorted(members)))
        if isinstance(model, float):
            return np.full(len(questions), model)
        found: Floats = model.predict_proba(self._words.transform(questions))[:, 1]
        return found

    def choose(self, questions: Sequence[str], k: int) -> list[tuple[int, ...]]:
        """By question the ``k`` proposers to ask, the most useful first.

        Args:
            questions: q of them.
            k: how many proposers, the same for all.

        Raises:
            BadInput: if there are fewer proposers.
        """
        require_choice(k, self.proposers)
        chosen: list[tuple[int, ...]] = [()] * len(questions)
        for _ in range(k):
            groups: dict[tuple[int, ...], list[int]] = {}
            for i, members in enumerate(chosen):
                groups.setdefault(members, []).append(i)
            for members, rows in groups.items():
                left = [m for m in range(self.proposers) if m not in members]
                asked = [questions[i] for i in rows]
                gains = np.array([self.chance(asked, (*members, m)) for m in left])
                for i, best in zip(rows, gains.argmax(axis=0), strict=True):
                    chosen[i] = (*members, left[best])
        return chosen

    def why(self, question: str, member: int, most: int = 3) -> Reason:
        """What speaks for and against one proposer.

        Args:
            question: that is to be asked.
            member: number of the proposer, from 0.
            most: how many words are named at most.
        """
        rate, model = self.past.coverage([member]), self._model((member,))
        if isinstance(model, float):
            return Reason(model, rate, ())
        row = self._words.transform([question])
        names = self._words.get_feature_names_out()
        weighed = [(str(names[at]), float(model.coef_[0, at])) for at in row.indices]
        weighed.sort(key=lambda item: -abs(item[1]))
        return Reason(float(model.predict_proba(row)[0, 1]), rate, tuple(weighed[:most]))

    def _model(self, members: tuple[int, ...]) -> Any:
        """The regression of a set; its rate where there is nothing to learn from."""
        if members not in self._known:
            from sklearn.linear_model import LogisticRegression

            covered = self.past.right[:, list(members)].any(axis=1)
            self._known[members] = (
                float(covered.mean())
                if self._seen is None or covered.all() or not covered.any()
                else LogisticRegression(max_iter=500).fit(self._seen, covered)
            )
        return self._known[members]


def best_fixed(past: Past, k: int) -> tuple[int, ...]:
    """The ``k`` proposers that covered most past questions together, whatever is asked.

    Args:
        past: what they did.
        k: how many.

    Raises:
        BadInput: if there are fewer proposers.
    """
    n = int(past.right.shape[1])
    require_choice(k, n)
    return max(combinations(range(n), k), key=past.coverage)
