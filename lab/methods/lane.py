"""The frame of every method: a lane's own events (what begins, ends and is handed over), its
agents' prompts, and what all of them spent together.

A method reads like its paper's figure because the bookkeeping is elsewhere: agents think with
`lab.methods.lane_thought` and speak with `lab.methods.lane_speech`, and one agent's events and
account are made by `lab.methods.lane_turn`. It does not know which method it serves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lab.engine.capture import Recording
from lab.engine.memory import LatentMemory
from lab.events import HandOver, LaneFinished, LaneStarted, Note
from lab.methods.lane_context import Context
from lab.models.host import Host
from lab.roster import AgentCard
from lab.worlds import judge_asked


@dataclass(frozen=True)
class Utterance:
    """What an agent wrote."""

    text: str
    logprobs: tuple[float, ...] = ()
    first_at: float | None = None
    """Lane seconds of its first token."""
    failed: bool = False


@dataclass
class Spent:
    """What agents read, wrote and computed."""

    tokens_read: int = 0
    tokens_written: int = 0
    latent_steps: int = 0
    flops: float = 0.0

    def add(self, other: Spent) -> None:
        """Count another account in.

        Args:
            other: what was spent besides.
        """
        self.tokens_read += other.tokens_read
        self.tokens_written += other.tokens_written
        self.latent_steps += other.latent_steps
        self.flops += other.flops


class Lane:
    """One method at work on the question."""

    def __init__(self, lane_id: str, ctx: Context) -> None:
        self.id = lane_id
        self.ctx = ctx
        self.spent = Spent()
        self.kv_len = self.kv_bytes = 0
        """The largest memory that any agent left."""

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
            tokens_read=self.spent.tokens_read,
            tokens_written=self.spent.tokens_written,
            latent_steps=self.spent.latent_steps,
            kv_len=self.kv_len,
            kv_bytes=self.kv_bytes,
            first_token=answer.first_at,
            seconds=self.at,
            peak_bytes=self.ctx.clock.peak_bytes,
            flops=self.spent.flops,
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

    def recording(self) -> Recording | None:
        """Where the hidden states of an agent at work go; None if nothing is captured."""
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


def by_host(hosts: Sequence[str]) -> Iterator[list[int]]:
    """Indices grouped by equal host, in order of first appearance."""
    for host in dict.fromkeys(hosts):
        yield [i for i, other in enumerate(hosts) if other == host]
