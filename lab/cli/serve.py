"""``serve``: start the page. ``python app.py`` in a checkout does the same.

HOST, PORT, LATENT_LAB_RECORDS and LATENT_LAB_MODELS set what no option says; LATENT_LAB_ROOM=1 is
``--room``, LATENT_LAB_KEY the teacher's key, LATENT_LAB_ADDRESS the address that students open,
LATENT_LAB_RAY a cluster.
"""

from __future__ import annotations

import argparse
import gc
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.errors import BadInput

if TYPE_CHECKING:
    from lab.service.crew import Crew

HOST, PORT = "127.0.0.1", 7860
EVERYWHERE = "0.0.0.0"
"""The host name of all addresses of this machine."""
SWITCH_SECONDS = 0.0005
"""How long one thread may keep the interpreter from the others (Python's own: 0.005). Gradio reads
every input of an event and writes every output on another thread, and each of these steps waits
so long for whoever computes."""
COLLECTED = (10_000, 20, 20)
"""Objects made, and rounds of the younger generations, between rounds of Python's collector of
cycles (its own: 700, 10, 10)."""
IDLE_SECONDS = 75
"""How long a connection may rest between two requests (uvicorn's own: 5): longer than proxies and
clients keep theirs, as a request that is sent while the server closes its connection is lost."""
RECORDS = Path("records")
"""Folder of the runs, relative to the current folder."""


def add_parser(sub: Any) -> None:
    """Register the sub-command."""
    parser = sub.add_parser(
        "serve", help="start the page", description="Start the page and print its address."
    )
    parser.add_argument("--host", help=f"address to listen on (default: $HOST, else {HOST})")
    parser.add_argument("--port", help=f"port to listen on (default: $PORT, else {PORT})")
    parser.add_argument(
        "--records",
        type=Path,
        metavar="DIR",
        help=f"folder of the runs (default: $LATENT_LAB_RECORDS, else ./{RECORDS})",
    )
    parser.add_argument(
        "--room",
        action="store_true",
        help="for a class: listen to the whole network, print the address that students open and "
        "the teacher's key, and let nobody else open rooms (default: $LATENT_LAB_ROOM)",
    )
    parser.add_argument(
        "--key", help="teacher's key (default: $LATENT_LAB_KEY, else a new one at each start)"
    )
    parser.add_argument(
        "--address",
        metavar="URL",
        help="address that students open, behind a proxy for example (default: "
        "$LATENT_LAB_ADDRESS, else the address of this machine in its network)",
    )
    parser.add_argument(
        "--ray",
        metavar="WHERE",
        help="let the workers of a Ray cluster do the runs: local:N, auto or HOST:PORT (default: "
        "$LATENT_LAB_RAY)",
    )
    parser.set_defaults(run=run)


@dataclass(frozen=True)
class ServeSettings:
    """Where the page listens, where its runs lie, and who does them."""

    host: str = HOST
    port: int = PORT
    records: Path = RECORDS
    room: bool = False
    """For a class, see ``--room``."""
    key: str = ""
    """Of teachers; empty: a new one at each start."""
    address: str = ""
    """That students open; empty: this machine's in its network."""
    ray: str = ""
    """The cluster whose workers do the runs; empty: this process does them."""

    @classmethod
    def read(
        cls,
        given: Mapping[str, Any],
        environment: Mapping[str, str],
        default_records: Path = RECORDS,
    ) -> ServeSettings:
        """What the command's options say, else the environment, else the lab.

        Args:
            given: the options; None stands for one that was not given.
            environment: HOST, PORT and ``LATENT_LAB_*``.
            default_records: folder of the runs where nobody names one.

        Raises:
            BadInput: for a port that is no number from 1 to 65535.
        """

        def named(option: str, variable: str, default: Any) -> Any:
            said = given.get(option)
            return environment.get(variable, default) if said is None else said

        room = bool(given.get("room")) or environment.get("LATENT_LAB_ROOM", "") not in ("", "0")
        return cls(
            host=named("host", "HOST", EVERYWHERE if room else HOST),
            port=port_number(named("port", "PORT", PORT)),
            records=Path(named("records", "LATENT_LAB_RECORDS", default_records)),
            room=room,
            key=named("key", "LATENT_LAB_KEY", ""),
            address=named("address", "LATENT_LAB_ADDRESS", ""),
            ray=named("ray", "LATENT_LAB_RAY", ""),
        )


