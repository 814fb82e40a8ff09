"""A hub on this machine: one public model, one behind a gate, nothing else."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

COMMIT = "c" * 40
PIECE = 1_000_000
FILES = {"config.json": b"{}", "model.safetensors": bytes(36_000_000)}
"""The client writes 10 MiB at a time."""


class Hub(BaseHTTPRequestHandler):
    """Answers as the hub's API does, slowly; notes which files were asked for."""

    asked: list[str]
    slow = 0.0

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        """The headers alone."""
        self._answer(body=False)

    def do_GET(self) -> None:
        """Headers and what was asked for."""
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        name = re.match(r"/(?:api/models/)?(org/\w+)", self.path)
        if name is None or name[1] not in ("org/open", "org/gated"):
            return self._send(404, b"", {"X-Error-Code": "RepoNotFound"})
        if name[1] == "org/gated":
            return self._send(403, b"", {"X-Error-Code": "GatedRepo"})
        if "/tree/" in self.path:
            tree = [
                {"type": "file", "path": file, "size": len(data), "oid": f"{len(data):040x}"}
                for file, data in FILES.items()
            ]
            return self._send(200, json.dumps(tree).encode())
        if "/resolve/" not in self.path:
            about = {"id": name[1], "sha": COMMIT, "siblings": [{"rfilename": f} for f in FILES]}
            return self._send(200, json.dumps(about).encode())
        file = self.path.rpartition("/")[2]
        data = FILES[file]
        head = {"ETag": f'"{len(data):064x}"', "X-Repo-Commit": COMMIT}
        if not body:
            return self._send(200, b"", {**head, "Content-Length": str(len(data))})
        self.asked.append(file)
        return self._send(200, data, head)

    def _send(self, code: int, body: bytes, head: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for key, value in {"Content-Length": str(len(body)), **(head or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        for at in range(0, len(body), PIECE):
            try:
                self.wfile.write(body[at : at + PIECE])
            except OSError:  # the client was stopped
                return
            time.sleep(self.slow)


@contextmanager
def hub_here(slow: float = 0.0) -> Iterator[tuple[str, list[str]]]:
    """The address of a running hub, and the files that it was asked for.

    Args:
        slow: seconds between two pieces of 1 MB.
    """
    asked: list[str] = []
    handler = type("HubHere", (Hub,), {"asked": asked, "slow": slow})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
