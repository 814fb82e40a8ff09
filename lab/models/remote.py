"""Remote text endpoints: any OpenAI-compatible server as a proposer or aggregator, by text and
log-probabilities only.

Base addresses come from the configuration of the machine that runs the lab and from nowhere else:
the environment variable ``LATENT_LAB_REMOTES`` holds YAML or the path of a YAML file (``name:
{base_url: …, model: …}``). Keys come from the environment (``LATENT_LAB_KEY_<NAME>``, or the
variable that ``key_env`` names) and are never shown, logged or recorded. A plan names such a host
``remote:<name>``. There are no hidden states, caches or token ids here, and the module does not
know what the words are for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import Field, ValidationError

from lab.errors import BadInput, Cancelled, LabError, ModelUnavailable, RemoteFailed
from lab.models.remote_reply import Piece, ReplyParser, Usage
from lab.plan import Decoding, Strict
from lab.words import say

if TYPE_CHECKING:
    from openai import OpenAI

PREFIX = "remote:"
CONFIG_ENV = "LATENT_LAB_REMOTES"
MOST_CHARACTERS_PER_TOKEN = 16
"""A reply longer than this many characters per allowed token is ended by the lab."""


class RemoteSpec(Strict):
    """One endpoint of the server's configuration."""

    base_url: str = Field(pattern=r"^https?://\S+$")
    """Up to and with ``/v1``."""
    model: str = Field(min_length=1)
    key_env: str | None = None
    """Environment variable that holds the key; ``LATENT_LAB_KEY_<NAME>`` if not given."""
    timeout: float = Field(30.0, gt=0, le=600)
    """Seconds to wait for the connection and for each piece of the answer."""
    retries: int = Field(2, ge=0, le=8)
    """Further tries, with growing pauses, when the endpoint cannot be reached, is busy or fails
    before it answers."""
    logprobs: bool = True
    """Ask for log-probabilities; an endpoint that refuses them is asked again without."""


@dataclass
class RemoteTally:
    """What is known of a reply besides its text, filled in while it is read."""

    usage: Usage | None = None
    """Tokens as the endpoint states them; None where it states none."""
    thinking: str = ""
    """What it thought aloud; kept apart from the answer."""
    finish: str | None = None
    cut: str = ""
    """Why the lab ended the reply, where it did."""


def is_remote(host: str) -> bool:
    """Whether a host's name in a plan means a remote endpoint."""
    return host.startswith(PREFIX)


