"""A remote endpoint's answer in the form of local decoding steps: text and log-probabilities, no
ids, no cache.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from lab.engine.decode import TextStep
from lab.errors import RemoteFailed
from lab.models.remote import RemoteHost, RemoteTally
from lab.models.thinking import thought_aloud
from lab.plan import Decoding
from lab.words import say

NO_ID = -1


def remote_steps(
    host: RemoteHost,
    messages: Sequence[dict[str, str]],
    decoding: Decoding,
    agent: str,
    tally: RemoteTally,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[TextStep]:
    """The endpoint's answer piece by piece; a piece need not be one token.

    Args:
        messages: the chat, ``{"role", "content"}`` each.
        decoding: limits and temperature that the endpoint is asked to keep.
        agent: the speaker's name in the events.
        tally: gets the usage, the thinking and why the reply ended.
        stopped: asked whenever anything comes, also what says nothing yet.

    Raises:
        Cancelled: once it is stopped.
        RemoteFailed: if the endpoint breaks off, or says nothing at all.
    """
    count = 0
    pieces = host.stream(messages, decoding, cancelled=stopped, tally=tally)
    for count, token in enumerate(pieces, start=1):
        logprob = math.nan if token.logprob is None else token.logprob
        yield TextStep(0, agent, count, NO_ID, token.text, logprob, math.nan, None, 0, None)
    if count == 0:
        key = "said.methods.remote_silent"
        raise RemoteFailed(say(f"{key}_thinking" if tally.thinking else key, host=host.name))


def remote_note(tally: RemoteTally) -> str:
    """What a reader must know of a reply: why it ended early, what was thought aloud, and where
    its token counts come from."""
    told = [
        tally.cut,
        say("said.methods.cut_at_limit") if tally.finish == "length" and not tally.cut else "",
        thought_aloud(tally.thinking),
        "" if tally.usage else say("said.methods.counted_in_pieces"),
    ]
    return "; ".join(part for part in told if part)
