"""Planted maps are recovered, held-out splits are by prompt, and overfitting shows."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from lab.errors import BadInput
from lab.experiments.interventions import linear_maps as maps

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 16))


def test_procrustes_recovers_a_planted_rotation() -> None:
    R = ortho_group.rvs(16, random_state=3)
    fitted = maps.fit_procrustes(X, 2.5 * X @ R + 1)
    assert np.allclose(fitted.matrix, 2.5 * R, atol=1e-10)
    assert fitted.r2(X, 2.5 * X @ R + 1) == pytest.approx(1.0)


def test_procrustes_cannot_follow_a_shear_that_ridge_follows() -> None:
    W = RNG.normal(size=(16, 9))
    ridge = maps.fit_ridge(X, X @ W + 4, strength=1e-9)
    assert np.allclose(ridge.matrix, W, atol=1e-6)
    assert ridge.r2(X, X @ W + 4) > 0.999999
    assert maps.fit_procrustes(X, X @ W + 4).r2(X, X @ W + 4) < 0.9


@pytest.mark.parametrize("width", [9, 16, 23])
def test_procrustes_is_schoenemanns_solution_also_between_widths(width: int) -> None:
    y = X @ RNG.normal(size=(16, width))
    a, b = X - X.mean(0), y - y.mean(0)
    u, s, vt = np.linalg.svd(a.T @ b, full_matrices=False)
    expected = s.sum() / (a * a).sum() * (u @ vt)
    assert np.allclose(maps.fit_procrustes(X, y).matrix, expected, atol=1e-10)


def test_ridge_solves_its_normal_equations() -> None:
    y = X @ RNG.normal(size=(16, 5)) + RNG.normal(size=(400, 5))
    fitted = maps.fit_ridge(X, y, strength=0.1)
    a, b = X - X.mean(0), y - y.mean(0)
    penalty = 0.1 * np.trace(a.T @ a) / 16
    assert np.allclose(a.T @ (b - a @ fitted.matrix), penalty * fitted.matrix)


def test_more_dimensions_than_pairs_fit_anything_and_hold_out_nothing() -> None:
    a, b = RNG.normal(size=(40, 100)), RNG.normal(size=(40, 100))
    fitted = maps.fit_ridge(a[:30], b[:30], strength=1e-9)
    assert fitted.r2(a[:30], b[:30]) > 0.99
    assert fitted.r2(a[30:], b[30:]) < 0.2


def test_bottleneck_has_its_rank_and_full_rank_changes_nothing() -> None:
    W = RNG.normal(size=(16, 12)) * np.linspace(2, 0.1, 12)
    full = maps.fit_ridge(X, X @ W, strength=1e-9)
    scores = [maps.bottleneck(full, X, k).r2(X, X @ W) for k in (1, 4, 12)]
    assert maps.bottleneck(full, X, 4).rank == 4
    assert scores[0] < scores[1] < scores[2] and scores[2] == pytest.approx(1.0)
    with pytest.raises(BadInput, match="rank of 1 to 12"):
        maps.bottleneck(full, X, 13)
