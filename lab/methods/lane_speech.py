"""Agents speak: on a memory or alone, side by side on one model, or one after the other at a remote
endpoint.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

from lab.engine.decode import said, stream_text
from lab.engine.memory import LatentMemory
from lab.engine.prompt import PromptOut
from lab.errors import RemoteFailed
from lab.events import Event
from lab.methods.lane import Lane, Utterance
from lab.methods.lane_turn import AgentTurn
from lab.methods.remote_voice import remote_note, remote_steps
from lab.models.remote import RemoteHost, RemoteTally
from lab.models.thinking import parted, thought_aloud
from lab.plan import Decoding
from lab.roster import AgentCard

Messages = list[dict[str, str]]


def speak(
    lane: Lane,
    agent: AgentCard,
    messages: Messages,
    decoding: Decoding,
    memory: LatentMemory | None = None,
) -> Generator[Event, None, Utterance]:
    """An agent reads its prompt, on top of a memory or alone, and speaks; returns what it said.

    Args:
        lane: where it works.
        agent: who speaks.
        messages: its prompt.
        decoding: its settings.
    """
    answers = yield from speak_all(lane, [agent], [messages], [decoding], memory)
    return answers[0]


def speak_all(
    lane: Lane,
    agents: Sequence[AgentCard],
    messages: Sequence[Messages],
    decodings: Sequence[Decoding],
    memory: LatentMemory | None = None,
) -> Generator[Event, None, list[Utterance]]:
    """Agents that share one host speak side by side, as one batch; returns what each said.

    Args:
        lane: where they work.
        messages: a prompt per agent.
        decodings: one per agent; the run's seed is added to theirs.
        memory: a row per agent; None starts with an empty one.
    """
    host = lane.ctx.hosts(agents[0].host)
    seeded = [d.model_copy(update={"seed": d.seed + lane.ctx.seed}) for d in decodings]
    if isinstance(host, RemoteHost):
        return (yield from _speak_remote(lane, host, agents, messages, seeded))
    memory = LatentMemory(host, len(agents)) if memory is None else memory
    turns = [AgentTurn(lane, a, host.name, memory.row_len(row)) for row, a in enumerate(agents)]
    for row, turn in enumerate(turns):
        lane.ctx.memories[turn.agent.name] = (memory, row)
        yield turn.started(memory.strip(row))
    stream = stream_text(
        host,
        [lane.ids(host, asked) for asked in messages],
        memory,
        seeded,
        [agent.name for agent in agents],
        lane.recording(),
    )
    answers: dict[int, Utterance] = {}
    try:
        for out in stream:
            turn = turns[out.row]
            if isinstance(out, PromptOut):
                yield turn.prompt_read(host, out, words=1)
                continue
            yield turn.token(host, out)
            if out.done:
                whole = parted(said(host, turn.ids, decodings[out.row].stop))
                text = whole.answer.strip()
                thought = thought_aloud(whole.thinking)
                turn.note = "; ".join(part for part in (turn.note, thought) if part)
                answers[out.row] = Utterance(text, tuple(turn.logprobs), turn.first_at)
                yield turn.finished(text, memory, out.row)
    finally:
        stream.close()
    return [answers[row] for row in range(len(agents))]


def _speak_remote(
    lane: Lane,
    host: RemoteHost,
    agents: Sequence[AgentCard],
    messages: Sequence[Messages],
    decodings: Sequence[Decoding],
) -> Generator[Event, None, list[Utterance]]:
    """One agent after the other; one that fails says nothing more and is shown as failed."""
    answers, stopped = [], lane.ctx.stopped
    for agent, asked, decoding in zip(agents, messages, decodings, strict=True):
        turn, tally = AgentTurn(lane, agent, host.name), RemoteTally()
        yield turn.started(())
        text, failed = "", ""
        try:
            for step in remote_steps(host, asked, decoding, agent.name, tally, stopped):
                text += step.token
                yield turn.token(None, step)
        except RemoteFailed as error:
            failed = str(error)
        if tally.usage is not None:
            turn.spent.tokens_read = tally.usage.prompt_tokens
            turn.spent.tokens_written = tally.usage.completion_tokens
        turn.note = failed or remote_note(tally)
        answers.append(
            Utterance(text.strip(), tuple(turn.logprobs), turn.first_at, failed=bool(failed))
        )
        yield turn.finished(text.strip())
    return answers
