"""A remote endpoint's answer in the form of local decoding steps: text and log-probabilities, no
ids, no cache.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from lab.engine.decode import TextStep
from lab.errors import RemoteFailed
from lab.plan import Decoding

NO_ID = -1


def remote_steps(
    host: Any, messages: Sequence[dict[str, str]], decoding: Decoding, agent: str
) -> Iterator[TextStep]:
    """The endpoint's words one by one.

    Args:
        host: a `lab.models.remote.RemoteHost`.

    Raises:
        RemoteFailed: if the endpoint breaks off, or says nothing at all.
    """
    count = 0
    for count, token in enumerate(host.stream(messages, decoding), start=1):
        logprob = math.nan if token.logprob is None else token.logprob
        yield TextStep(0, agent, count, NO_ID, token.text, logprob, math.nan, None, 0, None)
    if count == 0:
        raise RemoteFailed(f"{host.name} answered without a word; the run goes on without it.")
