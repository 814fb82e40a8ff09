"""Decoding text on top of a memory, many rows at once, with log-probability, entropy and capture of
every word.

Greedy decoding equals transformers' ``generate`` token for token. The head runs on last positions
only. Each step runs under its own ``no_grad``, so a generator may be resumed on any thread.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import torch

from lab.engine.capture import Recording
from lab.engine.memory import LatentMemory
from lab.engine.prompt import PromptOut, memory_for, names_of, read_prompts
from lab.engine.sampling import Sampler
from lab.errors import BadInput
from lab.models.host import Host
from lab.models.thinking import parted
from lab.plan import Decoding
from lab.words import say

GREEDY = Decoding()
"""Greedy, up to the default number of words."""
Why = str
"""Why a row ended: ``end`` (end token), ``stop`` (stop string), ``length`` (its limit), ``window``
(the model's)."""


@dataclass(frozen=True)
class TextStep:
    """One word of one row."""

    row: int
    agent: str
    step: int
    """1-based."""
    token_id: int
    token: str
    logprob: float
    """Nats, under the untempered distribution."""
    entropy: float
    """Nats."""
    moment: int | None
    """Slot into which the word is fed; None for the last word, which is not fed, and where nothing
    is captured."""
    kv_len: int
    """Slots the choice of this word could see."""
    done: Why | None
    """Set on a row's last word."""


@dataclass
class TextResult:
    """Everything that was decoded; lists are by row."""

    ids: list[list[int]] = field(default_factory=list)
    """Words, end token included."""
    texts: list[str] = field(default_factory=list)
    """Plain text without special tokens, cut at stop strings."""
    logprobs: list[list[float]] = field(default_factory=list)
    entropies: list[list[float]] = field(default_factory=list)
    done: list[Why] = field(default_factory=list)
    prompt_lengths: list[int] = field(default_factory=list)
    memory: LatentMemory | None = None


def stream_text(
    host: Host,
    prompts: Sequence[Sequence[int]],
    memory: LatentMemory | None = None,
    decodings: Decoding | Sequence[Decoding] = GREEDY,
    agents: str | Sequence[str] | None = None,
    recording: Recording | None = None,
) -> Generator[PromptOut | TextStep, None, None]:
    """Read one prompt per row, then decode; yields each row's prompt, then each word as it is
    chosen.

    The memory is written in place (fork it to keep it). A row's last word is chosen but not fed.
    Closing the generator at any step keeps what was captured until then.

    Args:
        host: the model that speaks.
        prompts: token ids, one list per row; an empty one goes on from where the memory ends.
        memory: what the rows go on from; None means a new one.
        decodings: settings of all rows, or one per row.
        agents: writer of all rows, or one name per row.
        recording: where vectors are kept; None keeps none.

    Raises:
        BadInput: for empty or overlong prompts, or settings that do not match the rows.
    """
    run = _TextRun(host, prompts, memory, decodings, agents, recording)
    try:
        yield from run.read()
        while run.active:
            yield from run.described(run.choose())
            run.feed()
    finally:
        run.close()


def generate_text(
    host: Host,
    prompts: Sequence[Sequence[int]],
    memory: LatentMemory | None = None,
    decodings: Decoding | Sequence[Decoding] = GREEDY,
    agents: str | Sequence[str] | None = None,
    recording: Recording | None = None,
    *,
    keep_memory: bool = False,
    spend_memory: bool = False,
) -> TextResult:
    """Decode to the end.

    Args:
        host, prompts, memory, decodings, agents, recording: as in `stream_text`.
        keep_memory: return the memory with everything read and written; otherwise rows that are
            done are dropped on the way, which is faster.
        spend_memory: the given memory is not needed afterwards, so rows may be dropped from it too.

    Raises:
        BadInput: for empty or overlong prompts, or settings that do not match the rows.
    """
    compact = (memory is None or spend_memory) and not keep_memory and recording is None
    run = _TextRun(host, prompts, memory, decodings, agents, recording, compact)
    try:
        run.read()
        while run.active:
            run.choose()
            run.feed()
    finally:
        run.close()
    return TextResult(
        ids=run.ids,
        texts=run.texts(),
        logprobs=run.logprobs,
        entropies=run.entropies,
        done=[str(why) for why in run.done],
        prompt_lengths=[len(p) for p in prompts],
        memory=None if compact else run.memory if keep_memory or memory is not None else None,
    )


def final_decode(
    host: Host, memory: LatentMemory, prompts: Sequence[Sequence[int]], decoding: Decoding = GREEDY
) -> TextResult:
    """The last agent's words on top of what the others left in the memory (the paper's name for
    it); see `generate_text`.

    Args:
        decoding: settings of all rows.
    """
    return generate_text(host, prompts, memory, decoding, "judger")


def mean_logprob(logprobs: Sequence[float]) -> float:
    """Mean log-probability per word in nats; 0 for no words."""
    return sum(logprobs) / len(logprobs) if logprobs else 0.0


class _TextRun:
    """The state of one batch: which rows still speak, what they said."""

    def __init__(
        self,
        host: Host,
        prompts: Sequence[Sequence[int]],
        memory: LatentMemory | None,
        decodings: Decoding | Sequence[Decoding],
        agents: str | Sequence[str] | None,
        recording: Recording | None,
        compact: bool = False,
    ) -> None:
        rows = len(prompts)
        settings = (decodings,) * rows if isinstance(decodings, Decoding) else tuple(decodings)
        if len(settings) != rows:
            raise BadInput(
                say("error.decode.decoding_setting_per_prompt", rows=rows, n=len(settings))
            )
        self.host, self.prompts, self.settings, self.compact = host, prompts, settings, compact
        self.memory = memory_for(host, memory, rows)
        self.agents = names_of(agents, rows)
        self.tape = recording.tape(self.agents, host) if recording else None
        self.keep = self.tape is not None and self.tape.wants("token")
        self.sampler = Sampler(settings)
        self.ids: list[list[int]] = [[] for _ in range(rows)]
        self.logprobs: list[list[float]] = [[] for _ in range(rows)]
        self.entropies: list[list[float]] = [[] for _ in range(rows)]
        self.done: list[Why | None] = [None] * rows
        self.active = list(range(rows))
        self.lines = list(range(rows))
        """Which row each line of the memory belongs to."""
        self._moments: dict[int, int] = {}

    def read(self) -> list[PromptOut]:
        """Read the prompts."""
        return read_prompts(self.host, self.prompts, self.memory, self.agents, self.tape)[0]

    @torch.no_grad()
    def choose(self) -> list[int]:
        """Choose the next word of every active row; returns those rows."""
        last = self.memory.require_last()
        if len(self.active) < len(self.lines):
            last = last[[line for line, row in enumerate(self.lines) if self.done[row] is None]]
        ids, logp, entropy = self.sampler.choose(self.host.logits(last), self.active)
        numbers = torch.stack([ids.float(), logp, entropy]).tolist()  # ids below 2**24 are exact
        chosen = self.active
        for i, row in enumerate(chosen):
            token = int(numbers[0][i])
            self.ids[row].append(token)
            self.logprobs[row].append(numbers[1][i])
            self.entropies[row].append(numbers[2][i])
            self.done[row] = self._why_done(row, token)
            if self.keep and self.tape is not None and self.done[row] is None:
                moment = self.tape.reserve(row, "token")
                if moment is not None:
                    self._moments[row] = moment
        self.active = [row for row in chosen if self.done[row] is None]
        return chosen

    def described(self, rows: Sequence[int]) -> list[TextStep]:
        """The words that these rows have just chosen."""
        return [
            TextStep(
                row=row,
                agent=self.agents[row],
                step=len(self.ids[row]),
                token_id=self.ids[row][-1],
                token=self.host.token_text(self.ids[row][-1]),
                logprob=self.logprobs[row][-1],
                entropy=self.entropies[row][-1],
                moment=self._moments.get(row),
                kv_len=self.memory.row_len(row),
                done=self.done[row],
            )
            for row in rows
        ]

    def _why_done(self, row: int, token: int) -> Why | None:
        setting = self.settings[row]
        if token in self.host.eos_ids:
            return "end"
        stop = (*setting.stop, *self.host.turn_marks)
        if stop and _stop_at(self.host.text(self.ids[row]), stop) is not None:
            return "stop"
        if len(self.ids[row]) >= setting.max_tokens:
            return "length"
        line = row if len(self.lines) == len(self.done) else self.lines.index(row)
        return "window" if self.memory.next_positions[line] >= self.host.window else None

    @torch.no_grad()
    def feed(self) -> None:
        """Feed the chosen words of the rows that go on."""
        if not self.active:
            return
        if self.compact and 2 * len(self.active) <= len(self.lines):
            self.memory = self.memory.select_rows([self.lines.index(row) for row in self.active])
            self.lines = list(self.active)
        words = torch.tensor([[self.ids[row][-1]] for row in self.lines], device=self.host.device)
        lengths = None
        if len(self.active) < len(self.lines):
            lengths = [int(self.done[row] is None) for row in self.lines]
        names = (
            self.agents
            if len(self.lines) == len(self.agents)
            else [self.agents[r] for r in self.lines]
        )
        moments, self._moments = self._moments, {}
        block = self.memory.write(
            names, "token", self.host.embed(words), lengths, want_states=bool(moments)
        )
        if self.tape is not None and block.states is not None and moments:
            self.tape.add(
                "token", block.states, {row: [self._note(row, m)] for row, m in moments.items()}
            )

    def _note(self, row: int, moment: int) -> dict[str, object]:
        token = self.ids[row][-1]
        return {
            "moment": moment,
            "step": len(self.ids[row]),
            "position": self.memory.next_positions[row] - 1,
            "token_id": token,
            "token": self.host.token_text(token),
            "logprob": self.logprobs[row][-1],
            "entropy": self.entropies[row][-1],
            "kv_len": self.memory.row_len(row),
        }

    def texts(self) -> list[str]:
        """What every row said, without special tokens and what was thought aloud, cut at its stop
        strings."""
        return [
            parted(said(self.host, ids, d.stop)).answer
            for ids, d in zip(self.ids, self.settings, strict=True)
        ]

    def close(self) -> None:
        """Hand the captured vectors over."""
        if self.tape is not None:
            self.tape.close()


def without_end(host: Host, rows: Sequence[Sequence[int]]) -> list[list[int]]:
    """Words of every row without their end token."""
    return [[token for token in row if token not in host.eos_ids] for row in rows]


def said(host: Host, ids: Sequence[int], stop: Sequence[str] = ()) -> str:
    """The plain text of a row's words, cut at the first stop string, and where the next turn would
    begin.

    Args:
        ids: the tokens of one row, end token included.
        stop: texts at whose first occurrence the answer ends; they are not part of it.
    """
    text = host.text(ids)
    end = _stop_at(text, (*stop, *host.turn_marks))
    return text if end is None else text[:end]


def _stop_at(text: str, stop: Sequence[str]) -> int | None:
    found = [text.find(s) for s in stop if s and s in text]
    return min(found) if found else None
