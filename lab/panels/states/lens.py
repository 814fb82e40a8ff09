"""What hidden states say when they are read as words: one interface for lenses, and the grid layers
× points.

A *lens* turns vectors of any layer into a distribution over words. The logit lens sends them
through the model's own final norm (exactly once: the last captured layer has it already) and head.
`StoredLens` shows what was recorded with every vector, top-k only, without any model; `ModelLens`
asks a decoder made elsewhere from a loaded model, which also knows every word's rank and the
divergence from the last layer. Tuned or Jacobian lenses are further decoders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pandas as pd

from lab.errors import BadInput
from lab.panels.states.choose import Choice, rows_of
from lab.panels.states.geometry import Floats, Ints
from lab.panels.style import visible
from lab.records import Record
from lab.spaces import require_same
from lab.words import say


@dataclass(frozen=True)
class LensReading:
    """The words of vectors at L layers × n moments. A head says the *next* word, so every reading
    is of that."""

    top_ids: Ints
    """(L, n, k), most probable first; -1 where nothing is known."""
    top_logp: Floats
    """(L, n, k) nats."""
    entropy: Floats
    """(L, n) nats."""
    watched_logp: Floats
    """(L, n, w) nats, of the watched words; NaN where the lens does not know."""
    watched_rank: Ints
    """(L, n, w), 1 is the top word; 0 where the lens does not know (below its top k)."""
    kl: Floats
    """(L, n) nats, KL(this layer ‖ last layer); NaN where the lens does not know."""


class Decoder(Protocol):
    """A model that reads hidden states; made outside the panels, given to `ModelLens`."""

    name: str
    """For captions, for example ``logit lens, pocket-base``."""
    digest: str
    """Of the model; vectors of another model are refused."""

    def decode(
        self, states: Floats, layers: Sequence[int], top_k: int, watch: Sequence[int]
    ) -> LensReading:
        """Read (L, n, D) states of the named layers (L,); the KL is to the last of them."""

    def token_ids(self, word: str) -> list[int]:
        """The tokens of a word as the model would read it within a text."""

    def token_text(self, token_id: int) -> str:
        """Display text of a token."""

    def nearest_embeddings(self, vectors: Floats, k: int) -> tuple[Ints, Floats]:
        """Ids (n, k) and cosines (n, k) of the input embeddings nearest to (n, D) vectors, by
        cosine."""


class LensReader(Protocol):
    """Reads rows of a record."""

    name: str

    def read(self, record: Record, rows: Ints, watch: Sequence[int] = ()) -> LensReading:
        """The words of the points ``rows`` (L, n), a layer per line, and of the watched token
        ids."""

    def text(self, record: Record, host: str, token_id: int) -> str:
        """Display text of a token."""


class StoredLens:
    """The lens that was stored with the record: top-k and entropy of every vector. Works without
    the model."""

    name = say("said.lens.stored_logit_lens")

    def read(self, record: Record, rows: Ints, watch: Sequence[int] = ()) -> LensReading:
        """See `LensReader.read`; a watched word below the stored top k is unknown."""
        rows = np.asarray(rows)
        ids, logp, entropy = (
            a.reshape(*rows.shape, *a.shape[1:]) for a in record.lens(rows.ravel())
        )
        rank = np.zeros((*rows.shape, len(watch)), dtype=np.int64)
        value = np.full(rank.shape, np.nan)
        for w, token_id in enumerate(watch):
            where, place = np.nonzero((ids == token_id).reshape(rows.size, -1))
            rank.reshape(rows.size, -1)[where, w] = place + 1
            value.reshape(rows.size, -1)[where, w] = logp.reshape(rows.size, -1)[where, place]
        return LensReading(ids, logp, entropy, value, rank, np.full(rows.shape, np.nan))

    def text(self, record: Record, host: str, token_id: int) -> str:
        """The recorded text."""
        return record.token(host, token_id)


class ModelLens:
    """A lens recomputed from the stored vectors by a decoder of the same model."""

    def __init__(self, decoder: Decoder, top_k: int = 10) -> None:
        self.decoder = decoder
        self.top_k = top_k
        self.name = decoder.name

    def read(self, record: Record, rows: Ints, watch: Sequence[int] = ()) -> LensReading:
        """See `LensReader.read`; vectors of another model than the decoder's are refused
        (`SpaceMismatch`)."""
        rows = np.asarray(rows, dtype=np.int64)
        for line in rows:
            space = record.space(int(line[0]))
            require_same(
                space, replace(space, model=self.decoder.digest), "read vectors through this head"
            )
        layers = [int(v) for v in record.points["layer"].to_numpy()[rows[:, 0]]]
        states = record.states(rows.ravel()).reshape(*rows.shape, -1)
        return self.decoder.decode(states, layers, self.top_k, watch)

    def text(self, record: Record, host: str, token_id: int) -> str:  # noqa: ARG002
        """The model's own text."""
        return self.decoder.token_text(token_id)


