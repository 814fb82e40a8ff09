"""The honesty strip: hand-computed recall, expected values of the controls, and the sentence."""

import numpy as np
import pytest

from lab.errors import BadInput
from lab.panels.states import geometry, honesty

RNG = np.random.default_rng(3)


def pca_map(x, seed):
    z = geometry.normalise(x, "none")
    fit = z if seed >= 0 else z[(-seed - 1) :: 2]
    p = geometry.pca(fit, 2)
    return (z - p.centre) @ p.axes.T


def test_recall_and_jaccard_by_hand():
    a = np.array([[1, 2], [0, 2], [0, 1]])
    b = np.array([[1, 3], [0, 2], [3, 4]])
    assert honesty.recall(a, b) == pytest.approx((0.5 + 1 + 0) / 3)
    assert honesty.jaccard(a, b) == pytest.approx((1 / 3 + 1 + 0) / 3)


def test_nearest_on_a_line():
    x = np.array([[0.0], [1], [3], [7]])
    assert honesty.nearest(x, 1).ravel().tolist() == [1, 0, 1, 2]


def test_trustworthiness_by_hand():
    # Venna & Kaski, n = 5, k = 1: points 0, 1, 3, 7, 15 on a line; the map swaps the first and the
    # last. New map
    # neighbours: row 4 gets 1 (original rank 3), row 0 gets 3 (rank 3), row 1 gets 4 (rank 4); the
    # others keep theirs.
    x = np.array([[0.0], [1], [3], [7], [15]])
    y = x[[4, 1, 2, 3, 0]]
    penalty = (3 - 1) + (3 - 1) + (4 - 1)
    factor = 2 / (5 * 1 * (2 * 5 - 3 * 1 - 1))
    assert honesty.trustworthiness(x, y, 1) == pytest.approx(1 - factor * penalty)
    assert honesty.trustworthiness(x, x, 1) == 1


def test_a_faithful_map_beats_its_control_and_noise_does_not():
    flat = np.hstack([RNG.standard_normal((120, 2)) * 5, RNG.standard_normal((120, 30)) * 0.01])
    turned = flat @ np.linalg.qr(RNG.standard_normal((32, 32)))[0]
    strip = honesty.honesty(turned, pca_map, "none", half_split=True)
    assert strip.measures[1].value > 0.95
    assert strip.measures[1].shuffled < 0.5
    assert "groups may be read" in strip.sentence
    assert (
        "single dimensions rule" in honesty.honesty(flat, pca_map, "none", half_split=True).sentence
    )
    noise = honesty.honesty(RNG.standard_normal((120, 32)), pca_map, "none", half_split=True)
    assert noise.measures[1].value == pytest.approx(noise.measures[1].shuffled, abs=0.06)
    assert "shuffled data" in noise.sentence


def test_random_placement_recalls_k_of_n_minus_one():
    x, y = RNG.standard_normal((400, 8)), RNG.standard_normal((400, 2))
    found = honesty.recall(honesty.nearest(x, 10), honesty.nearest(y, 10))
    assert found == pytest.approx(10 / 399, abs=0.01)


def test_shuffling_keeps_each_dimension_and_breaks_their_relation():
    t = RNG.standard_normal(300)
    x = np.stack([t, t], axis=1)
    s = honesty.shuffled(x)
    assert np.sort(s[:, 0]) == pytest.approx(np.sort(t))
    assert abs(np.corrcoef(s.T)[0, 1]) < 0.2


def test_too_few_points_is_one_sentence():
    with pytest.raises(BadInput, match="at least 6 distinct ones, got 4"):
        honesty.honesty(np.eye(4), pca_map, "none")
