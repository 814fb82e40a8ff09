"""The page goes packed to whoever can unpack it, and other answers stay as Gradio sends them."""

from pathlib import Path

import httpx

from lab.service import Service
from lab.ui.frame.page import build, launch_options

GZIP = {"accept-encoding": "gzip"}


def test_the_page_is_packed_and_what_gradio_packs_is_not_packed_twice(tmp_path: Path) -> None:
    service = Service(tmp_path)
    page = build(service)
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options(page))
    try:
        with httpx.Client(base_url=url, timeout=60) as client:
            plain = client.get("/", headers={"accept-encoding": "identity"})
            packed = client.get("/", headers=GZIP)
            assert "content-encoding" not in plain.headers
            assert packed.headers["content-encoding"] == "gzip"
            assert packed.text.count("LAB_WORDS") == plain.text.count("LAB_WORDS") == 1
            assert len(packed.content) == len(plain.content)
            assert 4 * int(packed.headers["content-length"]) < len(plain.content)
            assert packed.headers["content-security-policy"]
            script = client.get("/lab/js/widget.js", headers=GZIP)  # by Gradio: not packed twice
            assert script.headers["content-encoding"] == "gzip" and "export" in script.text
    finally:
        page.close()
        service.close()