def run(options: argparse.Namespace) -> int:
    """Start the page as the options and the environment say."""
    serve(ServeSettings.read(vars(options), os.environ))
    return 0


def serve(settings: ServeSettings) -> None:
    """Build the page, print its address and serve until Ctrl-C.

    Raises:
        ClusterUnreachable: if the cluster cannot be used.
        BadInput: for a port that is taken.
    """
    quiet_libraries()
    sys.setswitchinterval(SWITCH_SECONDS)
    from lab.ui.frame.sessions import share_heaps

    share_heaps()

    from lab.rooms import Rooms
    from lab.rooms.rooms import new_key
    from lab.service import Service
    from lab.service.libraries import LIBRARIES
    from lab.ui.frame.page import build, launch_options

    host, port, room = settings.host, settings.port, settings.room
    reached = settings.address or reached_at(host, port)
    key = (settings.key or new_key()) if room else ""
    rooms = Rooms(settings.records, key)
    if room:
        rooms.store.sweep()  # a file that cannot be used is said now, not to a class
    service = Service(settings.records, crew=crew_at(settings.ray))
    page = build(service, rooms, reached if room else "")
    LIBRARIES.begin(then=settled)  # before anybody can ask for them
    try:
        page.launch(
            server_name=host,
            server_port=port,
            quiet=True,
            prevent_thread_lock=True,
            **launch_options(page),
        )
    except OSError as error:
        raise BadInput(
            f"The page cannot listen on {host}:{port}: expected a free port of this machine, got "
            "one that is taken, or not ours; choose another with --port."
        ) from error
    keep_open(page.server)
    for line in greeting(host, port, reached, key):
        print(line, flush=True)
    page.block_thread()


def keep_open(server: Any, seconds: int = IDLE_SECONDS) -> None:
    """Let connections rest between two requests.

    Args:
        server: uvicorn's, running; connections made from now on keep to it.
        seconds: of rest after which one is closed.
    """
    server.config.timeout_keep_alive = seconds


def settled() -> None:
    """All libraries are there. What was made so far stays: the collector of cycles, in whose full
    rounds nobody is answered, passes it by from now on, and goes its rounds less often."""
    from lab.panels.states import umap_fit

    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED)
    umap_fit.warm_up()


def crew_at(where: str) -> Crew | None:
    """The workers of a cluster; None where none is named.

    Raises:
        ClusterUnreachable: if it cannot be used.
    """
    if not where:
        return None
    from lab.cluster.connection import Cluster
    from lab.cluster.ray_crew import RayCrew

    cluster = Cluster(where)
    if not where.startswith("local:"):
        cluster.ask("loaded")  # a worker that cannot start is said now
    return RayCrew(cluster)


def greeting(host: str, port: int, reached: str, key: str) -> list[str]:
    """What is printed when the page is there.

    Args:
        host: that the page listens on.
        port: the same.
        reached: the address that others open.
        key: of teachers, or empty where no class is taught.
    """
    if not key:
        shown = reached if host in (EVERYWHERE, "::") else f"http://{host}:{port}"
        return [f"Latent Lab is at {shown}  (Ctrl-C stops it)"]
    return [
        f"Latent Lab is at {reached}  (Ctrl-C stops it)",
        f"  students open   {reached}  and type the room's code",
        f"  teachers open   {reached.rstrip('/')}/#key={key}",
        f"  teacher's key   {key}",
    ]


def reached_at(host: str, port: int) -> str:
    """The address under which others reach a page that listens on ``host``.

    Args:
        port: that it listens on.
    """
    name = network_address() if host in (EVERYWHERE, "::") else host
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


def network_address() -> str:
    """This machine's address in its network, else the one that only itself can reach.

    A datagram socket that is connected has chosen the interface, and has sent nothing.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address kept for documentation (RFC 5737)
        except OSError:
            return HOST
        return str(probe.getsockname()[0])


def port_number(given: int | str) -> int:
    """The port as a number.

    Raises:
        BadInput: if it is none, or out of range.
    """
    text = str(given).strip()
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise BadInput(
            f"Port {text!r}: expected a number from 1 to 65535; give one with --port or PORT."
        )
    return int(text)


def quiet_libraries() -> None:
    """Settings that libraries read when they are imported: nothing is sent to anybody, and numba
    uses the one thread layer that every machine has."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("NUMBA_THREADING_LAYER", "workqueue")
