"""The page's door: ``python app.py``. HOST, PORT, LATENT_LAB_RECORDS and LATENT_LAB_MODELS set the
rest.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("NUMBA_THREADING_LAYER", "workqueue")


def main() -> None:
    """Build the page, print its address and serve until Ctrl-C."""
    from lab.service import Service
    from lab.ui.frame.page import build, launch_options

    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "7860"))
    records = Path(os.environ.get("LATENT_LAB_RECORDS", Path(__file__).parent / "records"))
    page = build(Service(records))
    page.launch(
        server_name=host,
        server_port=port,
        quiet=True,
        prevent_thread_lock=True,
        **launch_options(page),
    )
    print(f"Latent Lab is at http://{host}:{port}  (Ctrl-C stops it)", flush=True)
    threading.Thread(target=_warm_up, daemon=True, name="warm-up").start()
    page.block_thread()


def _warm_up() -> None:
    """Load what is slow to import while the first user reads the page."""
    import lab.service.runner  # noqa: F401
    from lab.panels.states.umap_map import warm_up

    warm_up()


if __name__ == "__main__":
    main()
