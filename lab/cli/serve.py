"""``serve``: start the page. ``python app.py`` in a checkout does the same.

HOST, PORT, LATENT_LAB_RECORDS and LATENT_LAB_MODELS set what no option says.
"""

from __future__ import annotations

import argparse
import os
import threading
from pathlib import Path
from typing import Any

from lab.errors import BadInput

HOST, PORT = "127.0.0.1", 7860
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
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Start the page as the options and the environment say."""
    serve(options.host, options.port, options.records)
    return 0


def serve(
    host: str | None = None,
    port: int | str | None = None,
    records: Path | None = None,
    default_records: Path = RECORDS,
) -> None:
    """Build the page, print its address and serve until Ctrl-C.

    Args:
        host: None means HOST of the environment, else this machine only.
        port: None means PORT of the environment, else 7860.
        records: folder of the runs; None means LATENT_LAB_RECORDS of the environment, else
            ``default_records``.

    Raises:
        BadInput: for a port that is no number from 1 to 65535, or that is taken.
    """
    host = host or os.environ.get("HOST", HOST)
    number = port_number(port if port is not None else os.environ.get("PORT", PORT))
    folder = records or Path(os.environ.get("LATENT_LAB_RECORDS", default_records))
    quiet_libraries()

    from lab.service import Service
    from lab.ui.frame.page import build, launch_options

    page = build(Service(folder))
    try:
        page.launch(
            server_name=host,
            server_port=number,
            quiet=True,
            prevent_thread_lock=True,
            **launch_options(page),
        )
    except OSError as error:
        raise BadInput(
            f"The page cannot listen on {host}:{number}: expected a free port of this machine, got "
            "one that is taken, or not ours; choose another with --port."
        ) from error
    print(f"Latent Lab is at http://{host}:{number}  (Ctrl-C stops it)", flush=True)
    threading.Thread(target=_warm_up, daemon=True, name="warm-up").start()
    page.block_thread()


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


def _warm_up() -> None:
    """Load what is slow to import while the first user reads the page."""
    import lab.service.runner  # noqa: F401
    from lab.panels.states.umap_map import warm_up

    warm_up()
