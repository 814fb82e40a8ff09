"""The seven constraints in words: what must agree, why, and what one sees when it does not. Data,
no figures.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Constraint:
    """One card of the gallery."""

    number: int
    title: str
    rule: str
    why: str
    experiment: str = "constraints"
    """The experiment whose record holds its figures."""


CONSTRAINTS = (
    Constraint(
        1,
        "Same tokenizer",
        "Both models must number their words alike.",
        "A token id is only a row number. Handed over as numbers, the same text names other words; "
        "states and caches "
        "never see ids, so they do not mind.",
    ),
    Constraint(
        2,
        "Same token embeddings",
        "Both must start from the same zero-point.",
        "The embedding table fixes what each direction means. Another seed gives another frame: "
        "every state is right, "
        "and every coordinate is different. A rotation of everything changes no word that a model "
        "says.",
    ),
    Constraint(
        3,
        "Same architecture",
        "Widths, heads and layers must have the same shape.",
        "A vector of 160 numbers has no place in a model that reads 128. Cutting and filling makes "
        "the shapes fit, not "
        "the meaning.",
    ),
    Constraint(
        4,
        "Same or near parameters",
        "A fine-tune may be near enough; a stranger is not.",
        "Each block expects what the block before it was trained to write. The dial walks in a "
        "straight line from one "
        "model to another and shows where the hand-over falls off. Two models with one frozen "
        "embedding table are a "
        "case of their own: a thought leaves and enters through that table, a cache is written by "
        "the blocks above.",
    ),
    Constraint(
        5,
        "Same layer",
        "A state must be continued at the layer where it was read.",
        "The state of one layer, continued at a later one, skips work; continued at an earlier "
        "one, it does work "
        "twice: compare the two sides of the heat-map's diagonal. Fed back step by step as "
        "thoughts, errors add up.",
    ),
    Constraint(
        6,
        "Same norm behaviour",
        "Length must be what the next matrix expects.",
        "States after the final norm are many times longer than input embeddings; the method "
        "rescales them. Skip it, "
        "double it or move it, and the lines show how much this model forgives: its first norm "
        "repairs length, not "
        "direction.",
    ),
    Constraint(
        7,
        "Same positions",
        "Keys must stand where they were rotated to.",
        "A cached key carries its position in its angle. Shift the cache without turning the keys, "
        "or crop it and "
        "count anew, and distances are wrong; the lines show how much that matters to this model. "
        "Turn the keys along "
        "and nothing is lost. Thoughts carry no angle: a model with another rotary base may read "
        "them and still not "
        "the cache.",
    ),
    Constraint(
        8,
        "Same precision",
        "How coarse may one side's weights be?",
        "Rounding moves every weight a little: a point on the dial of constraint 4.",
    ),
)


def constraint(number: int) -> Constraint:
    """The card with this number."""
    return CONSTRAINTS[number - 1]
