"""The compose file's own commands as processes of this machine: a worker that is there before its
head waits for it, joins it, ends when the head is gone, and joins the next one when it is started
again, as the file has it. No container engine is needed.
"""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import REPOSITORY
from tests.cluster.compare_records import until
from tests.service.test_runner import WAIT

RESTART = 1.0
"""Seconds between the end of a container and its next start."""
JOIN = 300
"""Seconds for head and worker to find each other on a busy machine: a start of Ray tries for 40."""
TOKEN = "the-token-of-this-compose-file-0123456789"
COUNT = """
import ray, sys
ray.init(sys.argv[1], log_to_driver=False, logging_level="error")
print(*(n["NodeManagerAddress"] for n in ray.nodes() if n["Alive"] and n["Resources"].get("CPU")))
"""


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    text = (REPOSITORY / "compose.ray.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text)["services"])


def test_a_container_that_ends_is_started_again(services: dict[str, Any]) -> None:
    assert set(services) == {"head", "worker"} and services["worker"]["deploy"]["replicas"] == 2
    for service in services.values():
        assert service["restart"] == "unless-stopped"
        assert service["init"]  # a shell that waits hears of the end


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short name: Ray's sockets below it may have 107 letters at most, and
    pytest's own folders grow with the number of its runs."""
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


class Container:
    """A command's process, and an engine that starts it again whenever it ends: a Ray that could
    not join, or has lost its head, ends."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self._command, self._environment, self._log = command, environment, log
        self._down = threading.Event()
        self.ended: list[int] = []
        self.process = self._started()
        self._engine = threading.Thread(target=self._look_after)
        self._engine.start()

    def _started(self) -> subprocess.Popen[bytes]:
        with self._log.open("a") as log:
            return subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)

    def _look_after(self) -> None:
        while True:
            code = self.process.wait()
            if self._down.wait(RESTART):
                return
            self.ended.append(code)
            self.process = self._started()
            if self._down.is_set():
                self.process.terminate()

    @property
    def said(self) -> str:
        """All that its starts have printed."""
        return self._log.read_text()

    def down(self) -> None:
        self._down.set()
        self.process.terminate()
        self._engine.join(WAIT)


class Compose:
    """Starts a service's command with its environment and the head at this machine's address."""

    def __init__(self, services: dict[str, Any], folder: Path) -> None:
        self._services, self._folder = services, folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.host = own_address()
        self._count = 0

    def environment(self, service: str) -> dict[str, str]:
        told = self._services[service]["environment"]
        own = {name: str(value) for name, value in told.items() if "${" not in str(value)}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return os.environ | own | {"RAY_AUTH_TOKEN": TOKEN, "PATH": path}

    @contextmanager
    def up(self, service: str) -> Iterator[Container]:
        """The head without its page, or a worker; ended as an engine ends a container."""
        command = self._services[service]["command"]
        if service == "head":
            command = shlex.split(command)[-1].split(" && ")[0] + " --block"
        self._count += 1
        here = self._folder / str(self._count)
        for theirs, ours in (
            ("'head', 6379", f"'{self.host}', {self.port}"),
            ("=head:6379", f"={self.host}:{self.port}"),
            ("--port=6379", f"--port={self.port} --include-dashboard=false --temp-dir={here}"),
        ):
            command = command.replace(theirs, ours)
        log = self._folder / f"{self._count}.log"
        container = Container(shlex.split(command), self.environment(service), log)
        try:
            yield container
        finally:
            container.down()

    def workers(self) -> list[str]:
        """The addresses at which the cluster says that somebody works."""
        done = subprocess.run(
            [sys.executable, "-c", COUNT, f"{self.host}:{self.port}"],
            env=self.environment("head"),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.split()


def own_address() -> str:
    """What other machines know this one by; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("8.8.8.8", 53))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def children(parent: int) -> list[str]:
    """The names of the processes that a process has started."""
    names = []
    for one in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            name, rest = one.read_text().split(" (", 1)[1].rsplit(") ", 1)
            if rest.split()[1] == str(parent):
                names.append(name)
    return names


def joined(compose: Compose, worker: Container, head: Container) -> None:
    give_up = time.monotonic() + JOIN
    while not (there := compose.workers()):
        assert time.monotonic() < give_up, (worker.ended, worker.said, head.ended, head.said)
    assert there == [compose.host]


@pytest.mark.slow
@pytest.mark.timeout(3 * JOIN)
def test_a_worker_waits_for_its_head_and_joins_the_next_one_after_it(
    services: dict[str, Any], short: Path
) -> None:
    compose = Compose(services, short)
    with compose.up("worker") as worker:
        # It pauses between its knocks. Ray would join as 127.0.0.1 as long as no name is known.
        until(lambda: "sleep" in children(worker.process.pid))
        with compose.up("head") as head:
            joined(compose, worker, head)
            before = len(worker.ended)
        until(lambda: len(worker.ended) > before)  # without its head it ends
        assert worker.ended[-1] != 0
        with compose.up("head") as head:
            joined(compose, worker, head)
