"""An agent thinks: it reads its prompt into a memory and takes latent steps there."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from lab.engine.memory import LatentMemory
from lab.engine.prompt import PromptOut
from lab.engine.rollout import Thinking, stream_latent
from lab.events import Event
from lab.methods.lane import Lane
from lab.methods.lane_turn import AgentTurn
from lab.roster import AgentCard


def think(
    lane: Lane,
    agent: AgentCard,
    messages: Sequence[dict[str, str]],
    memory: LatentMemory,
    thinking: Thinking,
) -> Generator[Event, None, None]:
    """The events of one agent that writes its thought into a memory.

    Args:
        lane: where it works.
        agent: who thinks.
        messages: its prompt.
        memory: one row, written on in place.
        thinking: how many steps, and what is fed.
    """
    host = memory.host
    turn = AgentTurn(lane, agent, host.name, memory.kv_len)
    lane.ctx.memories[agent.name] = (memory, 0)
    yield turn.started(memory.strip())
    prompt = lane.ids(host, list(messages))
    stream = stream_latent(host, [prompt], thinking, memory, agent.name, lane.recording())
    try:
        for out in stream:
            if isinstance(out, PromptOut):
                yield turn.prompt_read(host, out, words=0)
            else:
                yield turn.latent_step(host, out)
    finally:
        stream.close()
    yield turn.finished("", memory)
