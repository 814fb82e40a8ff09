"""Every address that cannot be used is one sentence, and soon."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.cluster.connection import Cluster
from lab.cluster.head_address import ClusterUnreachable, local_workers, require_head
from lab.errors import BadInput
from tests.service.test_runner import WAIT

TOKEN = "the-token-of-this-head-0123456789"


@pytest.mark.parametrize(
    "where", ["", "localhost", "local", "local:0", "local:x", "a b:1", "h:port"]
)
def test_a_wrong_address_is_one_sentence(where: str) -> None:
    with pytest.raises(BadInput, match=r"expected (auto, )?local:N") as raised:
        local_workers(where)
    assert "\n" not in str(raised.value)


def test_who_is_no_head_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.cluster.head_address.PROBE_S", 3.0)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ClusterUnreachable, match="is no head of a Ray cluster"):
            Cluster(f"127.0.0.1:{other.getsockname()[1]}")


@pytest.fixture
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A head that wants a token."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ray = Path(sys.executable).with_name("ray")
    command = [ray, "start", "--head", f"--port={port}", "--num-cpus=0", "--block"]
    command += ["--include-dashboard=false", "--disable-usage-stats"]
    with subprocess.Popen(
        command,
        env=os.environ | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as head:
        yield f"127.0.0.1:{port}"
        head.terminate()


@pytest.mark.slow
def test_a_wrong_token_is_one_sentence_and_soon(
    guarded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN[::-1])
    end = time.monotonic() + WAIT
    while True:
        with pytest.raises(ClusterUnreachable) as raised:
            Cluster(guarded)
        if "nobody answers" not in str(raised.value):
            break
        assert time.monotonic() < end
        time.sleep(0.1)
    assert "its token is another one" in str(raised.value) and "\n" not in str(raised.value)
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)
    require_head(guarded, guarded)
