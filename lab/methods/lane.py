"""What all methods share: agents that think or speak become events, and what they spent is summed
up.

A method reads like its paper's figure because the bookkeeping is here: ``text = yield from
lane.speak(...)``. It does not know which method it serves.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.engine.align import Aligned
from lab.engine.capture import Recording
from lab.engine.cost import flops
from lab.engine.decode import TextStep, said, stream_text
from lab.engine.memory import LatentMemory
from lab.engine.prompt import PromptOut
from lab.engine.rollout import LatentStepOut, Thinking, stream_latent
from lab.errors import RemoteFailed
from lab.events import (
    AgentFinished,
    AgentStarted,
    Event,
    HandOver,
    LaneFinished,
    LaneStarted,
    LatentStep,
    Note,
    PromptRead,
    Segment,
    TokenOut,
)
from lab.methods.lane_context import Context
from lab.methods.remote_voice import remote_note, remote_steps
from lab.models.host import Host
from lab.models.remote import RemoteTally
from lab.plan import Decoding
from lab.roster import AgentCard
from lab.words import say
from lab.worlds import judge_asked

Steps = Generator[Event, None, Any]

ENDS = {
    "length": say("said.methods.cut_at_limit"),
    "window": say("said.methods.cut_at_window"),
}
"""Notes on an answer that was cut, by why it ended."""


@dataclass(frozen=True)
class Utterance:
    """What an agent wrote."""

    text: str
    logprobs: tuple[float, ...] = ()
    first_at: float | None = None
    """Lane seconds of its first token."""
    failed: bool = False


@dataclass
class _Desk:
    """One agent's own account while it works."""

    began: float
    read: int = 0
    context: int = 0
    """Positions in its cache before it began."""
    written: int = 0
    latent: int = 0
    flops: float = 0.0
    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    first_at: float | None = None
    done: str = ""


