"""Identities of the likeness measures, and that coordinate measures see a rotation which the others
do not.
"""

import numpy as np
import pytest
from scipy.stats import ortho_group

from lab.errors import BadInput
from lab.experiments.failure import similarity as geometry

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 24)) * np.linspace(3, 0.3, 24)
R = ortho_group.rvs(24, random_state=1)
CKA, NEIGHBOURS = "linear CKA", "mutual nearest neighbours"


def value(x: np.ndarray, y: np.ndarray, name: str = CKA) -> float:
    """One measure of paired states."""
    return next(m.value for m in geometry.compare(x, y) if m.name == name)


def test_cka_of_a_rotated_rescaled_copy_is_one() -> None:
    assert value(X, X @ R * 7 + 3) == pytest.approx(1.0, abs=1e-9)


def test_cka_of_unrelated_states_is_near_zero_even_with_more_dimensions_than_rows() -> None:
    a, b = RNG.normal(size=(60, 400)), RNG.normal(size=(60, 400))
    assert abs(value(a, b)) < 0.1
    biased = np.linalg.norm((a - a.mean(0)).T @ (b - b.mean(0))) ** 2 / (
        np.linalg.norm((a - a.mean(0)).T @ (a - a.mean(0)))
        * np.linalg.norm((b - b.mean(0)).T @ (b - b.mean(0)))
    )
    assert biased > 0.5  # the plain formula would have called noise alike


def test_cka_by_hand() -> None:
    # One dimension: the debiased HSIC of x with itself against the definition by sums over distinct
    # indices
    x = np.array([[0.0], [1.0], [3.0], [4.0], [7.0]])
    k = (x - x.mean()) @ (x - x.mean()).T
    n = 5
    distinct = [(i, j) for i in range(n) for j in range(n) if i != j]
    one = sum(k[i, j] ** 2 for i, j in distinct) / (n * (n - 1))
    two = sum(k[i, j] * k[p, q] for i, j in distinct for p, q in distinct if len({i, j, p, q}) == 4)
    three = sum(k[i, j] * k[i, q] for i, j in distinct for q in range(n) if q not in (i, j))
    expected = one + two / (n * (n - 1) * (n - 2) * (n - 3)) - 2 * three / (n * (n - 1) * (n - 2))
    gram = geometry._gram(x)
    assert geometry._hsic(gram, gram) == pytest.approx(expected)


def test_neighbours_survive_a_rotation_and_not_a_shuffle() -> None:
    assert value(X, X @ R, NEIGHBOURS) == 1.0
    assert value(X, X[RNG.permutation(300)], NEIGHBOURS) < 0.15


def test_coordinate_measures_see_the_rotation() -> None:
    same, turned = geometry.compare(X, X), geometry.compare(X, X @ R)
    for a, b in zip(same, turned, strict=True):
        if a.name == "cosine, mean removed":
            assert a.value == pytest.approx(1.0) and abs(b.value) < 0.5
        elif a.name.startswith("principal"):
            assert a.value == pytest.approx(0.0, abs=1e-4) and b.value > 30
        else:
            assert a.value == pytest.approx(b.value)


def test_every_measure_stands_beside_its_null() -> None:
    for m in geometry.compare(X, X @ R):
        if not m.needs_coordinates:
            assert m.value > m.null_high
    noise = geometry.compare(X, RNG.normal(size=X.shape))
    assert noise[0].value < noise[0].null_high + 0.1


def test_principal_angle_by_hand() -> None:
    flat = np.array([[1.0, 0, 0], [-1.0, 0, 0], [2.0, 0, 0], [-2.0, 0, 0]])
    tilted = flat @ np.array(
        [[np.cos(0.5), np.sin(0.5), 0], [-np.sin(0.5), np.cos(0.5), 0], [0, 0, 1]]
    )
    assert geometry.principal_angles(flat, tilted, 1)[0] == pytest.approx(np.degrees(0.5))


def test_unequal_widths_have_no_coordinates_in_common() -> None:
    narrow = X[:, :10]
    assert [m.name for m in geometry.compare(X, narrow)] == [
        "linear CKA",
        "mutual nearest neighbours",
        "norm ratio",
    ]
    with pytest.raises(BadInput, match="no common coordinates"):
        geometry.centred_cosine(X, narrow)
    with pytest.raises(BadInput, match="pairs"):
        geometry.compare(X, X[:10])
