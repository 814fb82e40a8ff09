"""What the checks of “tamper” compute, on figures set by hand."""

import numpy as np
import pytest
import torch

from lab.engine.give import with_pairs
from lab.engine.rollout import generate_latent
from lab.experiments.failure.tamper_changes import moved, stretched
from lab.experiments.failure.tamper_checks import RidgeNamer, distance, last_number, norms_of
from tests.engine.tiny_models import prompts_of, tiny


def test_doubt_is_by_how_much_another_name_scores_higher() -> None:
    x = np.repeat(np.eye(3), 20, 0)
    reader = RidgeNamer(x, ["a"] * 20 + ["b"] * 20 + ["c"] * 20, 0.01)
    assert (reader.doubts(x, ["a"] * 20 + ["b"] * 20 + ["c"] * 20) < -0.9).all()
    assert (reader.doubts(x, ["b"] * 60)[[0, 59]] > 0.9).all()
    assert reader.doubts(x[:1], ["never seen"])[0] == pytest.approx(1, abs=0.05)


def test_the_last_number_is_the_answer_of_the_words() -> None:
    assert last_number("red 11; Uma 11 + 5 = 16") == "16"
    assert last_number("nothing") == ""


def test_norms_are_the_shortest_mean_and_longest_key_and_value_of_a_row() -> None:
    memory = generate_latent(tiny("qwen3"), prompts_of([3, 6]), 2, agents="a").memory
    pairs = [(torch.ones_like(k), 2 * torch.ones_like(v)) for k, v in memory.cache.pairs()]
    width = 2 * 8  # heads times their width
    for row in norms_of(with_pairs(memory, pairs)).reshape(2, -1, 2, 3):
        for keys, values in row:
            assert keys == pytest.approx([width**0.5] * 3)
            assert values == pytest.approx([2 * width**0.5] * 3)


def test_distance_counts_what_was_changed_and_not_where_it_was_moved() -> None:
    memory = generate_latent(tiny("qwen3"), prompts_of([4]), 2, agents="a").memory
    assert distance(memory, memory) == [0]
    assert distance(moved(memory, 50), memory)[0] == pytest.approx(0, abs=1e-5)
    values = sum(float(v.double().square().sum()) for _, v in memory.cache.pairs())
    keys = sum(float(k.double().square().sum()) for k, _ in memory.cache.pairs())
    expected = (0.25 * values / (keys + values)) ** 0.5
    assert distance(stretched(memory, 1.5), memory)[0] == pytest.approx(expected, rel=1e-4)
