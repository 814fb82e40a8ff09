"""What OpenAI-compatible servers really send, in every shape, and that no shape ends a run."""

from __future__ import annotations

import json
import random

import pytest

from lab.errors import RemoteFailed
from lab.models.remote_reply import Piece, ReplyParser, Usage
from lab.models.thinking import ThinkSplitter


def sse(*events: object) -> bytes:
    return b"".join(
        b"data: " + (e if isinstance(e, str) else json.dumps(e)).encode() + b"\n\n" for e in events
    )


def delta(content: object, reason: str | None = None, **more: object) -> dict[str, object]:
    return {"choices": [{"delta": {"content": content, **more}, "finish_reason": reason}]}


def read(*chunks: bytes) -> tuple[str, str, Usage | None, list[float | None]]:
    pieces = list(ReplyParser("remote:x").pieces(chunks))
    usage = next((p.usage for p in pieces if p.usage), None)
    text = "".join(p.text for p in pieces)
    return text, "".join(p.thinking for p in pieces), usage, [p.logprob for p in pieces if p.text]


STOP = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
USAGE = {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}


@pytest.mark.parametrize(
    ("body", "text", "thinking"),
    [
        (
            sse(delta([{"type": "text", "text": "si"}, {"type": "text", "text": "x"}]), STOP),
            "six",
            "",
        ),
        (
            sse(
                delta([{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, "six"]),
                STOP,
            ),
            "six",
            "hm",
        ),
        (sse(delta("<think>hm"), delta("</thi"), delta("nk>six"), STOP), "six", "hm"),
        (sse(delta("", reasoning_content="hm"), delta("six"), STOP), "six", "hm"),
        (sse(delta(None, reasoning="hm"), delta("six"), STOP), "six", "hm"),
        (sse(delta("six"), STOP, USAGE, "[DONE]"), "six", ""),
        (
            sse({"choices": None}, {"choices": [None]}, delta("six"), {"odd": 1}, [1], STOP),
            "six",
            "",
        ),
        (sse(delta("six", "stop"), {"choices": [], "usage": None}), "six", ""),
        (sse({"choices": [{"text": "six", "finish_reason": "length"}]}), "six", ""),
        (sse({"choices": [{"delta": "six", "finish_reason": "stop"}]}), "six", ""),
        (sse(delta({"type": "text", "text": "six"}), STOP), "six", ""),
        (b"\xef\xbb\xbf" + sse(delta("six"), STOP), "six", ""),
        (
            json.dumps(
                {"choices": [{"message": {"content": "six"}, "finish_reason": "stop"}]}, indent=1
            ).encode(),
            "six",
            "",
        ),
        (
            b": ping\n\nevent: message\r\ndata: " + json.dumps(delta("six", "stop")).encode(),
            "six",
            "",
        ),
        (sse(delta("a < b and <think of it"), STOP), "a < b and <think of it", ""),
    ],
)
def test_shapes(body: bytes, text: str, thinking: str) -> None:
    assert read(body)[:2] == (text, thinking)
    single = [body[i : i + 1] for i in range(len(body))]
    assert read(*single)[:2] == (text, thinking), "the same when every byte comes by itself"


@pytest.mark.parametrize("more", [{}, {"finish_reason": None}])
def test_one_object_is_whole_and_a_stream_is_not_without_its_end(more: dict[str, None]) -> None:
    parser = ReplyParser("remote:x")
    body = json.dumps({"choices": [{"message": {"content": "six"}, **more}]}).encode()
    assert "".join(piece.text for piece in parser.pieces([body])) == "six" and parser.finished
    cut = ReplyParser("remote:x")
    assert "".join(piece.text for piece in cut.pieces([sse(delta("six"))])) == "six"
    assert not cut.finished


def test_usage_and_log_probabilities() -> None:
    told = {"content": [{"token": "si", "logprob": -0.5}, {"token": "x", "logprob": -1}]}
    event = {"choices": [{"delta": {"content": "six"}, "logprobs": told, "finish_reason": None}]}
    text, _, usage, logprobs = read(sse(event, STOP, USAGE))
    assert (text, usage, logprobs) == ("six", Usage(9, 4), [-0.5, -1.0])


@pytest.mark.parametrize(
    "told",
    [
        {"content": [{"token": "other", "logprob": -0.5}]},
        {"content": [{"token": "six", "logprob": None}]},
        {"content": [{"token": "six", "logprob": "low"}]},
        {"content": "six"},
        [1, 2],
    ],
)
def test_log_probabilities_that_do_not_fit_are_left_out_not_the_text(told: object) -> None:
    event = {"choices": [{"delta": {"content": "six"}, "logprobs": told, "finish_reason": "stop"}]}
    assert read(sse(event))[0::3] == ("six", [None])


def test_a_broken_encoding_is_shown_and_kept() -> None:
    body = sse(delta("s¤x", "stop")).replace("¤".encode(), b"\xff")
    broken = sse(delta("s§x", "stop")).replace(json.dumps("s§x").encode(), b'"s\xffx"')
    assert read(broken)[0] == "s�x" and body
    cut = sse({"choices": [{"delta": {"content": "中"}, "finish_reason": "stop"}]})
    assert read(cut)[0] == "中"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (
            sse(delta("si"), {"error": {"message": "sk-secret", "code": 502}}),
            r"reported an error .*502",
        ),
        (sse({"error": "sk-secret"}), "reported an error in its answer;"),
        (b"<html>hello</html>", "broke off in the middle of a piece|no answer"),
        (b"", "no answer"),
        (b"data: {not json\n\n", "broke off in the middle"),
        (sse([1, 2, 3]), "no answer"),
    ],
)
def test_what_is_no_reply_is_one_sentence_without_the_servers_words(
    body: bytes, sentence: str
) -> None:
    with pytest.raises(RemoteFailed, match=sentence) as raised:
        read(body)
    assert "sk-secret" not in str(raised.value)


def test_no_body_raises_anything_else() -> None:
    rng = random.Random(0)
    good = sse(delta("<think>a</think>six"), STOP, USAGE)
    for _ in range(2_000):
        body = bytearray(good)
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(len(body))
            body[at : at + rng.randint(0, 3)] = bytes(rng.choices(b'{}[]":,0ndata\n\xff', k=2))
        try:
            pieces = list(ReplyParser("remote:x").pieces([bytes(body)]))
        except RemoteFailed:
            continue
        assert all(isinstance(p, Piece) for p in pieces)


def test_tags_are_found_wherever_they_are_cut() -> None:
    whole = "before<think>inside</think>after<thin"
    for at in range(len(whole)):
        splitter = ThinkSplitter()
        parts = [*splitter.feed(whole[:at]), *splitter.feed(whole[at:]), *splitter.rest()]
        assert "".join(t for t, thinking in parts if not thinking) == "beforeafter<thin", at
        assert "".join(t for t, thinking in parts if thinking) == "inside", at
