"""The simulated class: hand-computed waits, and a law that holds for every closed queue."""

from __future__ import annotations

import pytest

from lab.service.crowd import Crowd, simulate, simulate_burst


def test_all_at_once_wait_one_after_another() -> None:
    waits = simulate_burst(5, [2.0])
    assert (waits.presses, waits.median, waits.busy) == (5, 6.0, 1.0)
    assert waits.p95 == pytest.approx(9.6)  # of 2, 4, 6, 8, 10


def test_one_student_never_waits_for_others() -> None:
    waits = simulate(Crowd(1, 4.0, [1.0]), 10_000)
    assert waits.median == waits.p95 == pytest.approx(1.0)
    assert waits.busy == pytest.approx(1 / 5, abs=0.02)


def test_response_time_law() -> None:
    """In a closed queue: students = throughput · (thinking + waiting), Little's law."""
    crowd = Crowd(20, 10.0, [0.2, 0.6])
    waits = simulate(crowd, 20_000)
    throughput = waits.busy / 0.4
    mean_wait = 20 / throughput - 10.0
    assert waits.median < mean_wait * 1.5 and mean_wait > 0.4
    full = simulate(Crowd(200, 10.0, [0.2, 0.6]), 5_000)
    assert full.busy > 0.99  # saturated: the device's speed alone decides
    assert full.median == pytest.approx(200 * 0.4 - 10.0, rel=0.05)


def test_more_students_wait_longer() -> None:
    waits = [simulate(Crowd(n, 10.0, [1.0]), 5_000).p95 for n in (2, 8, 16, 40)]
    assert waits == sorted(waits) and waits[-1] > 3 * waits[0]


def test_more_workers_carry_more_until_the_head_is_busy_all_the_time() -> None:
    made = [simulate(Crowd(300, 1.0, [1.0], n, 0.05), 200) for n in (4, 8, 64, 128)]
    assert made[1].per_minute == pytest.approx(2 * made[0].per_minute, rel=0.02)
    limit = 60 / 0.05
    assert made[2].per_minute == pytest.approx(limit, rel=0.02) == made[3].per_minute
    assert made[0].head_busy < 0.25 and made[3].head_busy > 0.98
    assert made[0].busy > 0.98 and made[3].busy < 0.2


def test_where_nobody_meets_nobody_waits() -> None:
    found = simulate(Crowd(2, 100.0, [0.5], 64, 0.01), 5_000)
    assert found.p95 < 0.53
