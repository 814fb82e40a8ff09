"""What hidden states say when they are read as words: one interface for lenses, and the grid layers × points.

A *lens* turns vectors of any layer into a distribution over words. The logit lens sends them through the model's own
final norm (exactly once: the last captured layer has it already) and head. `StoredLens` shows what was recorded with
every vector, top-k only, without any model; `ModelLens` asks a decoder made elsewhere from a loaded model, which also
knows every word's rank and the divergence from the last layer. Tuned or Jacobian lenses are further decoders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from lab.errors import BadInput
from lab.panels.choose import Choice, rows_of
from lab.panels.geometry import Floats, Ints
from lab.panels.style import visible
from lab.records import Record


@dataclass(frozen=True)
class Reading:
    """The words of n vectors."""

    top_ids: Ints
    """(n, k), most probable first; -1 where nothing is known."""
    top_logp: Floats
    """(n, k) nats."""
    entropy: Floats
    """(n,) nats."""
    watched_logp: Floats
    """(n, w) nats, of the watched words; NaN where the lens does not know."""
    watched_rank: Ints
    """(n, w), 1 is the top word; 0 where the lens does not know (below its top k)."""
    kl: Floats
    """(n,) nats, KL(last layer ‖ this layer); NaN where the lens does not know."""


class Decoder(Protocol):
    """A model that reads hidden states; made outside the panels, given to `ModelLens`."""

    name: str
    """For captions, for example ``logit lens, pocket-base``."""
    digest: str
    """Of the model; vectors of another model are refused."""

    def decode(self, states: Floats, layers: Ints, top_k: int, watch: Sequence[int], last: Floats | None) -> Reading:
        """Read (n, D) states of layers (n,); ``last`` (n, D) are the last layers of the same moments, for the KL."""

    def token_ids(self, word: str) -> list[int]:
        """The tokens of a word as the model would read it within a text."""

    def token_text(self, token_id: int) -> str:
        """Display text of a token."""

    def nearest_embeddings(self, vectors: Floats, k: int) -> tuple[Ints, Floats]:
        """Ids (n, k) and cosines (n, k) of the input embeddings nearest to (n, D) vectors, by cosine."""


class Lens(Protocol):
    """Reads rows of a record."""

    name: str

    def read(self, record: Record, rows: Ints, watch: Sequence[int] = ()) -> Reading:
        """The words of the points ``rows`` (n,), and of the watched token ids."""

    def text(self, record: Record, host: str, token_id: int) -> str:
        """Display text of a token."""


class StoredLens:
    """The lens that was stored with the record: top-k and entropy of every vector. Works without the model."""

    name = "stored logit lens"

    def read(self, record: Record, rows: Ints, watch: Sequence[int] = ()) -> Reading:
        """See `Lens.read`; a watched word below the stored top k is unknown."""
        ids, logp, entropy = record.lens(rows)
        hit = ids[:, :, None] == np.asarray(watch, dtype=np.int64)[None, None, :]  # (n, k, w)
        found = hit.any(axis=1)
        place = hit.argmax(axis=1) if ids.shape[1] else np.zeros(found.shape, int)
        value = np.take_along_axis(logp, place, axis=1) if ids.shape[1] else np.zeros(found.shape)
        return Reading(
            ids, logp, entropy, np.where(found, value, np.nan), np.where(found, place + 1, 0),
            np.full(len(ids), np.nan),
        )  # fmt: skip

    def text(self, record: Record, host: str, token_id: int) -> str:
        """The recorded text."""
        return record.token(host, token_id)


class ModelLens:
    """A lens recomputed from the stored vectors by a decoder of the same model."""

    def __init__(self, decoder: Decoder, top_k: int = 10) -> None:
        self.decoder = decoder
        self.top_k = top_k
        self.name = decoder.name

    def read(self, record: Record, rows: Ints, watch: Sequence[int] = ()) -> Reading:
        """See `Lens.read`; vectors of another model than the decoder's are refused (`SpaceMismatch`)."""
        from lab.spaces import Space, require_same

        rows = np.asarray(rows, dtype=np.int64)
        for row in pd.Series(rows).groupby(record.points["host"].to_numpy()[rows]).first():
            space = record.space(int(row))
            require_same(space, Space(self.decoder.digest, space.layer, space.point), "read vectors through this head")
        layers = record.points["layer"].to_numpy()[rows].astype(np.int64)
        states = record.states(rows)
        return self.decoder.decode(states, layers, self.top_k, watch, _last_states(record, rows))

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
    record: Record, lane: str, agent: str, *, kinds: tuple[str, ...] = ("latent", "token"),
    steps: tuple[int, int] | None = None, lens: Lens | None = None, word_id: int | None = None, hover_words: int = 5,
) -> LensGrid:  # fmt: skip
    """Read all captured layers of an agent's moments.

    Raises:
        BadInput: if nothing of the agent was captured.
    """
    lens = lens or StoredLens()
    df = rows_of(record, Choice(lanes=(lane,), agents=(agent,), kinds=kinds, steps=steps))
    host = str(df["host"].iloc[0])
    moments = df.drop_duplicates("moment")[["moment", "kind", "step", "token", "position"]].sort_values("moment")
    layers = np.sort(df["layer"].unique()).astype(int)
    i = np.searchsorted(layers, df["layer"].to_numpy())
    j = np.searchsorted(moments["moment"].to_numpy(), df["moment"].to_numpy())
    shape = (len(layers), len(moments))
    point_ids = np.full(shape, -1, dtype=np.int64)
    point_ids[i, j] = df["point_id"]
    r = lens.read(record, df["point_id"].to_numpy(), () if word_id is None else (word_id,))

    def grid(values: Floats) -> Floats:
        out = np.full(shape, np.nan)
        out[i, j] = values
        return out

    known = {t: lens.text(record, host, t) for t in np.unique(r.top_ids[:, :hover_words]).tolist() if t >= 0}
    top: list[list[list[tuple[str, float]]]] = [[[] for _ in range(shape[1])] for _ in range(shape[0])]
    words = np.full(shape, "", dtype=object)
    odds = np.exp(r.top_logp[:, :hover_words])
    for n, (a, b) in enumerate(zip(i.tolist(), j.tolist(), strict=True)):
        cell = [
            (known[t], float(p)) for t, p in zip(r.top_ids[n, :hover_words].tolist(), odds[n], strict=True) if t >= 0
        ]
        top[a][b] = cell
        words[a, b] = cell[0][0] if cell else ""
    none = np.full(len(df), np.nan)
    return LensGrid(
        agent, lane, host, layers, moments.reset_index(drop=True), point_ids, words, top,
        grid(odds[:, 0] if odds.shape[1] else none), grid(r.entropy), grid(r.kl),
        grid(none if word_id is None else np.where(r.watched_rank[:, 0] > 0, r.watched_rank[:, 0], np.nan)),
        grid(none if word_id is None else np.exp(r.watched_logp[:, 0])),
        "" if word_id is None else lens.text(record, host, word_id), lens.name, int(record.host(host)["n_layers"]),
    )  # fmt: skip