@dataclass(frozen=True)
class LensGrid:
    """Layers × moments of one agent, read through one lens."""

    agent: str
    lane: str
    host: str
    layers: Ints
    """(L,) ascending."""
    moments: pd.DataFrame
    """(n rows) moment, kind, step, token, position in the order of time."""
    point_ids: Ints
    """(L, n); -1 where not captured."""
    words: np.ndarray
    """(L, n) str, top word, as recorded (not escaped)."""
    top: list[list[list[tuple[str, float]]]]
    """[L][n] the best words with probabilities."""
    p: Floats
    """(L, n) probability of the top word."""
    entropy: Floats
    """(L, n) nats."""
    kl: Floats
    """(L, n) nats from the last layer; NaN where the lens does not know."""
    rank: Floats
    """(L, n) rank of the watched word, 1 best; NaN below the stored top k or without a word."""
    watched_p: Floats
    """(L, n) probability of the watched word; NaN as for the rank."""
    word: str
    """The watched word, empty for none."""
    lens: str
    last_layer: int
    """The layer after the final norm."""


def lens_grid(
    record: Record,
    lane: str,
    agent: str,
    *,
    kinds: tuple[str, ...] = ("latent", "token"),
    steps: tuple[int, int] | None = None,
    lens: LensReader | None = None,
    token_id: int | None = None,
    hover_words: int = 5,
) -> LensGrid:
    """Read all captured layers of an agent's moments.

    Raises:
        BadInput: if nothing of the agent was captured.
    """
    lens = lens or StoredLens()
    df = rows_of(record, Choice(lanes=(lane,), agents=(agent,), kinds=kinds, steps=steps))
    host = str(df["host"].iloc[0])
    moments = df.drop_duplicates("moment")[
        ["moment", "kind", "step", "token", "position"]
    ].sort_values("moment")
    layers = np.sort(df["layer"].unique()).astype(int)
    i = np.searchsorted(layers, df["layer"].to_numpy())
    j = np.searchsorted(moments["moment"].to_numpy(), df["moment"].to_numpy())
    shape = (len(layers), len(moments))
    point_ids = np.full(shape, -1, dtype=np.int64)
    point_ids[i, j] = df["point_id"]
    if (point_ids < 0).any():
        raise BadInput(say("error.lens.agent_was_not_captured", agent=agent))
    r = lens.read(record, point_ids, () if token_id is None else (token_id,))
    top_ids, odds = r.top_ids[..., :hover_words], np.exp(r.top_logp[..., :hover_words])
    texts = {int(t): lens.text(record, host, int(t)) for t in np.unique(top_ids) if t >= 0}
    top = [
        [
            [(texts[t], p) for t, p in zip(ids, ps, strict=True) if t >= 0]
            for ids, ps in zip(line, odds_line, strict=True)
        ]
        for line, odds_line in zip(top_ids.tolist(), odds.tolist(), strict=True)
    ]
    words = np.array([[cell[0][0] if cell else "" for cell in line] for line in top], dtype=object)
    nothing = np.full(shape, np.nan)
    watching = token_id is not None
    return LensGrid(
        agent,
        lane,
        host,
        layers,
        moments.reset_index(drop=True),
        point_ids,
        words,
        top,
        odds[..., 0] if odds.shape[-1] else nothing,
        r.entropy,
        r.kl,
        np.where(r.watched_rank[..., 0] > 0, r.watched_rank[..., 0], np.nan)
        if watching
        else nothing,
        np.exp(r.watched_logp[..., 0]) if watching else nothing,
        lens.text(record, host, token_id) if token_id is not None else "",
        lens.name,
        int(record.host(host)["n_layers"]),
    )


def known_words(record: Record, host: str) -> dict[str, int]:
    """Text → id of every token the record can name for a host: those read, said or in a stored top
    k."""
    df = record.points[record.points["host"] == host]
    said = df.drop_duplicates("token_id")
    out = {str(t): int(i) for t, i in zip(said["token"], said["token_id"], strict=True) if i >= 0}
    ids = record.lens(df["point_id"].to_numpy())[0]
    for i in np.unique(ids[ids >= 0]).tolist():
        out.setdefault(record.token(host, i), i)
    return out


def word_to_id(
    record: Record, host: str, word: str, decoder: Decoder | None = None
) -> tuple[int, str]:
    """The token that stands for a word: its id and display text (its first token, if the word has
    several).

    With a decoder the model's tokenizer decides, otherwise the words the record can name.

    Raises:
        BadInput: if the record cannot name the word.
    """
    word = word.strip()
    if not word:
        raise BadInput(say("error.lens.watch_word_word_nothing"))
    if decoder is not None:
        ids = decoder.token_ids(word)
        if ids:
            return ids[0], decoder.token_text(ids[0])
    known = known_words(record, host)
    for text, i in known.items():
        if text.strip(" ␣▁Ġ") == word:
            return i, text
    prefixes = [
        (t, i)
        for t, i in known.items()
        if t.strip() and word.startswith(t.strip(" ␣▁Ġ")) and t.strip(" ␣▁Ġ")
    ]
    if prefixes:
        text, i = max(prefixes, key=lambda item: len(item[0]))
        return i, text
    raise BadInput(say("error.lens.record_knows_no_token", word=visible(word)))
