"""What a cluster carries: cases that can be worked out by hand."""

import pytest

from lab.bench.head_limit import simulate


def test_a_worker_that_is_never_idle_ends_a_run_per_service_time() -> None:
    found = simulate(workers=1, people=50, pause=0.1, service=2.0, head=0.001)
    assert found.per_minute == pytest.approx(30, rel=0.01)
    assert found.wait_p95 == pytest.approx(49 * 2.0, rel=0.05)  # everybody else is ahead


def test_more_workers_carry_more_until_the_head_is_busy_all_the_time() -> None:
    made = [simulate(w, people=2000, pause=1.0, service=1.0, head=0.05) for w in (4, 8, 64, 128)]
    assert made[1].per_minute == pytest.approx(2 * made[0].per_minute, rel=0.02)
    limit = 60 / 0.05
    assert made[2].per_minute == pytest.approx(limit, rel=0.02) == made[3].per_minute
    assert made[0].head_busy < 0.25 and made[3].head_busy > 0.98


def test_where_nobody_meets_nobody_waits() -> None:
    found = simulate(workers=64, people=2, pause=100.0, service=0.5, head=0.01)
    assert found.wait_p95 < 0.02
