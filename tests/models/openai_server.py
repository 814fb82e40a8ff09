"""A small real OpenAI-compatible server around a pocket model.

Started with ``python -m tests.models.openai_server PORT FOLDER``.

It streams chat completions word by word, with log-probabilities if it was started with
``logprobs``, and refuses them (as some servers do) otherwise.
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PACE = 0.02
"""Seconds between words, so that it can be killed in the middle of an answer."""


def serve(port: int, folder: str, logprobs: bool) -> None:
    """Answer until killed."""
    from lab.engine.decode import TextStep, stream_text
    from lab.models.pool import HostPool
    from lab.plan import Decoding

    host = HostPool().get(folder)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            self._json(200, {"status": "ok"})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if asked.get("logprobs") and not logprobs:
                self._json(422, {"error": {"message": "logprobs is not supported"}})
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            names = ("max_tokens", "temperature", "top_p", "seed")
            decoding = Decoding(**{name: asked[name] for name in names})
            for step in stream_text(host, [host.render(asked["messages"])], None, decoding):
                if isinstance(step, TextStep) and step.done != "end":
                    self._piece(step.token, step.logprob)
                    time.sleep(PACE)
            self._piece("", None, "stop")
            self.wfile.write(b"data: [DONE]\n\n")

        def _piece(self, text: str, logprob: float | None, reason: str | None = None) -> None:
            token = {"token": text, "logprob": logprob, "bytes": None, "top_logprobs": []}
            told = (
                {"content": [token], "refusal": None} if logprobs and logprob is not None else None
            )
            choice = {
                "index": 0,
                "delta": {"content": text},
                "finish_reason": reason,
                "logprobs": told,
            }
            chunk = {
                "id": "1",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": "m",
                "choices": [choice],
            }
            self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
            self.wfile.flush()

        def _json(self, status: int, data: dict[str, Any]) -> None:
            body = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2], "logprobs" in sys.argv[3:])
