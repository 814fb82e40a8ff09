"""Clusters of several machines (each a raylet of its own, all on this one): one is pulled out in
the middle, and a model gets as many GPUs of one of them as carry it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.cluster.connection import Cluster
from lab.cluster.head_address import ClusterUnreachable, import_ray
from lab.cluster.membership import WORKER_BYTES
from lab.cluster.ray_crew import RayCrew
from lab.cluster.spread import run_spread
from lab.errors import ModelUnavailable
from lab.experiments.harness import registry
from lab.experiments.harness.driver import Watch, run_experiment
from lab.models.loader import estimate_bytes
from lab.models.pool import SHARE, HostPool
from lab.models.spec import parse_spec
from lab.service.runner import run_plan
from tests.cluster.compare_records import contents, until
from tests.cluster.test_share_table import SMALL, same
from tests.service.test_runner import SINGLE, plan
from tests.tiny_pocket import make_loud_pockets

pytestmark = pytest.mark.slow  # every machine and worker starts with imports of its own
RELAY = registry.find("relay")
MEMORY = int(1.5 * WORKER_BYTES)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = make_loud_pockets(tmp_path / "models", "pocket-base", "pocket-reseed")
    monkeypatch.setenv("LATENT_LAB_MODELS", str(folder))
    return folder


@pytest.fixture
def raylets(models: Path) -> Iterator[Any]:
    """A head that does no work, to which machines can be added."""
    import_ray()
    from ray.cluster_utils import Cluster as Raylets

    started = Raylets(initialize_head=True, head_node_args={"num_cpus": 0, "memory": MEMORY})
    yield started
    started.shutdown()


class CountedGpus(Cluster):
    """A cluster whose workers have GPUs that Ray counts and nobody has; their weights are on the
    CPU."""

    each_gpu = 0
    """Bytes that a driver would say one has."""

    def alive(self, worker: Any, waits: Callable[[], bool] = lambda: True) -> bool:
        started = super().alive(worker, waits)
        if started:
            self.staff[worker._actor_id.hex()]["gpu_bytes"] = self.each_gpu
        return started


@pytest.fixture
def join(raylets: Any) -> Iterator[Callable[[], CountedGpus]]:
    """Joins the cluster once its machines are there."""
    clusters: list[CountedGpus] = []

    def join() -> CountedGpus:
        clusters.append(CountedGpus(raylets.address))
        return clusters[-1]

    yield join
    for cluster in clusters:
        cluster.close()


def test_an_experiment_ends_as_in_one_process_though_a_machine_is_pulled_out(
    raylets: Any, join: Callable[[], Cluster], tmp_path: Path
) -> None:
    settings = registry.load_settings(RELAY, SMALL["relay"] | {"batch": 2})
    alone = run_experiment(RELAY, settings, HostPool().get)
    machines = [raylets.add_node(num_cpus=4, memory=MEMORY) for _ in range(2)]  # for one worker
    cluster = join()
    crew = RayCrew(cluster)
    until(lambda: len(crew.machines()) == 2)

    def pull_out(share: float, _text: str) -> None:
        if share > 0 and len(machines) == 2:  # the other machine's worker may not have started yet
            busy = {line["node"] for line in cluster.standing() if line.get("at")}
            gone = next(one for one in machines if one.node_id in busy)
            machines.remove(gone)
            raylets.remove_node(gone, allow_graceful=False)

    table = run_spread(RELAY, settings, cluster, None, Watch(progress=pull_out))
    assert len(machines) == 1
    same(alone, table)
    until(lambda: cluster.size == 1 and len(crew.machines()) == 1)
    assert cluster.lost == 1
    standing = crew.standing()
    assert [one["state"] for one in standing.workers] == ["here"]  # nobody comes in its place
    assert standing.last is not None and standing.last["left"]
    assert standing.last["at"] == RELAY.name


def test_a_machine_that_is_pulled_out_while_nothing_is_at_work_is_missed_whoever_is_asked_next(
    raylets: Any, join: Callable[[], Cluster], tmp_path: Path
) -> None:
    machines = [raylets.add_node(num_cpus=4, memory=MEMORY) for _ in range(3)]
    cluster = join()
    crew = RayCrew(cluster)
    until(lambda: len(crew.machines()) == 3)
    first = crew.do("first", where, threading.Event(), told, False)[1]
    other = next(one for one in machines if one.node_id != first)
    here = plan(SINGLE)
    run_plan(here, tmp_path / "here" / "run", HostPool())
    for lost, gone in enumerate((other, next(m for m in machines if m.node_id == first)), start=1):
        raylets.remove_node(gone, allow_graceful=False)
        folder = tmp_path / str(lost) / "run"
        crew.run(here, folder, threading.Event(), told, told)
        assert contents(folder) == contents(tmp_path / "here" / "run")
        until(lambda lost=lost: cluster.size == len(crew.machines()) == 3 - lost)
        assert cluster.lost == lost
    (left,) = crew.machines()
    last = crew.do("last", where, threading.Event(), told, False)
    assert last[0] == left["pid"] and last[1] not in (first, other.node_id)


def told(*_: object) -> None:
    """Nobody listens."""


def where(_pool: HostPool, _progress: Callable[..., None]) -> tuple[int, str]:
    import ray

    return os.getpid(), str(ray.get_runtime_context().get_node_id())


def gpus_of_worker(_pool: HostPool, _progress: Callable[..., None]) -> tuple[int, list[str]]:
    import ray

    return os.getpid(), sorted(map(str, ray.get_gpu_ids()))


def test_a_model_too_large_for_one_gpu_runs_on_a_worker_that_has_two(
    raylets: Any, join: Callable[[], CountedGpus], models: Path, tmp_path: Path
) -> None:
    raylets.add_node(num_cpus=2, num_gpus=2, memory=MEMORY)
    large = str((models / "pocket-base").rename(models / "large"))
    need = estimate_bytes(parse_spec(large))
    cluster = join()
    cluster.each_gpu = need
    crew = RayCrew(cluster)
    assert cluster.size == 2
    until(lambda: len(crew.machines()) == 2)
    assert cluster.gpus_for({"pocket-reseed"}) == 1 and cluster.gpus_for({large}) == 2  # SHARE < 1

    asked, folder = plan(SINGLE | {"host": large}), tmp_path / "run"
    crew.run(asked, folder, threading.Event(), lambda _: None, lambda _: None)
    (line,) = crew.machines()  # both small ones made room for one with two GPUs
    assert line["loaded"] == [large] and line["runs"] == 1
    run_plan(asked, tmp_path / "here" / "run", HostPool())
    assert contents(folder) == contents(tmp_path / "here" / "run")
    told = crew.do("gpus", gpus_of_worker, threading.Event(), lambda *_: None, False)
    assert told == (line["pid"], ["0", "1"])

    cluster.each_gpu = int(need / (2 * SHARE)) - 1
    crew.do("heard", gpus_of_worker, threading.Event(), lambda *_: None, False)
    with pytest.raises(ModelUnavailable, match="fits no machine of the cluster"):
        crew.run(asked, tmp_path / "no", threading.Event(), lambda _: None, lambda _: None)


def test_a_cluster_that_others_have_taken_is_one_sentence(
    raylets: Any, join: Callable[[], Cluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    raylets.add_node(num_cpus=1, memory=MEMORY)
    import ray

    ray.init(raylets.address, log_to_driver=False)
    holder = ray.remote(num_cpus=1, lifetime="detached", name="holder")(threading.Event).remote()
    ray.get(holder.is_set.remote())
    ray.shutdown()
    monkeypatch.setattr("lab.cluster.membership.FREE_S", 1.0)
    with pytest.raises(ClusterUnreachable, match="taken by another page or command"):
        join()
