"""A real Ray cluster of two workers on this machine: what one process makes, it makes too, whoever
dies.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.cluster.connection import Cluster, ClusterUnreachable, local_workers
from lab.cluster.spread import CHUNKS, run_spread
from lab.errors import BadInput
from lab.experiments.harness import registry
from lab.experiments.harness.driver import Watch, run_experiment
from lab.models.pool import HostPool
from lab.plan import Strict
from lab.records.results import ResultTable
from tests.cluster.test_share_table import SMALL, same
from tests.tiny_pocket import make_loud_pockets

RELAY = registry.find("relay")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    models = make_loud_pockets(tmp_path_factory.mktemp("models"), "pocket-base", "pocket-reseed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_LAB_MODELS", str(models))
        joined = Cluster("local:2")
        yield joined
        joined.close()


@pytest.fixture(scope="module")
def settings() -> Strict:
    return registry.load_settings(RELAY, SMALL["relay"] | {"batch": 2})


@pytest.fixture(scope="module")
def alone(cluster: Cluster, settings: Strict) -> ResultTable:
    """What one process makes of it."""
    return run_experiment(RELAY, settings, HostPool().get)


def test_two_workers_make_what_one_process_makes_though_one_is_killed(
    cluster: Cluster, settings: Strict, alone: ResultTable
) -> None:
    killed: list[int] = []

    def kill_one(share: float, _text: str) -> None:
        if share > 0 and not killed:
            killed.append(next(iter(cluster.staff.values()))["pid"])
            os.kill(killed[0], signal.SIGKILL)

    table = run_spread(RELAY, settings, cluster, None, Watch(progress=kill_one))
    assert killed and killed[0] not in [one["pid"] for one in cluster.staff.values()]
    assert table.meta["refused"]
    same(alone, table)


def test_a_stopped_run_goes_on_where_it_was(
    cluster: Cluster, settings: Strict, alone: ResultTable, tmp_path: Path
) -> None:
    folder = tmp_path / "record"

    def kept() -> int:
        return len(list((folder / CHUNKS).glob("*.json")))

    stopped = run_spread(RELAY, settings, cluster, folder, Watch(cancelled=lambda: kept() >= 6))
    assert stopped.meta["status"] == "cancelled"
    assert "finished and kept" in stopped.meta["message"]
    before = kept()
    shares: list[float] = []
    table = run_spread(
        RELAY, settings, cluster, folder, Watch(progress=lambda share, _: shares.append(share))
    )
    assert shares[0] >= before / 36 > 0  # nine conditions, four parts of the problems
    assert table.meta["status"] == "finished" and not (folder / CHUNKS).exists()
    same(alone, table)
    same(alone, ResultTable.open(folder))


def test_a_cluster_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(ClusterUnreachable, match="nobody answers at"):
        Cluster("127.0.0.1:1")
    with pytest.raises(BadInput, match="local:N"):
        local_workers("local:none")


def test_nothing_imports_ray_before_a_cluster_is_asked_for() -> None:
    told = "import sys, lab.cluster.spread, lab.cluster.connection; print('ray' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
