"""A real Ray cluster of two workers on this machine: what one process makes, it makes too, whoever
dies.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import events as ev
from lab.cluster.chunks import CHUNKS
from lab.cluster.connection import Cluster
from lab.cluster.head_address import ClusterUnreachable, local_workers
from lab.cluster.ray_crew import RayCrew
from lab.cluster.roll_call import SILENT_S
from lab.cluster.spread import MOST_LOSSES, run_spread
from lab.cluster.train_members import train_one
from lab.errors import BadInput
from lab.experiments.harness import registry
from lab.experiments.harness.driver import Watch, run_experiment
from lab.models.pool import HostPool
from lab.plan import Strict
from lab.records import Record
from lab.records.results import ResultTable
from lab.service import Service
from lab.service.runner import run_plan
from lab.zoo.member import TrainingOrder
from tests.cluster.compare_records import contents, timeless, until
from tests.cluster.test_share_table import SMALL, same
from tests.service.test_runner import LATENT, SINGLE, TEXT, WAIT, plan
from tests.tiny_pocket import make_loud_pockets

pytestmark = pytest.mark.slow  # Ray and each worker start with imports of their own
RELAY = registry.find("relay")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    models = make_loud_pockets(tmp_path_factory.mktemp("models"), "pocket-base", "pocket-reseed")
    make_huge(models / "pocket-huge", models / "pocket-base")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_LAB_MODELS", str(models))
        joined = Cluster("local:2")
        yield joined
        joined.close()


def make_huge(folder: Path, like: Path) -> None:
    """A model that says of itself that it has 10^12 weights."""
    shutil.copytree(like, folder)
    size = 4 * 10**12
    entry = {"dtype": "F32", "shape": [10**6, 10**6], "data_offsets": [0, size]}
    header = json.dumps({"huge": entry}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)


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
            assert RELAY.name in [one["at"] for one in cluster.staff.values()]
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
    said: list[str] = []

    def hear(share: float, text: str) -> None:
        shares.append(share)
        said.append(text)

    table = run_spread(RELAY, settings, cluster, folder, Watch(progress=hear))
    assert any("s left" in text for text in said)
    assert shares[0] >= before / 36 > 0  # nine conditions, four parts of the problems
    assert table.meta["status"] == "finished" and not (folder / CHUNKS).exists()
    same(alone, table)
    same(alone, ResultTable.open(folder))


@pytest.fixture(scope="module")
def crew(cluster: Cluster) -> RayCrew:
    return RayCrew(cluster)


@pytest.fixture
def service(crew: RayCrew, tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path / "records", crew=Lent(crew))
    yield made
    made.close()


class Lent(RayCrew):
    """A crew that outlives the service it was given to."""

    def __init__(self, crew: RayCrew) -> None:
        self.__dict__ |= crew.__dict__

    def close(self) -> None:
        pass


def test_a_record_of_a_worker_is_the_record_of_this_process_though_the_worker_is_killed(
    service: Service, crew: RayCrew, tmp_path: Path
) -> None:
    asked = plan(LATENT | {"steps": 20}, TEXT)
    job = service.submit(asked)
    heard, killed = [], None
    for event in service.follow(job):
        heard.append(event)
        if isinstance(event, ev.LatentStep) and event.step == 12 and killed is None:
            killed = next(one["pid"] for one in crew.machines() if one["at"])
            os.kill(killed, signal.SIGKILL)
    assert job.state == "finished", job.message
    assert killed and killed not in [one["pid"] for one in crew.machines()]
    assert job.record_folder is not None
    here = tmp_path / "here" / job.record_folder.name
    run_plan(asked, here, HostPool())
    assert contents(job.record_folder) == contents(here)
    told = [timeless(e) for e in heard if not (isinstance(e, ev.Note) and not e.lane)]
    assert told == contents(here)["events"]  # in their order, none twice


def test_two_people_are_served_at_the_same_time_and_hear_only_their_own(service: Service) -> None:
    lanes = {"a": LATENT | {"steps": 40}, "b": TEXT}
    jobs = {who: service.submit(plan(lane, name=f"of {who}"), who) for who, lane in lanes.items()}
    for who, job in jobs.items():
        events = list(service.follow(job))
        assert job.state == "finished", job.message
        assert {event.lane for event in events} == {"", lanes[who]["method"]}
        assert (
            events == Record.open(job.record_folder).events and job.result.plan.name == f"of {who}"
        )


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("pocket-huge", "pocket-huge is too large"), ("pocket-nobody", "is not on this machine")],
)
def test_a_model_that_fits_no_worker_is_one_sentence(
    service: Service, name: str, sentence: str
) -> None:
    bad = service.submit(plan(SINGLE | {"host": name}))
    assert bad.wait(WAIT) and bad.state == "failed"
    assert sentence in bad.message and "\n" not in bad.message
    assert bad.record_folder is not None and not bad.record_folder.exists()


def test_a_worker_that_dies_while_it_has_nothing_to_do_is_replaced_at_once_and_the_view_says_so(
    crew: RayCrew,
) -> None:
    until(lambda: states(crew) == ["here", "here"])
    lost, killed = crew.lost, crew.machines()[0]["pid"]
    os.kill(killed, signal.SIGKILL)
    until(lambda: states(crew) == ["here", "replacing"])
    standing = crew.standing()
    assert standing.lost == lost + 1 and standing.last is not None
    assert standing.last["machine"] == platform.node() and not standing.last["left"]
    assert standing.last["at"] == ""
    until(lambda: states(crew) == ["here", "here"])
    assert killed not in [one["pid"] for one in crew.machines()] and not crew.standing().trouble


def test_what_every_worker_dies_at_is_given_up_in_one_sentence(crew: RayCrew) -> None:
    def deadly(_pool: HostPool, _progress: Callable[..., None]) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    lost = crew.lost
    with pytest.raises(ClusterUnreachable, match=f"{MOST_LOSSES} workers died at this") as raised:
        crew.do("deadly", deadly, threading.Event(), lambda *_: None, False)
    assert "\n" not in str(raised.value) and crew.lost == lost + MOST_LOSSES
    last = crew.standing().last
    assert last is not None and last["at"] == "deadly"


def test_a_worker_that_does_not_answer_is_said_to_be_silent_until_it_answers(
    crew: RayCrew,
) -> None:
    until(lambda: states(crew) == ["here", "here"])
    lost, held = crew.lost, crew.machines()[0]["pid"]
    os.kill(held, signal.SIGSTOP)
    try:
        until(lambda: sorted(states(crew)) == ["here", "silent"])
        (silent,) = (one for one in crew.machines() if one["state"] == "silent")
        assert silent["pid"] == held and silent["silent_s"] > SILENT_S
    finally:
        os.kill(held, signal.SIGCONT)
    until(lambda: states(crew) == ["here", "here"])
    assert crew.lost == lost and held in [one["pid"] for one in crew.machines()]


def states(crew: RayCrew) -> list[str]:
    return [one["state"] for one in crew.standing().workers]


def look_everywhere(record: Record, lane: str, seed: int) -> Callable[..., dict[str, Any]]:
    """What a page asks of models, as it holds it."""

    def work(pool: HostPool, _progress: Callable[..., None]) -> dict[str, Any]:
        from lab.experiments.failure.ablate import ablate
        from lab.experiments.failure.live import read_ask, try_one
        from lab.service.look import ask, attention, model_grid
        from lab.service.meet import speak

        agent = record.points[record.points["kind"] == "latent"]["agent"].iloc[0]
        grid = model_grid(record, lane, agent, ("latent",), "1", pool)
        kv = {"name": "this", "channel": "kv", "sender": "pocket-base", "receiver": "pocket-base"}
        stage = read_ask({"condition": kv, "seed": seed, "steps": 3})
        return {
            "lens": [grid.words.tolist(), grid.p.tolist(), grid.rank.tolist()],
            "asked": ask(record, lane, agent, pool, "latent", 2, "and?"),
            "attention": attention(record, lane, "judger", pool)[0].tolist(),
            "ablated": ablate(record, lane, "none", pool.get).kept().model_dump(),
            "stage": try_one(stage, pool.get),
            "spoken": speak(pool, "pocket-base", "judger", "a?"),
        }

    return work


def test_looking_into_a_record_on_a_worker_says_what_it_says_here_though_the_worker_is_killed(
    service: Service, crew: RayCrew, tmp_path: Path
) -> None:
    run = service.submit(plan(LATENT | {"steps": 4}))
    assert run.wait(WAIT) and run.state == "finished", run.message
    record, lane = run.result, LATENT["method"]
    look, first = look_everywhere(record, lane, 3), tmp_path / "begun"

    def work(pool: HostPool, progress: Callable[..., None]) -> Any:
        if not first.exists():
            first.touch()
            progress(0.1, "begun")
            threading.Event().wait(WAIT)
        return os.getpid(), "gradio" in sys.modules, look(pool, progress)

    killed: list[int] = []

    def kill(_share: float, _text: str) -> None:
        killed.append(next(one["pid"] for one in crew.machines() if one["at"] == "look"))
        os.kill(killed[0], signal.SIGKILL)

    lost = crew.lost
    pid, page, told = crew.do("look", work, threading.Event(), kill, False)
    assert crew.lost == lost + 1 and pid not in (killed[0], os.getpid()) and not page
    assert told == look(HostPool(), lambda *_: None)
    assert service._pool is None  # nothing was loaded here


def test_work_on_a_worker_is_stopped_and_its_sentence_comes_here(
    service: Service, crew: RayCrew
) -> None:
    def endless(_pool: HostPool, progress: Callable[..., None]) -> None:
        while True:
            progress(0.5, "at it")
            threading.Event().wait(0.01)

    lost = crew.lost
    job = service.submit_work("endless", endless)
    job.changed("queued", job.place_in_queue, (0.0, ""), WAIT)
    job.cancel()
    assert job.wait(WAIT) and job.state == "cancelled" and crew.lost == lost
    bad = service.submit_limit(plan(SINGLE | {"host": "pocket-nobody"}))
    assert bad.wait(WAIT) and bad.state == "failed" and "is not on this machine" in bad.message
    good = service.submit_limit(plan(SINGLE))
    assert good.wait(WAIT) and good.result[0] > 0, good.message


def test_a_member_is_trained_on_a_worker_and_its_folder_comes_here(
    cluster: Cluster, tmp_path: Path
) -> None:
    order = TrainingOrder("pocket-scholar-1", tokens=4096, precision="fp32", compile=False)
    name, took = train_one(cluster, order, tmp_path / "work", tmp_path / "out")
    assert name == "pocket-scholar-1" and took["tokens"] >= 4096
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"model.safetensors", "config.json", "card.json", "tokenizer.json"} <= files


def test_a_cluster_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(ClusterUnreachable, match="nobody answers at"):
        Cluster("127.0.0.1:1")
    with pytest.raises(BadInput, match="local:N"):
        local_workers("local:none")


def test_nothing_imports_ray_before_a_cluster_is_asked_for() -> None:
    told = "import sys, lab.cluster.spread, lab.cluster.connection; print('ray' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
