"""Remote proposers: a real local OpenAI-compatible server with a pocket model, killed in the
middle; and bad ones.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from lab.engine.decode import generate_text
from lab.errors import BadInput, Cancelled, ModelUnavailable, RemoteFailed
from lab.events import AgentFinished, AgentStarted, LaneFinished, RunCancelled, TokenOut
from lab.methods import Context, load_prompts, run_lane
from lab.models.pool import HostPool
from lab.models.remote import (
    MOST_CHARACTERS_PER_TOKEN,
    RemoteHost,
    RemoteSpec,
    RemoteTally,
    remote_specs,
)
from lab.plan import Decoding, MoALane, Plan, PlanProblem, Proposer
from lab.service import Service
from lab.zoo.networks import build_model, save_model
from lab.zoo.tokenizer import build_tokenizer
from tests import REPOSITORY
from tests.models import endless_server
from tests.tiny_pocket import SHAPE

ASK = [{"role": "user", "content": "How many coins are in the red box? The red box has 9 coins."}]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One untrained pocket model that never says its end token, so that there is a middle to be
    killed in."""
    root = tmp_path_factory.mktemp("models")
    tokenizer = build_tokenizer()
    model = build_model(SHAPE, tokenizer, 0)
    model.generation_config.eos_token_id = model.config.eos_token_id = None
    save_model(model, tokenizer, root / "pocket-base")
    for name in ("config.json", "generation_config.json", "tokenizer_config.json"):
        file = root / "pocket-base" / name
        kept = {
            k: v
            for k, v in json.loads(file.read_text()).items()
            if k not in ("eos_token_id", "eos_token")
        }
        file.write_text(json.dumps(kept))
    return root


