"""The distance of two models' weights, by hand; and what the experiment keeps of it."""

from __future__ import annotations

import copy
import dataclasses
import math

import pytest
import torch

from lab.experiments.failure.constraints import parameter_distance
from tests.experiments.tiny_worlds import tiny


def test_a_model_is_at_no_distance_of_itself_and_at_its_own_length_of_the_doubled_one() -> None:
    base = tiny(0)
    doubled = dataclasses.replace(base, model=copy.deepcopy(base.model))
    with torch.no_grad():
        for parameter in doubled.model.parameters():
            parameter.mul_(2)
    assert parameter_distance(base, base) == 0
    assert parameter_distance(doubled, base) == pytest.approx(1)
    assert parameter_distance(base, doubled) == pytest.approx(0.5)  # in lengths of the second


def test_one_changed_matrix_counts_with_its_part_of_all_weights() -> None:
    base = tiny(0)
    changed = dataclasses.replace(base, model=copy.deepcopy(base.model))
    name, weight = next((n, p) for n, p in changed.model.named_parameters() if "q_proj" in n)
    with torch.no_grad():
        weight.add_(1)
    size = sum(float(p.square().sum()) for p in base.model.state_dict().values())
    assert parameter_distance(changed, base) == pytest.approx(math.sqrt(weight.numel() / size)), (
        name
    )


def test_models_of_different_shapes_have_no_distance() -> None:
    assert parameter_distance(tiny(2, 48, 4), tiny(0)) is None
