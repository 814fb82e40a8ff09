"""A stop that has reached a worker lets the step end that was begun, and no other begin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from lab import events as ev
from lab.cluster.connection import Cluster
from lab.cluster.ray_crew import RayCrew
from lab.cluster.ray_worker import RayWorker, Said
from lab.cluster.spread import run_spread
from lab.experiments.harness import registry
from lab.experiments.harness.driver import Watch
from lab.records import Record
from lab.service import Service
from tests.cluster.test_share_table import SMALL
from tests.service.test_runner import LATENT, MOA, SINGLE, WAIT, plan
from tests.tiny_pocket import make_loud_pockets

pytestmark = pytest.mark.slow  # Ray and the worker start with imports of their own
AT = 3
"""Steps that the head hears of before it says stop."""
LANES = (LATENT | {"steps": 200}, MOA, SINGLE | {"decoding": {"max_tokens": 200}})


class AfterStep(RayWorker):
    """Waits for the stop between two steps, so that no clock decides how many steps there are."""

    waits_at: ClassVar[tuple[int, str]] = (AT, "after")

    def __init__(self) -> None:
        super().__init__()
        self._steps = 0

    def steps(self) -> int:
        """Of the last work."""
        return self._steps

    def _told(self, work: Any, linger: float = 0.0) -> Iterator[list[Said]]:
        self._steps = 0

        def gated(say: Callable[[Said], None]) -> None:
            def tell(said: Said) -> None:
                self._steps += counts(*said)
                self._gate(said, "before")
                say(said)
                self._gate(said, "after")

            work(tell)

        yield from super()._told(gated, linger)

    def _gate(self, said: Said, when: str) -> None:
        if counts(*said) and (self._steps, when) == self.waits_at:
            assert self._stopped.wait(WAIT)


class WithinStep(AfterStep):
    """Waits for the stop in the middle of the next step."""

    waits_at = (AT + 1, "before")


def counts(word: str, content: Any) -> bool:
    """Whether a word to the head tells of a step."""
    return word == "step" or (
        word == "event" and isinstance(content[0], ev.LatentStep | ev.TokenOut)
    )


@pytest.fixture
def crew(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RayCrew]:
    """One worker, of the class that the test is called with."""
    folder = make_loud_pockets(tmp_path / "models", "pocket-base", "pocket-other", "pocket-reseed")
    monkeypatch.setenv("LATENT_LAB_MODELS", str(folder))
    monkeypatch.setattr("lab.cluster.connection.RayWorker", request.param)
    cluster = Cluster("local:1")
    yield RayCrew(cluster)
    cluster.close()


@pytest.mark.parametrize("crew", [AfterStep, WithinStep], indirect=True)
def test_no_step_begins_once_the_worker_knows_of_the_stop(
    crew: RayCrew, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    most = request.node.callspec.params["crew"].waits_at[0]
    service = Service(tmp_path / "records", crew=crew)
    for lane in LANES:
        job, heard = service.submit(plan(lane)), 0
        for event in service.follow(job):
            heard += isinstance(event, ev.LatentStep | ev.TokenOut)
            if heard == AT:
                job.cancel()
        assert (job.state, heard, crew.cluster.ask("steps")) == ("cancelled", most, most)
        record = Record.open(job.record_folder)
        assert record.status == "cancelled" and isinstance(record.events[-1], ev.RunCancelled)

    entry, told = registry.find("relay"), []
    settings = registry.load_settings(entry, SMALL["relay"] | {"batch": 1})
    watch = Watch(lambda share, _: told.append(share), lambda: len(told) >= AT)
    table = run_spread(entry, settings, crew.cluster, None, watch)
    # between two steps a worker asks the head, who may know of the stop before the worker does
    assert table.meta["status"] == "cancelled" and AT <= crew.cluster.ask("steps") <= most

    short = SINGLE | {"decoding": {"max_tokens": AT - 1}}
    good = service.submit(plan(short))  # ends before the gate: the worker goes on
    assert good.wait(WAIT) and good.state == "finished" and crew.lost == 0
    service.close()