class Server:
    """A local server with one pocket model, in a process of its own."""

    def __init__(self, model: Path, *options: str) -> None:
        self.port = free_port()
        command = [
            sys.executable,
            "-m",
            "tests.models.openai_server",
            str(self.port),
            str(model),
            *options,
        ]
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(REPOSITORY),
        }
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def wait(self, seconds: float = 240) -> None:
        """Until it answers."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5).read()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.25)
        raise RuntimeError("the local server did not start")

    def spec(self, **changes: object) -> RemoteSpec:
        return RemoteSpec(
            base_url=f"http://127.0.0.1:{self.port}/v1", model="pocket-base", **changes
        )  # type: ignore[arg-type]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(models: Path) -> Iterator[Server]:
    started = Server(models / "pocket-base")
    try:
        started.wait()
        yield started
    finally:
        started.kill()


def test_a_real_server_as_proposer_and_killed_in_the_middle(
    server: Server, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It refuses log-probabilities and is asked again without; the words are those of the model
    # itself.
    monkeypatch.setenv("LATENT_LAB_MODELS", str(models))
    pool = HostPool()
    local = pool.get("pocket-base")
    tokens = list(
        RemoteHost("remote:near", server.spec(retries=0)).stream(ASK, Decoding(max_tokens=6))
    )
    own = generate_text(local, [local.render(ASK)], None, Decoding(max_tokens=6))
    assert [token.text for token in tokens] == local.token_texts(own.ids[0])
    assert all(token.logprob is None for token in tokens)

    # As a proposer beside a local one it dies after its first word: the run goes on with the other.
    entry = {
        "base_url": server.spec().base_url,
        "model": "pocket-base",
        "retries": 0,
        "timeout": 10,
    }
    monkeypatch.setenv("LATENT_LAB_REMOTES", yaml.safe_dump({"near": entry}))
    proposers = (
        Proposer(name="local", decoding=Decoding(max_tokens=4)),
        Proposer(name="far", host="remote:near", decoding=Decoding(max_tokens=400)),
    )
    lane = MoALane(
        proposers=proposers, aggregator=Proposer(role="aggregator", decoding=Decoding(max_tokens=4))
    )
    problem = PlanProblem(question="How many coins?", facts="The red box has 9 coins.")
    events = []
    for event in run_lane("moa", lane, Context(problem, load_prompts("pocket"), pool.speaker)):
        events.append(event)
        if isinstance(event, TokenOut) and event.agent == "far":
            server.kill()
    far = next(e for e in events if isinstance(e, AgentFinished) and e.agent == "far")
    assert "remote:near" in far.note and str(server.port) not in far.note
    aggregator = next(e for e in events if isinstance(e, AgentStarted) and e.role == "aggregator")
    end = events[-1]
    assert "far" not in aggregator.reads and isinstance(end, LaneFinished)
    assert end.tokens_written == sum(
        e.tokens_written for e in events if isinstance(e, AgentFinished)
    )

    # And when it is not there at all.
    with pytest.raises(RemoteFailed, match="cannot be reached"):
        list(RemoteHost("remote:near", server.spec(retries=0)).stream(ASK, Decoding(max_tokens=4)))


class Odd:
    """A server that speaks nonsense, each time in another way."""

    def __init__(
        self,
        body: bytes,
        kind: str = "text/event-stream",
        status: str = "200 OK",
        linger: float = 0,
    ) -> None:
        self.body, self.kind, self.status, self.linger = body, kind, status, linger
        self.asked = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            with peer:
                self._read_request(peer)
                self.asked += 1
                kind = f"Content-Type: {self.kind}\r\nConnection: close"
                head = f"HTTP/1.1 {self.status}\r\n{kind}\r\n\r\n"
                peer.sendall(head.encode() + self.body)
                if self.linger:
                    time.sleep(self.linger)

    @staticmethod
    def _read_request(peer: socket.socket) -> None:
        """The whole of it: closing with unread bytes would reset the connection."""
        heard = b""
        while more := peer.recv(65536):
            heard += more
            head, end, body = heard.partition(b"\r\n\r\n")
            sizes = [
                int(line.split(b":")[1])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length:")
            ]
            if end and len(body) >= sum(sizes):
                return

    def host(self, **changes: object) -> RemoteHost:
        url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/v1"
        return RemoteHost("remote:odd", RemoteSpec(base_url=url, model="m", retries=0, **changes))  # type: ignore[arg-type]


def chunk(text: str, logprobs: str = "null", reason: str = "null") -> bytes:
    return (
        f"data: "
        f'{{"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{{"index":0,'
        f'"delta":{{"content":"{text}"}},"logprobs":{logprobs},"finish_reason":{reason}}}]}}\n\n'
    ).encode()


def test_log_probabilities_are_kept() -> None:
    token = '{"token":"six","logprob":-0.25,"bytes":null,"top_logprobs":[]}'
    told = f'{{"content":[{token}],"refusal":null}}'
    odd = Odd(chunk("six", told, '"stop"') + b"data: [DONE]\n\n")
    assert [(t.text, t.logprob) for t in odd.host().stream(ASK, Decoding())] == [("six", -0.25)]


@pytest.mark.parametrize(
    ("odd", "sentence"),
    [
        (Odd(b"<html>no</html>", "text/html", "500 Oops"), "refused with status 500"),
        (
            Odd(b'{"error":"key sk-secret"}', "application/json", "401 No"),
            "refused with status 401",
        ),
        (Odd(b"data: {not json\n\n"), "broke off|no answer"),
        (Odd(chunk("cut")), "broke off"),
        (Odd(b"", linger=5), "did not answer|broke off"),
    ],
)
def test_bad_servers_become_one_sentence(odd: Odd, sentence: str) -> None:
    with pytest.raises(RemoteFailed, match=sentence) as raised:
        list(odd.host(timeout=0.5).stream(ASK, Decoding(max_tokens=4)))
    assert "sk-secret" not in str(raised.value) and "127.0.0.1" not in str(raised.value)


def test_a_server_that_ignores_its_limit_is_cut_and_the_draft_is_used() -> None:
    odd = Odd(chunk("word " * 200) * 400 + chunk("", reason='"stop"') + b"data: [DONE]\n\n")
    tally = RemoteTally()
    text = "".join(p.text for p in odd.host().stream(ASK, Decoding(max_tokens=40), tally=tally))
    assert len(text) == 40 * MOST_CHARACTERS_PER_TOKEN
    assert "ended by the lab" in tally.cut and tally.usage is None


def test_usage_and_thinking_reach_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7}}\n\n'
    odd = Odd(chunk("<think>let me see</think>the answer is 9", reason='"stop"') + usage)
    entry = {"base_url": odd.host().spec.base_url, "model": "m", "retries": 0}
    monkeypatch.setenv("LATENT_LAB_REMOTES", yaml.safe_dump({"odd": entry}))
    far = Proposer(name="far", host="remote:odd")
    lane = MoALane(proposers=(far,), aggregator=Proposer(role="aggregator", host="remote:odd"))
    problem = PlanProblem(question="How many coins?", facts="The red box has 9 coins.")
    context = Context(problem, load_prompts("pocket"), HostPool().speaker)
    events = list(run_lane("moa", lane, context))
    first = next(e for e in events if isinstance(e, AgentFinished))
    assert (first.tokens_read, first.tokens_written) == (11, 7)
    assert first.text == "the answer is 9" and "thought aloud in 3 words" in first.note
    assert "≈" not in first.note


def test_a_busy_server_says_how_long_it_asks_to_wait() -> None:
    odd = Odd(b"{}", "application/json\r\nretry-after: 7", "429 Busy")
    with pytest.raises(RemoteFailed, match="is busy and asks to wait 7 s"):
        list(odd.host().stream(ASK, Decoding(max_tokens=4)))


def test_a_busy_server_is_asked_again_with_pauses() -> None:
    odd = Odd(b"{}", "application/json", "503 Busy")
    host = RemoteHost("remote:odd", odd.host().spec.model_copy(update={"retries": 1}))
    with pytest.raises(RemoteFailed, match="status 503"):
        list(host.stream(ASK, Decoding(max_tokens=4)))
    assert odd.asked == 2


def test_a_stop_closes_the_connection() -> None:
    odd = Odd(chunk("a") * 50)
    with pytest.raises(Cancelled):
        list(odd.host().stream(ASK, Decoding(), cancelled=lambda: True))


def test_a_stop_is_heard_while_an_endpoint_says_nothing_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    far = Proposer(name="far", host=endless_server.HOST)
    lane = MoALane(proposers=(far,), aggregator=far)
    asked = Plan(name="far", problem=PlanProblem(question="How many coins?"), lanes=(lane,))
    with endless_server.endless() as known:
        for name, value in known.items():
            monkeypatch.setenv(name, value)
        service = Service(tmp_path / "records")
        job = service.submit(asked)
        heard = []
        for event in service.follow(job):
            heard.append(event)
            if isinstance(event, TokenOut):
                job.cancel()
        assert job.wait(60) and job.state == "cancelled"
        service.close()
    assert [e.token for e in heard if isinstance(e, TokenOut)] == [endless_server.WORD]
    assert isinstance(heard[-1], RunCancelled)


def test_addresses_come_from_the_configuration_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("LATENT_LAB_REMOTES", raising=False)
    with pytest.raises(ModelUnavailable, match="not configured on this machine"):
        RemoteHost.from_name("remote:http://evil.example/v1")
    file = tmp_path / "remotes.yaml"
    file.write_text("near: {base_url: 'http://127.0.0.1:9/v1', model: m, key_env: MY_KEY}\n")
    monkeypatch.setenv("LATENT_LAB_REMOTES", str(file))
    monkeypatch.setenv("MY_KEY", "sk-very-secret")
    host = RemoteHost.from_name("remote:near")
    assert host._connect().api_key == "sk-very-secret"
    assert "sk-very-secret" not in str(host.info()) and "127.0.0.1" not in str(host.info())


@pytest.mark.parametrize(
    "raw",
    ["[1, 2]: x\n", "near: {base_url: 'ftp://x', model: m}\n", "near: {model: m}\n", "/no/file"],
)
def test_wrong_configuration_is_one_sentence(raw: str) -> None:
    with pytest.raises(BadInput, match="LATENT_LAB_REMOTES"):
        remote_specs({"LATENT_LAB_REMOTES": raw})
