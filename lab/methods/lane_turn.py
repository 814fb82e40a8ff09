"""One agent's turn in a lane: what the engine does becomes events, and what it costs is counted."""

from __future__ import annotations

from lab.engine.cost import flops
from lab.engine.decode import TextStep
from lab.engine.memory import LatentMemory
from lab.engine.prompt import PromptOut
from lab.engine.rollout import LatentStepOut
from lab.events import AgentFinished, AgentStarted, LatentStep, PromptRead, Segment, TokenOut
from lab.methods.lane import Lane, Spent
from lab.models.host import Host
from lab.roster import AgentCard
from lab.words import Sayings

ENDS = Sayings(
    {
        "length": "said.methods.cut_at_limit",
        "window": "said.methods.cut_at_window",
    }
)
"""Notes on an answer that was cut, by why it ended."""


class AgentTurn:
    """An agent from its start to its end.

    Args:
        lane: where it works.
        agent: whose turn it is.
        host: the model's name.
        context: positions in the agent's cache before it began.
    """

    def __init__(self, lane: Lane, agent: AgentCard, host: str, context: int = 0) -> None:
        self.lane, self.agent, self.host, self.context = lane, agent, host, context
        self.began = lane.at
        self.spent = Spent()
        self.ids: list[int] = []
        self.logprobs: list[float] = []
        self.first_at: float | None = None
        """Lane seconds of its first word."""
        self.note = ""
        """Why it ended early."""

    def started(self, memory: tuple[Segment, ...]) -> AgentStarted:
        """The turn begins on top of these slots."""
        return AgentStarted(
            lane=self.lane.id,
            at=self.lane.at,
            agent=self.agent.name,
            role=self.agent.role,
            host=self.host,
            stage=self.agent.stage,
            reads=self.agent.reads,
            memory=memory,
        )

    def prompt_read(self, host: Host, out: PromptOut, words: int) -> PromptRead:
        """The prompt is in the cache.

        Args:
            out: what the engine says of it.
            words: positions of it that the unembedding reads.
        """
        self.spent.tokens_read = len(out.ids)
        self.spent.flops += flops(host, len(out.ids), self.context, words)
        tokens = tuple(host.token_texts(out.ids))
        text = (
            host.tokenizer.decode(list(out.ids)) if host.tokenizer is not None else "".join(tokens)
        )
        return PromptRead(
            lane=self.lane.id,
            at=self.lane.at,
            agent=self.agent.name,
            text=text,
            tokens=tokens,
            ids=out.ids,
            first_moment=out.first_moment,
            kv_len=out.kv_len,
            kv_bytes=out.kv_bytes,
        )

    def latent_step(self, host: Host, out: LatentStepOut) -> LatentStep:
        """One latent step was taken.

        Args:
            out: what the engine says of it.
        """
        self.spent.latent_steps += 1
        self.spent.flops += flops(host, 1, out.kv_len - 1, 0)
        top = tuple((word, p) for _, word, p in out.top)
        return LatentStep(
            lane=self.lane.id,
            at=self.lane.at,
            agent=self.agent.name,
            step=out.step,
            top=top,
            entropy=out.entropy,
            norm=out.norm,
            fed_norm=out.fed_norm,
            moment=out.moment,
            kv_len=out.kv_len,
        )

    def token(self, host: Host | None, out: TextStep) -> TokenOut:
        """One token was written.

        Args:
            host: None for a remote endpoint, whose cost is unknown.
            out: the token.
        """
        self.spent.tokens_written += 1
        self.ids.append(out.token_id)
        self.logprobs.append(out.logprob)
        if host is not None and not out.done:  # the last token is chosen but not fed
            self.spent.flops += flops(host, 1, out.kv_len, 1)
        event = TokenOut(
            lane=self.lane.id,
            at=self.lane.at,
            agent=self.agent.name,
            step=out.step,
            token=out.token,
            token_id=out.token_id,
            logprob=out.logprob,
            entropy=out.entropy,
            moment=out.moment,
            kv_len=out.kv_len,
        )
        self.first_at = event.at if self.first_at is None else self.first_at
        if out.done:
            self.note = ENDS.get(out.done, "")
        return event

    def finished(
        self, text: str, memory: LatentMemory | None = None, row: int = 0
    ) -> AgentFinished:
        """The turn is over: its account goes into the lane's.

        Args:
            text: what the agent said; empty for one that only thinks.
            memory: the cache that it leaves, None at a remote endpoint.
            row: its row there.
        """
        lane = self.lane
        kv_len = 0 if memory is None else memory.row_len(row)
        kv_bytes = 0 if memory is None else memory.row_bytes(row)
        lane.spent.add(self.spent)
        lane.kv_len, lane.kv_bytes = max(lane.kv_len, kv_len), max(lane.kv_bytes, kv_bytes)
        return AgentFinished(
            lane=lane.id,
            at=lane.at,
            agent=self.agent.name,
            text=text,
            tokens_read=self.spent.tokens_read,
            tokens_written=self.spent.tokens_written,
            latent_steps=self.spent.latent_steps,
            kv_len=kv_len,
            kv_bytes=kv_bytes,
            seconds=lane.at - self.began,
            memory=() if memory is None else memory.strip(row),
            note=self.note,
        )