def known_words(record: Record, host: str) -> dict[str, int]:
    """Text → id of every token the record can name for a host: those read, said or in a stored top k."""
    df = record.points[record.points["host"] == host]
    said = df.drop_duplicates("token_id")
    out = {str(t): int(i) for t, i in zip(said["token"], said["token_id"], strict=True) if i >= 0}
    ids = record.lens(df["point_id"].to_numpy())[0]
    for i in np.unique(ids[ids >= 0]).tolist():
        out.setdefault(record.token(host, i), i)
    return out


def word_to_id(record: Record, host: str, word: str, decoder: Decoder | None = None) -> tuple[int, str]:
    """The token that stands for a word: its id and display text (its first token, if the word has several).

    With a decoder the model's tokenizer decides, otherwise the words the record can name.

    Raises:
        BadInput: if the record cannot name the word.
    """
    word = word.strip()
    if not word:
        raise BadInput("Watch word: expected a word, got nothing; type one.")
    if decoder is not None:
        ids = decoder.token_ids(word)
        if ids:
            return ids[0], decoder.token_text(ids[0])
    known = known_words(record, host)
    for text, i in known.items():
        if text.strip(" ␣▁Ġ") == word:
            return i, text
    prefixes = [(t, i) for t, i in known.items() if t.strip() and word.startswith(t.strip(" ␣▁Ġ")) and t.strip(" ␣▁Ġ")]
    if prefixes:
        text, i = max(prefixes, key=lambda item: len(item[0]))
        return i, text
    raise BadInput(
        f"The record knows no token for ‘{visible(word)}’: expected a word that was read, said or among the stored top "
        "words; load the model to watch any word."
    )


def _last_states(record: Record, rows: Ints) -> Floats | None:
    """(n, D) vectors of the last layer of the rows' moments; None if some were not captured."""
    df = record.points
    last = df[df["layer"] == df["host"].map(lambda h: int(record.host(str(h))["n_layers"]))]
    by_moment = pd.Series(last["point_id"].to_numpy(), index=last["moment"].to_numpy())
    wanted = df["moment"].to_numpy()[rows]
    if not pd.Index(wanted).isin(by_moment.index).all():
        return None
    return record.states(by_moment.loc[wanted].to_numpy())
