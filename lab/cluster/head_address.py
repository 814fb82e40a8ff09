"""Where a cluster is: its address read, its door knocked at, and what is said where it cannot be
used.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from lab.errors import BadInput, LabError
from lab.words import say

PATIENCE_S = 5.0
"""How long an address may take to answer at all."""
PROBE_S = 15.0
"""How long a head may take to say who may come in."""
PROBE = """
import sys
from ray._raylet import GcsClient
from ray.exceptions import AuthenticationError
try:
    GcsClient(address=sys.argv[1]).internal_kv_keys(b"latent-lab", None, timeout=5)
except AuthenticationError:
    sys.exit(77)
"""
WRONG_TOKEN = 77
"""What a probe returns where the head wants another token."""
MOST_WORKERS = 1024


class ClusterUnreachable(LabError):
    """A cluster that is not there, cannot be joined, or runs another lab."""

    why = ""
    """The reason alone."""


def import_ray() -> Any:
    """The package, with nothing sent to anybody.

    Raises:
        ClusterUnreachable: if it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise ClusterUnreachable(say("error.cluster.no_ray")) from error
    return ray


def local_workers(where: str) -> int | None:
    """N of ``local:N``; None for other addresses.

    Raises:
        BadInput: for a number of workers that makes no sense, or an address that is none.
    """
    kind, _, number = where.partition(":")
    if kind == "local":
        if not number.isdecimal() or not 1 <= int(number) <= MOST_WORKERS:
            raise BadInput(say("error.cluster.local", where=where, most=MOST_WORKERS))
        return int(number)
    if where != "auto" and not re.fullmatch(r"(ray://)?[\w.\-\[\]:]+:\d{1,5}", where):
        raise BadInput(say("error.cluster.address", where=where))
    return None


def require_answer(where: str) -> str:
    """Knock at a head's door: Ray itself would wait for minutes.

    Returns:
        its address.

    Raises:
        ClusterUnreachable: if nobody opens.
    """
    address = where
    if where == "auto":
        address = os.environ.get("RAY_ADDRESS", "") or _announced()
    if not address:
        raise unreachable(where, say("error.cluster.why.none_here"))
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE_S).close()
    except (OSError, ValueError, OverflowError) as error:
        raise unreachable(where, say("error.cluster.why.nobody", address=address)) from error
    return address


def require_head(where: str, address: str) -> None:
    """Ask who answers at an address whether it is a head and lets us in; in a process of its own,
    because Ray would try for half a minute, and say so twenty times.

    Raises:
        ClusterUnreachable: if it is none, or wants another token.
    """
    if address.startswith("ray://"):
        return
    command = [sys.executable, "-c", PROBE, address]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PROBE_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise unreachable(where, say("error.cluster.why.no_head", address=address)) from error
    if done.returncode == WRONG_TOKEN:
        raise unreachable(where, say("error.cluster.why.token"))


def _announced() -> str:
    """Where the cluster of this machine says that it is; Ray's own file."""
    try:
        return (
            Path(os.environ.get("RAY_TMPDIR", "/tmp")) / "ray" / "ray_current_cluster"
        ).read_text(encoding="ascii")
    except OSError:
        return ""


def unreachable(where: str, why: str) -> ClusterUnreachable:
    """The sentence for a cluster that cannot be used."""
    one_line = " ".join(why.split())[:300]
    error = ClusterUnreachable(say("error.cluster.unreachable", where=where, why=one_line))
    error.why = one_line
    return error


def told(error: BaseException) -> str:
    """The first line of what Ray says."""
    lines = str(error).strip().splitlines()
    return (
        lines[-1 if "Error" in (lines or [""])[-1] else 0][:200] if lines else type(error).__name__
    )
