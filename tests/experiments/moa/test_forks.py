"""Forks of samples set by hand, the gradient of a nudge, and a small run on pocket models."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from lab.errors import BadInput
from lab.experiments.harness import registry
from lab.experiments.harness.driver import run_experiment
from lab.experiments.moa.forks import Fork, Sample, distances, fork_of
from lab.experiments.moa.state_nudges import added, gradient_of
from lab.models.pool import HostPool
from tests.experiments.tiny_worlds import tiny


def sample(value: str, *ids: int, host: str = "a") -> Sample:
    return Sample(host, ids, value, (0.0,) * len(ids))


def test_the_fork_is_the_longest_common_beginning_of_the_two_modes() -> None:
    drawn = [
        sample("x", 1, 2, 3),
        sample("x", 9, 2, 3),
        sample("x", 1, 2, 3),
        sample("y", 1, 2, 4),
        sample("y", 8, 2, 4),
        sample("z", 1, 2, 5),
    ]
    assert fork_of(drawn, 2) == Fork("x", "y", 2, (1, 2), (3, 4))
    assert fork_of(drawn, 3) is None  # y was drawn twice only
    assert fork_of([sample("x", 1), sample("y", 1, 2)], 1) is None  # one begins the other


def test_a_nudge_is_meant_for_another_answer_than_the_greedy_one() -> None:
    fork = Fork("x", "y", 2, (1, 2), (3, 4))
    assert fork.other_than("z", 5) == ("x", 3)
    assert fork.other_than("x", 3) == ("y", 4)


def test_distances_are_told_by_the_answer_and_by_the_model() -> None:
    samples = [sample("x", 1), sample("x", 1, host="b"), sample("y", 2)]
    up, right = np.array([[0.0, 1.0]], np.float32), np.array([[1.0, 0.0]], np.float32)
    states = [up, up, right]
    assert distances(samples, states, [0, 1, 2], 0, mixed=False) == (0.0, 1.0)
    same, other = distances(samples, states, [0, 2], 0, mixed=True)
    assert math.isnan(same) and math.isnan(other)  # both are of one model


def test_a_small_step_along_the_gradient_does_what_the_gradient_says() -> None:
    host, ids, tokens, layer = tiny(0), [5, 6, 7, 8], (9, 10), 1
    gradient, length = gradient_of(host, ids, tokens, layer)
    assert gradient.shape == (4, host.d_model) and (length > 0).all()
    embeds = host.embed(torch.tensor([ids]))

    def gap(delta: torch.Tensor) -> float:
        with torch.no_grad(), added(host, layer, delta):
            last = host.backbone(inputs_embeds=embeds, use_cache=False).last_hidden_state[0, -1]
            logits = host.model.get_output_embeddings()(last)
        return float(logits[tokens[1]] - logits[tokens[0]])

    still = torch.zeros_like(embeds)
    for column in (1, 3):
        moved = still.clone()
        moved[0, column] = 1e-2 * gradient[column] / gradient[column].norm()
        gained = gap(moved) - gap(still)
        assert gained == pytest.approx(1e-2 * float(gradient[column].norm()), rel=0.05)
    assert not host.layers[layer]._forward_pre_hooks


def test_a_nudge_turns_answers_at_the_fork_and_not_after_it() -> None:
    entry = registry.find("forks")
    settings = registry.load_settings(
        entry, {"n": 24, "samples": 8, "nudged": 6, "sizes": [0.8], "max_tokens": 16}
    )
    table = run_experiment(entry, settings, HostPool().get)
    mean = table.rows.groupby("condition")[["flipped", "derailed"]].mean()
    assert mean.loc["nudge unmoved, 0"].tolist() == [0, 0]
    assert mean.loc["nudge at, 0.8", "flipped"] > mean.loc["nudge random, 0.8", "flipped"]
    assert mean.loc["nudge after, 0.8", "flipped"] < 0.5
    paths = table.rows.groupby("condition")[["entropy", "same_mode", "other_mode"]].mean()
    assert paths.loc["one model, token +0", "entropy"] > 1
    assert paths.loc["one model, token -1", "other_mode"] < 1e-5  # the same tokens were read
    assert paths.loc["one model, token +1", "other_mode"] > 1e-3
    assert paths.loc["several models, token -1", "same_mode"] > 1e-3


def test_a_block_that_the_model_has_not_is_refused() -> None:
    entry = registry.find("forks")
    settings = registry.load_settings(entry, {"n": 2, "layer": 9})
    with pytest.raises(BadInput, match="block 0 to 4"):
        run_experiment(entry, settings, HostPool().get)
