"""Training texts: conversations of the roles, laid out as token ids, targets and loss weights.

A `Turn` is one agent's prompt and reply. `lay_out` joins turns into one `Document` exactly as the
chat template and the methods do: in text a reply ends with ``<end>``; a reply thought in latents
has no ``<end>`` after it, and its positions are marked so that the trainer can replace their
embeddings by hidden states. Which skills a model is taught, and in which mixture, is decided in
`lab.zoo.skills`. Knows nothing of torch.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lab.zoo.tokenizer import AGENT, END, USER, TextCoder, fast_encoder

REPEAT_WEIGHT = 0.2
"""Loss weight of prompt tokens that repeat an earlier prompt of the same conversation (teaches
looking back)."""
CUT_SHARE = 0.1
"""Share of latent thoughts that are cut short."""
IDLE_SHARE = 0.5
"""Share of latent thoughts that are followed by idle ``<end>`` steps."""
MAX_IDLE = 24


@dataclass(frozen=True)
class Turn:
    """One agent's prompt and reply."""

    prompt: str
    reply: str
    thinks: bool = False
    """Whether the reply may be thought in latents."""
    weight: float = 1.0
    """Loss weight of the reply; 0 for planted mistakes."""
    frame: str | None = None
    """The prompt without its facts, for a reader who gets only the latents of this turn."""


@dataclass
class Document:
    """One training sequence; the three lists have one entry per position."""

    inputs: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    """What should be predicted at each position (not always the next input, see the module)."""
    weights: list[float] = field(default_factory=list)
    latent: list[bool] = field(default_factory=list)
    """Positions whose input embedding is replaced by the aligned hidden state of the position
    before."""
    framed: Document | None = None
    """A reader who gets this document's latents as input embeddings behind a prompt without the
    facts."""

    def __len__(self) -> int:
        return len(self.inputs)


class Layout:
    """Lays turns out as documents for one tokenizer."""

    def __init__(self, tokenizer: TextCoder) -> None:
        self.encode: Callable[[str], list[int]] = fast_encoder(tokenizer)
        self.user, self.agent, self.end = tokenizer.convert_tokens_to_ids([USER, AGENT, END])
        self.size = len(tokenizer)

    def lay_out(self, turns: Sequence[Turn], rng: random.Random | None = None) -> Document:
        """Join turns into a document. With ``rng``, replies that may be are thought in latents, but
        never the last one; without, all is text."""
        doc = Document()
        for number, turn in enumerate(turns):
            prompt = [self.user, *self.encode(f" {turn.prompt}"), self.agent]
            self._append(doc, prompt, REPEAT_WEIGHT if number else 0.0)
            reply = self.encode(f" {turn.reply}")
            if rng is not None and turn.thinks and number + 1 < len(turns):
                self._think(doc, reply, rng)
            else:
                self._append(doc, [*reply, self.end], turn.weight)
        _close(doc)
        return doc

    def lay_out_framed(self, turns: Sequence[Turn], rng: random.Random) -> Document:
        """A relay of two whose thought is latent, and beside it a reader of the same latents behind
        another prompt.

        The reader sees the thinker's frame instead of its prompt and has no loss on the thought,
        only on the answer.
        """
        doc = self.lay_out(turns, rng)
        fed = [word for word, is_latent in zip(doc.inputs, doc.latent, strict=True) if is_latent]
        reader = Document()
        self._append(reader, [self.user, *self.encode(f" {turns[0].frame}"), self.agent, *fed], 0.0)
        reader.latent[len(reader) - len(fed) :] = [True] * len(fed)
        self._append(reader, [self.user, *self.encode(f" {turns[-1].prompt}"), self.agent], 0.0)
        self._append(reader, [*self.encode(f" {turns[-1].reply}"), self.end], 1.0)
        _close(reader)
        doc.framed = reader
        return doc

    def copy_document(self, rng: random.Random, length: int = 30) -> Document:
        """Random tokens, then the same again with loss: the quickest way to learn looking back."""
        ids = [rng.randrange(4, self.size) for _ in range(length)]
        doc = Document()
        self._append(doc, [self.user, *ids], 0.0)
        self._append(doc, ids, 1.0)
        _close(doc)
        return doc

    def _append(self, doc: Document, ids: Sequence[int], weight: float) -> None:
        if doc.inputs and len(doc.targets) == len(doc.inputs) - 1:
            doc.targets.append(ids[0])
            doc.weights.append(weight)
        doc.inputs += ids
        doc.latent += [False] * len(ids)
        doc.targets += ids[1:]
        doc.weights += [weight] * (len(ids) - 1)

    def _think(self, doc: Document, words: list[int], rng: random.Random) -> None:
        """Append a reply thought in latents; the open ``<agent>`` position before it gets its first
        word as target."""
        said = [*words, self.end]
        steps = len(words)
        if rng.random() < CUT_SHARE:
            steps = rng.randrange(len(words) + 1)
        elif rng.random() < IDLE_SHARE:
            steps += rng.randint(1, MAX_IDLE)
        fed = [*words, *[self.end] * steps][:steps]
        should = [said[min(i, len(said) - 1)] for i in range(steps + 1)]
        doc.inputs += fed
        doc.latent += [True] * steps
        doc.targets += should
        doc.weights += [1.0] * (steps + 1)


def _close(doc: Document) -> None:
    """Drop the last input: it has no target, it only is one."""
    doc.inputs.pop()
    doc.latent.pop()