class Lane:
    """One method at work on the question."""

    def __init__(self, lane_id: str, ctx: Context) -> None:
        self.id = lane_id
        self.ctx = ctx
        self.tokens_read = self.tokens_written = self.latent_steps = 0
        self.flops = 0.0
        self.kv_len = self.kv_bytes = 0
        self._first_token: float | None = None

    @property
    def at(self) -> float:
        """Lane seconds."""
        return self.ctx.clock()

    # -- frame

    def started(self, method: str, title: str, host: str, drawn_as: str) -> LaneStarted:
        """The lane's first event.

        Args:
            method: name of the method.
            title: what the page calls the lane.
            drawn_as: sentence on what the lane really computes.
        """
        return LaneStarted(
            lane=self.id, at=self.at, method=method, title=title, host=host, drawn_as=drawn_as
        )

    def note(self, text: str) -> Note:
        """Something the reader must know."""
        return Note(lane=self.id, at=self.at, text=text)

    def finished(self, answer: Utterance) -> LaneFinished:
        """The lane's last event: the answer, judged, and everything that was spent."""
        value, correct = judge_asked(self.ctx.problem, answer.text)
        return LaneFinished(
            lane=self.id,
            at=self.at,
            answer=answer.text,
            value=value,
            correct=correct,
            tokens_read=self.tokens_read,
            tokens_written=self.tokens_written,
            latent_steps=self.latent_steps,
            kv_len=self.kv_len,
            kv_bytes=self.kv_bytes,
            first_token=answer.first_at,
            seconds=self.at,
            peak_bytes=self.ctx.clock.peak_bytes,
            flops=self.flops,
        )

    def hand_over_text(self, source: str, target: str, text: str) -> HandOver:
        """Words go from one agent to another.

        Args:
            source, target: names of sender and receiver.
            text: the whole message.
        """
        return HandOver(
            lane=self.id,
            at=self.at,
            source=source,
            target=target,
            channel="text",
            slots=0,
            bytes=len(text.encode()),
            words=len(text.split()),
            text=text,
        )

    def hand_over_kv(self, source: str, target: str, memory: LatentMemory) -> HandOver:
        """A cache goes from one agent to another; its bytes are measured.

        Args:
            source, target: names of sender and receiver.
        """
        return HandOver(
            lane=self.id,
            at=self.at,
            source=source,
            target=target,
            channel="kv",
            slots=memory.kv_len,
            bytes=memory.kv_bytes,
            words=0,
        )

    # -- agents

    def _recording(self) -> Recording | None:
        capture = self.ctx.capture
        return None if capture is None else Recording(capture, self.id, self.ctx.clock)

    def messages(
        self,
        agent: AgentCard,
        *,
        heard: Sequence[tuple[str, str]] = (),
        drafts: Sequence[str] = (),
    ) -> list[dict[str, str]]:
        """An agent's prompt, with the facts if its card says that it sees them.

        Args:
            agent: whose prompt.
            heard: (role, text) of earlier agents.
            drafts: texts of proposers, for an aggregator.
        """
        problem = self.ctx.problem
        facts = problem.facts if agent.sees_facts else ""
        return self.ctx.prompts.messages(agent.role, problem.question, facts, heard, drafts)

    def ids(self, host: Host, messages: list[dict[str, str]]) -> list[int]:
        """A prompt as the host's chat template writes it.

        Args:
            messages: the conversation, ``{"role", "content"}`` each.
        """
        return host.render(messages, **self.ctx.prompts.template)

    def think(
        self,
        agent: AgentCard,
        messages: list[dict[str, str]],
        memory: LatentMemory,
        steps: int,
        layer: int,
        alignment: str,
    ) -> Steps:
        """An agent reads its prompt into the memory and thinks m latent steps there.

        Args:
            agent: who thinks.
            messages: its prompt.
            steps: latent steps m.
            layer: hidden state that is fed back; -1 the last one.
            alignment: how it becomes an input embedding, see `lab.engine.align.Aligned`.
        """
        host = memory.host
        desk = _Desk(self.at, context=memory.kv_len)
        self.ctx.memories[agent.name] = (memory, 0)
        yield self._agent_started(agent, host.name, memory.strip())
        stream = stream_latent(
            host,
            [self.ids(host, messages)],
            Thinking(steps, layer, Aligned(alignment)),
            memory,
            agent.name,
            self._recording(),
        )
        try:
            for out in stream:
                if isinstance(out, PromptOut):
                    yield self._prompt_read(desk, host, agent, out, words=0)
                else:
                    yield self._latent_step(desk, host, agent, out)
        finally:
            stream.close()
        yield self._agent_finished(agent, desk, "", memory, 0)

    def speak(
        self,
        agent: AgentCard,
        messages: list[dict[str, str]],
        decoding: Decoding,
        memory: LatentMemory | None = None,
    ) -> Generator[Event, None, Utterance]:
        """An agent reads its prompt, on top of a memory or alone, and speaks; returns what it
        said.

        Args:
            agent: who speaks.
            messages: its prompt.
            decoding: its settings.
        """
        answers = yield from self.speak_all([agent], [messages], [decoding], memory)
        return answers[0]

    def speak_all(
        self,
        agents: Sequence[AgentCard],
        messages: Sequence[list[dict[str, str]]],
        decodings: Sequence[Decoding],
        memory: LatentMemory | None = None,
    ) -> Generator[Event, None, list[Utterance]]:
        """Agents that share one host speak side by side, as one batch; returns what each said.

        Args:
            messages: the prompt of each.
            decodings: the settings of each.
        """
        host = self.ctx.hosts(agents[0].host)
        if getattr(host, "remote", False):
            return (yield from self._speak_remote(host, agents, messages, decodings))
        seeded = [d.model_copy(update={"seed": d.seed + self.ctx.seed}) for d in decodings]
        memory = LatentMemory(host, len(agents)) if memory is None else memory
        desks = [_Desk(self.at, context=memory.row_len(row)) for row in range(len(agents))]
        for row, agent in enumerate(agents):
            self.ctx.memories[agent.name] = (memory, row)
            yield self._agent_started(agent, host.name, memory.strip(row))
        stream = stream_text(
            host,
            [self.ids(host, m) for m in messages],
            memory,
            seeded,
            [a.name for a in agents],
            self._recording(),
        )
        answers: dict[int, Utterance] = {}
        try:
            for out in stream:
                agent, desk = agents[out.row], desks[out.row]
                if isinstance(out, PromptOut):
                    yield self._prompt_read(desk, host, agent, out, words=1)
                    continue
                yield self._token(desk, host, agent, out)
                if out.done:
                    text = said(host, desk.ids, decodings[out.row].stop).strip()
                    answers[out.row] = Utterance(text, tuple(desk.logprobs), desk.first_at)
                    yield self._agent_finished(agent, desk, text, memory, out.row)
        finally:
            stream.close()
        return [answers[row] for row in range(len(agents))]

    def _speak_remote(
        self,
        host: Any,
        agents: Sequence[AgentCard],
        messages: Sequence[list[dict[str, str]]],
        decodings: Sequence[Decoding],
    ) -> Generator[Event, None, list[Utterance]]:
        """Agents at a remote endpoint speak one after the other; one that fails says nothing and is
        shown as failed."""
        answers = []
        for agent, asked, decoding in zip(agents, messages, decodings, strict=True):
            desk, tally = _Desk(self.at), RemoteTally()
            yield self._agent_started(agent, host.name, ())
            seeded = decoding.model_copy(update={"seed": decoding.seed + self.ctx.seed})
            text, failed = "", ""
            try:
                for step in remote_steps(host, asked, seeded, agent.name, tally):
                    text += step.token
                    yield self._token(desk, None, agent, step)
            except RemoteFailed as error:
                failed = str(error)
            if tally.usage is not None:
                desk.read = tally.usage.prompt_tokens
                desk.written = tally.usage.completion_tokens
            self._count(desk)
            answers.append(
                Utterance(text.strip(), tuple(desk.logprobs), desk.first_at, failed=bool(failed))
            )
            yield AgentFinished(
                lane=self.id,
                at=self.at,
                agent=agent.name,
                text=text.strip(),
                tokens_read=desk.read,
                tokens_written=desk.written,
                latent_steps=0,
                kv_len=0,
                kv_bytes=0,
                seconds=self.at - desk.began,
                note=failed or remote_note(tally),
            )
        return answers

    # -- events

    def _agent_started(
        self, agent: AgentCard, host: str, memory: tuple[Segment, ...]
    ) -> AgentStarted:
        return AgentStarted(
            lane=self.id,
            at=self.at,
            agent=agent.name,
            role=agent.role,
            host=host,
            stage=agent.stage,
            reads=agent.reads,
            memory=memory,
        )

    def _prompt_read(
        self, desk: _Desk, host: Host, agent: AgentCard, out: PromptOut, words: int
    ) -> PromptRead:
        desk.read = len(out.ids)
        desk.flops += flops(host, len(out.ids), desk.context, words)
        tokens = tuple(host.token_texts(out.ids))
        text = (
            host.tokenizer.decode(list(out.ids)) if host.tokenizer is not None else "".join(tokens)
        )
        return PromptRead(
            lane=self.id,
            at=self.at,
            agent=agent.name,
            text=text,
            tokens=tokens,
            ids=out.ids,
            first_moment=out.first_moment,
            kv_len=out.kv_len,
            kv_bytes=out.kv_bytes,
        )

    def _latent_step(
        self, desk: _Desk, host: Host, agent: AgentCard, out: LatentStepOut
    ) -> LatentStep:
        desk.latent += 1
        desk.flops += flops(host, 1, out.kv_len - 1, 0)
        top = tuple((word, p) for _, word, p in out.top)
        return LatentStep(
            lane=self.id,
            at=self.at,
            agent=agent.name,
            step=out.step,
            top=top,
            entropy=out.entropy,
            norm=out.norm,
            fed_norm=out.fed_norm,
            moment=out.moment,
            kv_len=out.kv_len,
        )

    def _token(self, desk: _Desk, host: Host | None, agent: AgentCard, out: TextStep) -> TokenOut:
        desk.written += 1
        desk.ids.append(out.token_id)
        desk.logprobs.append(out.logprob)
        if host is not None and not out.done:  # the last token is chosen but not fed
            desk.flops += flops(host, 1, out.kv_len, 1)
        event = TokenOut(
            lane=self.id,
            at=self.at,
            agent=agent.name,
            step=out.step,
            token=out.token,
            token_id=out.token_id,
            logprob=out.logprob,
            entropy=out.entropy,
            moment=out.moment,
            kv_len=out.kv_len,
        )
        desk.first_at = event.at if desk.first_at is None else desk.first_at
        if out.done:
            desk.done = ENDS.get(out.done, "")
        return event

    def _agent_finished(
        self, agent: AgentCard, desk: _Desk, text: str, memory: LatentMemory, row: int
    ) -> AgentFinished:
        self._count(desk)
        kv_len, kv_bytes = memory.row_len(row), memory.row_bytes(row)
        self.kv_len, self.kv_bytes = max(self.kv_len, kv_len), max(self.kv_bytes, kv_bytes)
        return AgentFinished(
            lane=self.id,
            at=self.at,
            agent=agent.name,
            text=text,
            tokens_read=desk.read,
            tokens_written=desk.written,
            latent_steps=desk.latent,
            kv_len=kv_len,
            kv_bytes=kv_bytes,
            seconds=self.at - desk.began,
            memory=memory.strip(row),
            note=desk.done,
        )

    def _count(self, desk: _Desk) -> None:
        self.tokens_read += desk.read
        self.tokens_written += desk.written
        self.latent_steps += desk.latent
        self.flops += desk.flops


def by_host(hosts: Sequence[str]) -> Iterator[list[int]]:
    """Indices grouped by equal host, in order of first appearance."""
    for host in dict.fromkeys(hosts):
        yield [i for i, other in enumerate(hosts) if other == host]
