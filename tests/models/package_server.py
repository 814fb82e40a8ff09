"""A package index on this machine: wheels of random bytes, sent slowly."""

from __future__ import annotations

import io
import os
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

PIECE = 500_000
PAUSE = 0.15
"""Seconds after each piece."""


def wheel(name: str, member: str, data: bytes) -> bytes:
    """An archive as pip takes it, with one file of these bytes."""
    packed = io.BytesIO()
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    made = "Wheel-Version: 1.0\nGenerator: here\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"{name}/{member}", data)
        archive.writestr(f"{name}-1.0.dist-info/METADATA", about)
        archive.writestr(f"{name}-1.0.dist-info/WHEEL", made)
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return packed.getvalue()


@contextmanager
def index_here(sizes: dict[str, int]) -> Iterator[str]:
    """The address of a page that links one wheel per name.

    Args:
        sizes: bytes of each wheel's file.
    """
    wheels = {
        f"{name}-1.0-py3-none-any.whl": wheel(name, "tiny.gguf.part", os.urandom(size))
        for name, size in sizes.items()
    }

    class Index(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            file = self.path.rpartition("/")[2]
            links = "".join(f'<a href="{name}">{name}</a>' for name in wheels)
            body = wheels.get(file, links.encode())
            self.send_response(200)
            self.send_header(
                "Content-Type", "text/html" if file not in wheels else "application/zip"
            )
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for at in range(0, len(body), PIECE):
                self.wfile.write(body[at : at + PIECE])
                time.sleep(PAUSE if file in wheels else 0.0)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
