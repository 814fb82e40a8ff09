"""Hand-computed cases of the linear geometry, and that the wrong variants fail."""

import numpy as np
import pytest

from lab.errors import BadInput
from lab.panels.states import geometry as g

RNG = np.random.default_rng(1)


def test_pca_by_hand():
    # Points on the line y = x and a small spread across it: the axes are (1, 1)/√2 and (1, −1)/√2.
    x = np.array([[2, 2], [-2, -2], [1, -1], [-1, 1]], dtype=float)
    p = g.pca(x, 2)
    assert p.variance == pytest.approx([16 / 20, 4 / 20])
    assert np.abs(p.axes) == pytest.approx(np.full((2, 2), 0.5**0.5))
    assert p.coords[:, 0] == pytest.approx([8**0.5, -(8**0.5), 0, 0])


def test_pca_pads_missing_axes_and_refuses_nothing_to_see():
    p = g.pca(np.array([[0.0, 1], [0, 2]]), 3)
    assert p.coords.shape == (2, 3)
    assert p.variance == pytest.approx([1, 0, 0])
    with pytest.raises(BadInput, match="at least 2 distinct points, got 1"):
        g.pca(np.ones((1, 4)))
    with pytest.raises(BadInput, match="all equal"):
        g.pca(np.ones((5, 4)))


def test_large_pca_agrees_with_the_exact_one():
    x = RNG.standard_normal((700, 600)) * np.geomspace(20, 0.01, 600)
    exact = np.linalg.svd(x - x.mean(0), compute_uv=False)[:3] ** 2 / ((x - x.mean(0)) ** 2).sum()
    assert g.pca(x, 3).variance == pytest.approx(exact, rel=0.02)


def test_normalisations():
    x = np.array([[3.0, 4.0], [0, 0], [6, 8]])
    assert g.normalise(x, "l2") == pytest.approx(np.array([[0.6, 0.8], [0, 0], [0.6, 0.8]]))
    z = g.normalise(np.array([[1.0, 5], [3, 5]]), "zscore")
    assert z == pytest.approx(np.array([[-1, 0], [1, 0]]))
    with pytest.raises(BadInput, match="Unknown normalisation 'max'"):
        g.normalise(x, "max")


def test_duplicates_become_one_point_with_a_count():
    base = RNG.standard_normal((5, 16)).astype(np.float32)
    rows = [0, 1, 1, 2, 0, 3, 4, 1]
    x = base[rows] + RNG.standard_normal((8, 16)).astype(np.float32) * 1e-7
    m = g.merge_duplicates(x)
    assert m.keep.tolist() == [0, 1, 3, 5, 6]
    assert m.counts.tolist() == [2, 3, 1, 1, 1]
    assert m.group.tolist() == rows
    assert g.merge_duplicates(base + 0).counts.tolist() == [1] * 5
    assert len(g.merge_duplicates(np.zeros((0, 4))).keep) == 0


def test_duplicates_are_found_between_strangers_with_the_same_shadow():
    direction = np.random.default_rng(0).standard_normal(4).astype(np.float32)
    across = np.linalg.svd(direction[None])[2][1:].astype(
        np.float32
    )  # three vectors orthogonal to the shadow
    x = np.stack([across[0], across[1], across[0], across[2], across[0]])
    assert g.merge_duplicates(x).counts.tolist() == [3, 1, 1]


def test_neighbours_by_cosine_ignore_length_and_by_distance_do_not():
    x = np.array([[1.0, 0], [10, 0.1], [0.9, 0.4], [0, 1]])
    assert g.neighbours(x, 0, 2, "l2")[0].tolist() == [1, 2]
    assert g.neighbours(x, 0, 2, "none")[0].tolist() == [2, 3]
    bad = np.vstack([x, [np.nan, 1]])
    assert 4 not in g.neighbours(bad, 0, 9, "l2")[0]


def test_rulers_name_the_massive_dimension_and_the_sink():
    x = RNG.standard_normal((40, 32))
    assert g.rulers(x) == g.Rulers((), ())
    massive = x.copy()
    massive[:, 7] *= 30
    assert g.rulers(massive).dims[0][0] == 7
    sink = x.copy()
    sink[0] += 40
    assert g.rulers(sink).rows[0][0] == 0


def test_procrustes_undoes_a_rotation_and_keeps_distances():
    x = RNG.standard_normal((30, 3))
    q, _ = np.linalg.qr(RNG.standard_normal((3, 3)))
    assert x @ q @ g.procrustes(x @ q, x) == pytest.approx(x)
    r = g.procrustes(RNG.standard_normal((30, 3)), x)
    assert r @ r.T == pytest.approx(np.eye(3), abs=1e-12)
