"""Intervals against hand-computed and published values."""

import numpy as np
import pytest

from lab import stats
from lab.errors import BadInput


def test_wilson_by_hand() -> None:
    # 15 of 20, z = 1.96: centre (0.75 + 3.8415/40) / (1 + 3.8415/20), the textbook interval 0.531
    # to 0.888
    e = stats.wilson(15, 20)
    assert e.value == 0.75
    assert e.low == pytest.approx(0.5313, abs=1e-4)
    assert e.high == pytest.approx(0.8881, abs=1e-4)


def test_wilson_at_the_edges_stays_inside_and_is_not_empty() -> None:
    none, all_ = stats.wilson(0, 20), stats.wilson(20, 20)
    assert none.low == 0.0 and none.high == pytest.approx(0.1611, abs=1e-4)
    assert all_.high == 1.0 and all_.low == pytest.approx(1 - 0.1611, abs=1e-4)


def test_wilson_is_the_formula_of_the_textbook() -> None:
    z2 = 1.959963984540054**2
    for n in (1, 2, 5, 20, 300, 720):
        for k in range(0, n + 1, max(1, n // 25)):
            p = k / n
            centre = (p + z2 / (2 * n)) / (1 + z2 / n)
            half = np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
            e = stats.wilson(k, n)
            assert (e.value, e.n) == (p, n)
            assert e.low == pytest.approx(centre - half, abs=1e-12)
            assert e.high == pytest.approx(centre + half, abs=1e-12)


def test_bootstrap_is_quantiles_of_resampled_problems() -> None:
    rng = np.random.default_rng(3)
    a = rng.exponential(size=57)
    b = a + rng.uniform(0.5, 1.0, size=57)
    drawn = np.random.default_rng(0).integers(0, 57, size=(2000, 57))
    for got, resampled in (
        (stats.mean(a), a[drawn].mean(1)),
        (stats.ratio_of_means(a, b), a[drawn].mean(1) / b[drawn].mean(1)),
    ):
        low, high = np.quantile(resampled, [0.025, 0.975])
        assert (got.low, got.high) == pytest.approx((low, high), abs=1e-12)
    apart = np.random.default_rng(1).integers(0, 57, size=(2000, 57))
    unpaired = np.quantile(a[drawn].mean(1) / b[apart].mean(1), [0.025, 0.975])
    paired = stats.ratio_of_means(a, b)
    assert unpaired[1] - unpaired[0] > 1.5 * (paired.high - paired.low)


def test_one_problem_has_no_spread() -> None:
    assert stats.mean([0.4]) == stats.Estimate(0.4, 0.4, 0.4, 1)


@pytest.mark.parametrize(("k", "n"), [(0, 0), (3, 2), (-1, 5)])
def test_impossible_rates_are_refused(k: int, n: int) -> None:
    with pytest.raises(BadInput, match="rate needs"):
        stats.wilson(k, n)


def test_bootstrap_of_a_mean_covers_as_promised() -> None:
    rng = np.random.default_rng(1)
    covered = [
        (e := stats.mean(rng.exponential(size=60), seed=i, resamples=400)).low <= 1 <= e.high
        for i in range(200)
    ]
    assert 0.88 <= np.mean(covered) <= 0.99


def test_paired_difference_is_narrower_than_the_spread_of_the_problems() -> None:
    rng = np.random.default_rng(2)
    difficulty = rng.normal(0, 10, 100)
    a, b = difficulty + 1 + rng.normal(0, 0.1, 100), difficulty
    paired, alone = stats.paired_difference(a, b), stats.mean(a)
    assert paired.low > 0.9 and paired.high < 1.1
    assert alone.half > 10 * paired.half


def test_missing_values_leave_n() -> None:
    assert stats.mean([1.0, np.nan, 3.0]).n == 2
    assert stats.rate([1, 0, np.nan]).n == 2
    with pytest.raises(BadInput, match="at least one problem"):
        stats.mean([np.nan])


def test_ratio_and_chance() -> None:
    assert stats.ratio_of_means([2.0, 4.0], [1.0, 2.0]).value == 2.0


def test_a_metric_of_hits_is_a_rate_and_any_other_a_mean() -> None:
    hits = [1.0, 0.0, 1.0, 1.0]
    assert stats.of_metric("rate", hits) == stats.wilson(3, 4)
    assert stats.of_metric("mean", hits) == stats.mean(hits) != stats.wilson(3, 4)
