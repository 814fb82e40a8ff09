"""The seven constraints in words: what must agree, why, and what one sees when it does not. Data,
no figures.
"""

from __future__ import annotations

from dataclasses import dataclass

from lab.words import say


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
        say("said.constraints.same_tokenizer"),
        say("said.constraints.both_models_must_number_their"),
        say("said.constraints.a_token_id_is_only"),
    ),
    Constraint(
        2,
        say("said.constraints.same_token_embeddings"),
        say("said.constraints.both_must_start_from_the"),
        say("said.constraints.the_embedding_table_fixes_what"),
    ),
    Constraint(
        3,
        say("said.constraints.same_architecture"),
        say("said.constraints.widths_heads_and_layers_must"),
        say("said.constraints.a_vector_of_160_numbers"),
    ),
    Constraint(
        4,
        say("said.constraints.same_or_near_parameters"),
        say("said.constraints.a_fine_tune_may_be"),
        say("said.constraints.each_block_expects_what_the"),
    ),
    Constraint(
        5,
        say("said.constraints.same_layer"),
        say("said.constraints.a_state_must_be_continued"),
        say("said.constraints.the_state_of_one_layer"),
    ),
    Constraint(
        6,
        say("said.constraints.same_norm_behaviour"),
        say("said.constraints.length_must_be_what_the"),
        say("said.constraints.states_after_the_final_norm"),
    ),
    Constraint(
        7,
        say("said.constraints.same_positions"),
        say("said.constraints.keys_must_stand_where_they"),
        say("said.constraints.a_cached_key_carries_its"),
    ),
    Constraint(
        8,
        say("said.constraints.same_precision"),
        say("said.constraints.how_coarse_may_one_side"),
        say("said.constraints.rounding_moves_every_weight_a"),
    ),
)


def constraint(number: int) -> Constraint:
    """The card with this number."""
    return CONSTRAINTS[number - 1]
