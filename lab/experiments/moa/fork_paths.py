"""The sampled paths of a few questions in two dimensions: hidden states of one model's samples, of
several models' and of nudged answers, from the first token on. Along: the token. Across: how far a
state is from the mean of all states at that token, on the largest principal component of all such
distances; most of what a state says is which token it stands at, and that all paths share.

What is kept is small and drawn as it is: one line per distinct text, with how often it was drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Course:
    """One text and the states that its tokens were chosen from."""

    who: str
    """``one model``, ``several models``, or what was done: ``greedy``, ``at``, ``random``."""
    host: str
    mode: str
    """``first``, ``second`` or ``other``: the answer it ends in."""
    tokens: tuple[str, ...]
    states: Floats
    """(T, D)"""
    count: int = 1
    """How often it was drawn."""


def distinct(
    who: str,
    samples: Sequence[tuple[str, tuple[int, ...], str | None]],
    states: Sequence[Floats],
    modes: Mapping[str | None, str],
    text: Callable[[str, int], str],
) -> list[Course]:
    """One course per text and model.

    Args:
        who: whose samples they are.
        samples: model, token ids and answer of each.
        states: (T, D) of each, the state that each token was chosen from.
        modes: by answer ``first`` or ``second``.
        text: of a model's token.
    """
    counts = Counter((host, ids) for host, ids, _ in samples)
    first = {(host, ids): k for k, (host, ids, _) in reversed(list(enumerate(samples)))}
    return [
        Course(
            who,
            host,
            modes.get(samples[k][2], "other"),
            tuple(text(host, token) for token in ids),
            states[k],
            counts[(host, ids)],
        )
        for (host, ids), k in sorted(first.items(), key=lambda found: found[1])
    ]


def across(courses: Sequence[Course]) -> tuple[list[dict[str, Any]], float]:
    """The courses, each state as its distance from the mean state at its token on the largest
    principal component; a text weighs as often as it was drawn.

    Args:
        courses: of one question, at least one.

    Returns:
        the courses as plain data with ``y`` per token, and the component's share of the variance.
    """
    apart = [course.states.astype(np.float64) for course in courses]
    for place in range(max(map(len, apart))):
        here = [k for k, states in enumerate(apart) if len(states) > place]
        weights = [float(courses[k].count) for k in here]
        middle = np.average([apart[k][place] for k in here], axis=0, weights=weights)
        for k in here:
            apart[k][place] -= middle
    scaled = np.concatenate(
        [states * course.count**0.5 for course, states in zip(courses, apart, strict=True)]
    )
    _, sizes, axes = np.linalg.svd(scaled, full_matrices=False)
    total = float((sizes**2).sum())
    out = [
        {
            "who": course.who,
            "host": course.host,
            "mode": course.mode,
            "count": course.count,
            "tokens": list(course.tokens),
            "y": [round(float(value), 3) for value in states @ axes[0]],
        }
        for course, states in zip(courses, apart, strict=True)
    ]
    return out, round(float(sizes[0] ** 2) / total, 4) if total else 0.0