def remote_specs(environ: Mapping[str, str] | None = None) -> dict[str, RemoteSpec]:
    """The endpoints of this machine's configuration, by name.

    Raises:
        BadInput: if the configuration cannot be read or an entry is wrong.
    """
    raw = (os.environ if environ is None else environ).get(CONFIG_ENV, "").strip()
    if not raw:
        return {}
    try:
        text = (
            raw
            if ":" in raw and ("\n" in raw or "{" in raw)
            else Path(raw).read_text(encoding="utf-8")
        )
        data = yaml.safe_load(text)
        if not isinstance(data, dict):
            raise TypeError("expected a mapping of names to endpoints")
        return {str(name): RemoteSpec.model_validate(entry) for name, entry in data.items()}
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "entry"
        raise BadInput(
            say(
                "error.remote.correct_endpoint_s_entry",
                config_env=CONFIG_ENV,
                where=where,
                first=first["msg"],
            )
        ) from None
    except (OSError, TypeError, yaml.YAMLError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise BadInput(
            say("error.remote.cannot_read_yaml_path", config_env=CONFIG_ENV, reason=reason)
        ) from None


class RemoteHost:
    """An endpoint that answers chats by text. One object may serve many threads."""

    remote = True

    def __init__(self, name: str, spec: RemoteSpec) -> None:
        self.name = name
        self.spec = spec
        self._client: OpenAI | None = None

    @classmethod
    def from_name(cls, host: str, environ: Mapping[str, str] | None = None) -> RemoteHost:
        """The host a plan calls ``remote:<name>``.

        Args:
            host: ``remote:<name>``.
            environ: variables that configure endpoints; None means the process's own.

        Raises:
            ModelUnavailable: if the configuration has no such endpoint.
        """
        name = host.removeprefix(PREFIX)
        specs = remote_specs(environ)
        if name not in specs:
            known = ", ".join(sorted(specs)) or "none"
            raise ModelUnavailable(
                say(
                    "error.remote.remote_endpoint_not_configured",
                    name=name,
                    known=known,
                    config_env=CONFIG_ENV,
                )
            )
        return cls(host, specs[name])

    def info(self) -> dict[str, Any]:
        """What may be shown and recorded: neither address nor key."""
        return {
            "name": self.name,
            "model": self.spec.model,
            "remote": True,
            "digest": None,
            "n_layers": None,
            "d_model": None,
            "device": "remote",
            "dtype": "unknown",
            "why": {
                "device": "remote endpoint: text and log-probabilities only, no hidden states, no "
                "KV cache"
            },
        }

    def stream(
        self,
        messages: Sequence[Mapping[str, str]],
        decoding: Decoding,
        cancelled: Callable[[], bool] = lambda: False,
        tally: RemoteTally | None = None,
    ) -> Iterator[Piece]:
        """The answer to a chat, piece by piece; thinking and usage go to the tally.

        A reply that runs on far beyond ``decoding.max_tokens`` is ended here: the endpoint ignored
        its limit.

        Args:
            messages: ``{"role", "content"}`` mappings.
            decoding: limits and temperature that the endpoint is asked to keep.
            cancelled: asked whenever anything comes; True closes the connection.
            tally: filled in while the reply is read.

        Raises:
            RemoteFailed: if the endpoint cannot be reached, refuses, breaks off or sends what is no
                answer.
            Cancelled: if ``cancelled`` says so.
        """
        from openai import OpenAIError

        told = RemoteTally() if tally is None else tally
        parser = ReplyParser(self.name)
        room = MOST_CHARACTERS_PER_TOKEN * decoding.max_tokens
        try:
            with self._open(messages, decoding) as response:
                for piece in parser.pieces(_until(cancelled, response.iter_bytes())):
                    told.usage = piece.usage or told.usage
                    told.finish = piece.finish or told.finish
                    told.thinking += piece.thinking
                    room -= len(piece.text) + len(piece.thinking)
                    if room < 0:
                        told.cut = (
                            "ended by the lab: the endpoint ran on beyond its limit of "
                            f"{decoding.max_tokens} tokens"
                        )
                        if left := piece.text[: max(len(piece.text) + room, 0)]:
                            yield Piece(text=left)
                        return
                    if piece.text:
                        yield piece
            if not parser.finished:  # a connection that is cut looks like an end
                raise RemoteFailed(say("error.remote.broke_off_its_answer", name=self.name))
        except OpenAIError as error:
            raise RemoteFailed(self._sentence(error)) from None
        except LabError:
            raise
        except Exception as error:  # noqa: BLE001 - what the transport raises is its failure
            raise RemoteFailed(
                say(
                    "error.remote.broke_off_its_answer_2",
                    name=self.name,
                    name2=type(error).__name__,
                )
            ) from None

    @contextmanager
    def _open(self, messages: Sequence[Mapping[str, str]], decoding: Decoding) -> Iterator[Any]:
        """The open response; what the endpoint refuses to be asked for is left out."""
        from openai import BadRequestError, UnprocessableEntityError

        request: dict[str, Any] = {
            "model": self.spec.model,
            "messages": [dict(m) for m in messages],
            "stream": True,
            "max_tokens": decoding.max_tokens,
            "temperature": decoding.temperature,
            "top_p": decoding.top_p,
            "seed": decoding.seed,
        }
        if decoding.stop:
            request["stop"] = list(decoding.stop)
        usage = {"stream_options": {"include_usage": True}}
        extras: list[dict[str, Any]] = [{"logprobs": True, **usage}] if self.spec.logprobs else []
        completions = self._connect().chat.completions.with_streaming_response
        with ExitStack() as stack:
            for extra in (*extras, usage, {}):
                try:
                    response = stack.enter_context(completions.create(**request, **extra))
                    break
                except (BadRequestError, UnprocessableEntityError):
                    if not extra:
                        raise
            yield response

    def _connect(self) -> OpenAI:
        if self._client is None:
            from openai import OpenAI

            name = self.name.removeprefix(PREFIX)
            variable = (
                self.spec.key_env
                or "LATENT_LAB_KEY_" + "".join(c if c.isalnum() else "_" for c in name).upper()
            )
            self._client = OpenAI(
                base_url=self.spec.base_url,
                api_key=os.environ.get(variable) or "none",
                timeout=self.spec.timeout,
                max_retries=self.spec.retries,
            )
        return self._client

    def _sentence(self, error: Exception) -> str:
        """One sentence without address, key or the server's own words."""
        from openai import (
            APIConnectionError,
            APIStatusError,
            APITimeoutError,
            RateLimitError,
        )

        name = self.name
        tries = (
            say("error.remote.tries", n=self.spec.retries + 1)
            if self.spec.retries
            else say("error.remote.first_try")
        )
        if isinstance(error, APITimeoutError):
            return say("error.remote.late", name=name, seconds=self.spec.timeout, tries=tries)
        if isinstance(error, APIConnectionError):
            return say("error.remote.not_reached", name=name, tries=tries)
        if isinstance(error, RateLimitError):
            wait = error.response.headers.get("retry-after", "")
            asked = say("error.remote.asks", seconds=wait[:12]) if wait.isdigit() else ""
            return say("error.remote.busy", name=name, asked=asked, tries=tries)
        if isinstance(error, APIStatusError):
            return say("error.remote.refused", name=name, status=error.status_code)
        return say("error.remote.no_answer", name=name, error=type(error).__name__)


def _until(cancelled: Callable[[], bool], chunks: Iterator[bytes]) -> Iterator[bytes]:
    """What comes, until somebody has stopped it; signs of life that hold no words count too.

    Raises:
        Cancelled: if ``cancelled`` says so.
    """
    for chunk in chunks:
        if cancelled():
            raise Cancelled(say("error.remote.stopped_while_remote_endpoint"))
        yield chunk
