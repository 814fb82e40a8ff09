"""An OpenAI-compatible endpoint that says one word and then never comes to an end, until whoever
asked hangs up: a run with it in it is at work for as long as nobody stops it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "remote:endless"
"""What a plan calls it."""
WORD = "well"
BEAT_S = 0.01
"""Between two empty pieces."""


class _Endless(BaseHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        text = WORD
        try:
            while True:
                choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
                chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
                self.wfile.write(f"data: {json.dumps(chunk | {'choices': [choice]})}\n\n".encode())
                self.wfile.flush()
                text = ""
                time.sleep(BEAT_S)
        except OSError:
            return


@contextmanager
def endless() -> Iterator[dict[str, str]]:
    """Answers while it is open; gives the environment in which a lab knows it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Endless)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True, name="never ends").start()
    url = f"http://127.0.0.1:{server.server_port}/v1"
    name = HOST.partition(":")[2]
    try:
        yield {"LATENT_LAB_REMOTES": f"{{{name}: {{base_url: '{url}', model: m}}}}"}
    finally:
        server.shutdown()
        server.server_close()
