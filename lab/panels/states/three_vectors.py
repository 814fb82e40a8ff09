"""Three vectors that are often confused: a token's embedding, its hidden states in context, and a
sentence's embedding.

For one word of a record: its input embedding is a single point whatever stands around it; its
hidden states differ from context to context, more so with depth; a sentence embedding is one vector
for a whole text (here the mean of its last layer, unless a sentence-embedding model is passed in).
The card measures all three on the record itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.errors import BadInput
from lab.panels import style
from lab.panels.states.geometry import Floats, merge_duplicates
from lab.records import Record
from lab.words import say

MOST_CONTEXTS = 60
WIDTH_OF_CONTEXT = 4


@dataclass(frozen=True)
class ThreeVectors:
    """The measurements of one word."""

    word: str
    contexts: pd.DataFrame
    """A row per occurrence: moment, point_id (last layer), agent, lane, kind, text (the words
    around it)."""
    layers: list[int]
    cosine: list[float]
    """(L,) mean cosine between the word's hidden states in different contexts, by layer; 1 is the
    same vector."""
    lowest: list[float]
    """(L,) smallest cosine between two contexts."""
    distinct: list[int]
    """(L,) number of distinct vectors among the contexts."""
    sentences: int
    """How many texts the word stands in."""
    sentence_cosine: float
    """Mean cosine between the sentence embeddings of these texts; NaN with one text."""
    word_to_sentence: float
    """Mean cosine between the word's last layer and the sentence embedding of its own text (same
    space only)."""
    sentence_model: str

    def sentences_text(self) -> list[str]:
        """The card: three sentences, one per vector."""
        n = len(self.contexts)
        one = f"{self.distinct[0]} vector{'s' if self.distinct[0] != 1 else ''} in {n} places"
        same = say("said.three_vectors.whatever_stands_around_it") if self.distinct[0] == 1 else ""
        many = (
            f"{self.distinct[-1]} distinct vectors at layer {self.layers[-1]}, "
            f"mean cosine {self.cosine[-1]:.2f}"
        )
        plural = "s" if self.sentences != 1 else ""
        pooled = f"{self.sentences} text{plural}, one vector each ({self.sentence_model})"
        if np.isfinite(self.sentence_cosine):
            pooled += f", mean cosine {self.sentence_cosine:.2f}"
        if np.isfinite(self.word_to_sentence):
            pooled += say(
                "said.three_vectors.the_word_s_own_last", word_to_sentence=self.word_to_sentence
            )
        return [
            say(
                "said.three_vectors.token_embedding_of",
                word=style.visible(self.word),
                one=one,
                same=same,
            ),
            say(
                "said.three_vectors.hidden_states_of_the_context",
                word=style.visible(self.word),
                many=many,
            ),
            say("said.three_vectors.sentence_embedding", pooled=pooled),
        ]


def three_vectors(
    record: Record,
    host: str,
    word: str,
    sentence_model: tuple[str, Callable[[list[str]], Floats]] | None = None,
) -> ThreeVectors:
    """Measure the three vectors of a word that occurs in a record.

    Args:
        sentence_model: name and function texts → (n, D) of an installed sentence-embedding model,
            if any.

    Raises:
        BadInput: if the word does not occur.
    """
    df = record.points
    mine = df[(df["host"] == host) & (df["kind"] != "latent")]
    want = word.strip()
    hits = mine[mine["token"].astype(str).str.strip(" ␣▁Ġ") == want]
    if not len(hits):
        raise BadInput(say("error.three_vectors.was_not_read_said", value=style.visible(word)))
    token_id = int(hits["token_id"].mode().iloc[0])
    hits = hits[hits["token_id"] == token_id]
    moments = np.sort(hits["moment"].unique())[:MOST_CONTEXTS]
    hits = hits[hits["moment"].isin(moments)]
    layers = sorted(int(v) for v in hits["layer"].unique())
    cosine, lowest, distinct = [], [], []
    for layer in layers:
        x = record.states(hits[hits["layer"] == layer].sort_values("moment")["point_id"].to_numpy())
        table = _cosines(x)
        cosine.append(float(table.mean()) if len(table) else 1.0)
        lowest.append(float(table.min()) if len(table) else 1.0)
        distinct.append(len(merge_duplicates(x).keep))
    last = hits[hits["layer"] == layers[-1]].sort_values("moment")
    contexts = pd.DataFrame(
        {
            "moment": last["moment"],
            "point_id": last["point_id"],
            "agent": last["agent"],
            "lane": last["lane"],
            "kind": last["kind"],
            "text": [_around(mine, r) for _, r in last.iterrows()],
        }
    )
    pooled = _sentences(record, mine, last, layers[-1], sentence_model)
    return ThreeVectors(
        str(hits["token"].iloc[0]),
        contexts.reset_index(drop=True),
        layers,
        cosine,
        lowest,
        distinct,
        *pooled,
    )


def three_vectors_figure(data: ThreeVectors) -> go.Figure:
    """Cosine between the word's vectors in different contexts, by layer: 1 at the embedding, lower
    with depth."""
    fig = style.figure(height=300)
    for name, values, dash in (
        (say("said.three_vectors.mean_of_all_pairs"), data.cosine, "solid"),
        (say("said.three_vectors.least_alike_pair"), data.lowest, "dot"),
    ):
        fig.add_trace(
            go.Scatter(
                x=data.layers,
                y=[round(v, 4) for v in values],
                mode="lines+markers",
                name=name,
                line={"color": style.OKABE_ITO[0], "dash": dash},
                hovertemplate="layer %{x}: cosine %{y:.3g}",
            )
        )
    fig.update_layout(
        xaxis={
            "title": {"text": say("said.three_vectors.layer_0_is_the_token")},
            "dtick": max(1, len(data.layers) // 12),
        },
        yaxis={"title": {"text": say("said.three_vectors.cosine_between_contexts")}},
    )
    return style.legend_below(fig)


def _sentences(
    record: Record,
    mine: pd.DataFrame,
    last: pd.DataFrame,
    layer: int,
    model: tuple[str, Callable[[list[str]], Floats]] | None,
) -> tuple[int, float, float, str]:
    """Number of texts, mean cosine between their vectors, mean cosine of the word to its text, name
    of the model."""
    groups = list(last.groupby(["lane", "agent", "kind"], sort=False))
    texts = [
        mine[(mine["lane"] == a) & (mine["agent"] == b) & (mine["kind"] == c)]
        for (a, b, c), _ in groups
    ]
    if model is not None:
        first = [t[t["layer"] == t["layer"].min()].sort_values("moment") for t in texts]
        vectors = np.asarray(
            model[1](["".join(t["token"].astype(str)) for t in first]), dtype=np.float32
        )
        own = float("nan")
        name = model[0]
    else:
        rows = [t[t["layer"] == layer]["point_id"].to_numpy() for t in texts]
        vectors = np.stack([record.states(r).mean(axis=0) for r in rows])
        words = [record.states(part["point_id"].to_numpy()) for _, part in groups]
        own = float(
            np.mean(
                np.concatenate(
                    [_unit(w) @ _unit(v[None])[0] for w, v in zip(words, vectors, strict=True)]
                )
            )
        )
        name = say("said.three_vectors.mean_of_layer", layer=layer)
    table = _cosines(vectors)
    return len(texts), float(table.mean()) if len(table) else float("nan"), own, name


def _around(mine: pd.DataFrame, row: pd.Series) -> str:
    same = mine[
        (mine["lane"] == row["lane"])
        & (mine["agent"] == row["agent"])
        & (mine["layer"] == row["layer"])
    ]
    near = same[
        same["moment"].between(row["moment"] - WIDTH_OF_CONTEXT, row["moment"] + WIDTH_OF_CONTEXT)
    ]
    near = near[near["kind"] == row["kind"]].sort_values("moment")
    return " ".join(
        f"[{style.visible(str(t), 16)}]" if m == row["moment"] else style.visible(str(t), 16)
        for m, t in zip(near["moment"], near["token"], strict=True)
    )


def _cosines(x: Floats) -> Floats:
    """Cosines of all pairs of different rows."""
    unit = _unit(np.asarray(x, dtype=np.float64))
    return (unit @ unit.T)[np.triu_indices(len(x), 1)]


def _unit(x: Floats) -> Floats:
    unit: Floats = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    return unit
