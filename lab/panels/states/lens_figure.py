"""Draw lens grids: words in cells, one number as shade; and the difference of two grids cell by
cell.
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from lab.errors import BadInput
from lab.panels import style
from lab.panels.states.geometry import Floats
from lab.panels.states.lens import LensGrid
from lab.words import Sayings, say

SHADES = Sayings(
    {
        "probability": "said.lens_figure.probability_of_the_top_word",
        "entropy": "said.lens_figure.entropy_nats",
        "rank": "said.lens_figure.rank_of_the_watched_word",
        "watched": "said.lens_figure.probability_of_the_watched_word",
        "kl": "said.lens_figure.kl_this_layer_last_layer",
    }
)
SHORT = Sayings(
    {
        "probability": "said.lens_figure.probability",
        "entropy": "said.unit.nats",
        "rank": "said.lens_figure.rank",
        "watched": "said.lens_figure.probability",
        "kl": "said.unit.nats",
    }
)
WINDOW = 16
"""Columns shown at first, wide enough for words; the others are reached by dragging, all of them by
a double click."""
MOST_WRITTEN = 1200
"""Cells up to which words are written into them; above, they are in the hover text only."""
HOVER_WORDS = 5
FEWER_WORDS = ((12_000, 2), (4_000, 3))
"""Words on hover in grids of more cells, so that no message grows past 2 MB; the card of a cell
always has them all."""


def lens_figure(grid: LensGrid, shade: str = "probability", height: int | None = None) -> go.Figure:
    """The heat-map layers × points of one agent.

    Args:
        shade: a key of `SHADES`.

    Raises:
        BadInput: for an unknown shade, or one that this lens or record cannot give.
    """
    z = shade_values(grid, shade)
    n_layers, n = z.shape
    fig = style.figure(height=height or min(90 + 30 * n_layers, 760), dragmode="pan")
    written = z.size <= MOST_WRITTEN
    fig.add_trace(
        go.Heatmap(
            z=_rows(z),
            x=list(range(n)),
            y=list(range(n_layers)),
            text=[[style.brief(w) for w in row] for row in grid.words.tolist()]
            if written
            else None,
            texttemplate="%{text}" if written else None,
            textfont={"size": 11},
            hovertext=_hover(grid, shade, z),
            hovertemplate="%{hovertext}<extra></extra>",
            customdata=grid.point_ids.tolist(),
            xgap=1,
            ygap=1,
            **_scale(shade, z),
        )
    )
    _label_axes(fig, grid)
    return fig


def shade_values(grid: LensGrid, shade: str) -> Floats:
    """(L, n) numbers behind a shade; ranks as log10.

    Raises:
        BadInput: for an unknown shade, or one that needs a word or a model.
    """
    if shade not in SHADES:
        raise BadInput(
            say(
                "error.lens_figure.unknown_shade_choose_these", shade=shade, names=", ".join(SHADES)
            )
        )
    if shade in ("rank", "watched") and not grid.word:
        raise BadInput(say("error.lens_figure.shade_needs_watched_word", shade=shade))
    if shade == "kl" and np.isnan(grid.kl).all():
        raise BadInput(say("error.lens_figure.kl_last_layer_needs"))
    values = {
        "probability": grid.p,
        "entropy": grid.entropy,
        "rank": np.log10(grid.rank),
        "watched": grid.watched_p,
        "kl": grid.kl,
    }
    return values[shade]


def difference_figure(a: LensGrid, b: LensGrid, shade: str = "probability") -> go.Figure:
    """``b − a`` cell by cell, on the layers and steps that both have; a word that changed is
    written ``a → b``.

    The two may come from two records or from two lenses; words are compared, not vectors, so models
    may differ.

    Raises:
        BadInput: if they share no cell.
    """
    rows = [
        (i, list(b.layers).index(layer)) for i, layer in enumerate(a.layers) if layer in b.layers
    ]
    keys_b = {
        (k, s): j for j, (k, s) in enumerate(zip(b.moments["kind"], b.moments["step"], strict=True))
    }
    keys_a = list(zip(a.moments["kind"], a.moments["step"], strict=True))
    columns = [(i, keys_b[key]) for i, key in enumerate(keys_a) if key in keys_b]
    if not rows or not columns:
        raise BadInput(say("error.lens_figure.two_grids_share_no"))
    (ra, rb), (ca, cb) = np.array(rows).T, np.array(columns).T
    z = shade_values(b, shade)[np.ix_(rb, cb)] - shade_values(a, shade)[np.ix_(ra, ca)]
    before, after = a.words[np.ix_(ra, ca)], b.words[np.ix_(rb, cb)]
    text = [
        [
            style.escaped(y, 9) if x == y else f"{style.escaped(x, 7)} → {style.escaped(y, 7)}"
            for x, y in zip(p, q, strict=True)
        ]
        for p, q in zip(before.tolist(), after.tolist(), strict=True)
    ]
    reach = float(np.nanmax(np.abs(z), initial=0.0)) or 1.0
    fig = style.figure(height=min(90 + 30 * len(rows), 760))
    fig.add_trace(
        go.Heatmap(
            z=_rows(z),
            x=list(range(len(columns))),
            y=list(range(len(rows))),
            text=text,
            texttemplate="%{text}" if z.size <= MOST_WRITTEN else None,
            textfont={"size": 10},
            hovertemplate=f"%{{text}}<br>{say('choice.difference')} %{{z:.3g}}<extra></extra>",
            customdata=a.point_ids[np.ix_(ra, ca)].tolist(),
            xgap=1,
            ygap=1,
            colorscale=style.DIVERGING,
            zmid=0,
            zmin=-reach,
            zmax=reach,
            colorbar=style.colorbar(say("choice.difference")),
        )
    )
    tokens = a.moments["token"].to_numpy()[ca]
    _ticks(fig, [str(a.layers[i]) for i in ra], [style.brief(str(t), 8) for t in tokens])
    return fig


def _hover(grid: LensGrid, shade: str, z: Floats) -> list[list[str]]:
    few = next((words for cells, words in FEWER_WORDS if z.size > cells), HOVER_WORDS)
    who = [
        f"{style.KIND_WORD[k]} {n}"
        for k, n in zip(grid.moments["kind"], grid.moments["step"], strict=True)
    ]
    out = []
    for i, layer in enumerate(grid.layers.tolist()):
        line = []
        for j, name in enumerate(who):
            words = "<br>".join(
                f"{style.escaped(w, 16)} {style.share(p)}" for w, p in grid.top[i][j][:few]
            )
            extra = "" if shade == "probability" else f"<br>{_value_text(grid, shade, i, j)}"
            line.append(f"{say('said.attention.layer', v=layer)} · {name}<br>{words}{extra}")
        out.append(line)
    return out


def _value_text(grid: LensGrid, shade: str, i: int, j: int) -> str:
    if shade == "rank":
        rank = grid.rank[i, j]
        word = style.escaped(grid.word)
        return (
            say("said.lens_figure.below_the_stored_words", word=word)
            if np.isnan(rank)
            else say("said.lens_figure.at_rank", word=word, rank=int(rank))
        )
    if shade == "watched":
        return f"‘{style.escaped(grid.word)}’ {style.share(float(grid.watched_p[i, j]))}"
    value = grid.entropy[i, j] if shade == "entropy" else grid.kl[i, j]
    return f"{SHADES[shade]}: {style.number(float(value))}"


def _scale(shade: str, z: Floats) -> dict[str, object]:
    bar = style.colorbar(SHORT[shade])
    fixed = {"zmin": 0, "zmax": 1} if shade in ("probability", "watched") else {"zmin": 0}
    if shade == "rank":
        top = max(1.0, float(np.nanmax(z, initial=0.0)))
        ticks = list(range(int(np.ceil(top)) + 1))
        bar |= {"tickvals": ticks, "ticktext": [f"{10**t:,}" for t in ticks]}
    return {
        "colorscale": style.SEQUENTIAL,
        "reversescale": shade in ("rank", "entropy", "kl"),
        "colorbar": bar,
        **fixed,
    }


def _label_axes(fig: go.Figure, grid: LensGrid) -> None:
    names = {
        0: say("said.lens_figure.0_embedding"),
        grid.last_layer: say("said.lens_figure.after_norm", last_layer=grid.last_layer),
    }
    columns = []
    for kind, step, token in grid.moments[["kind", "step", "token"]].itertuples(index=False):
        columns.append(f"{style.brief(str(token), 8)}<br>{'·' if kind == 'latent' else ''}{step}")
    _ticks(fig, [names.get(int(v), str(v)) for v in grid.layers], columns)


def _ticks(fig: go.Figure, rows: list[str], columns: list[str]) -> None:
    fig.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=rows,
        title={"text": say("said.layer_statistics.layer")},
        showgrid=False,
        fixedrange=True,
    )
    fig.update_xaxes(
        tickvals=list(range(len(columns))),
        ticktext=columns,
        showgrid=False,
        tickangle=0,
        tickfont={"size": 11},
        range=[-0.5, min(len(columns), WINDOW) - 0.5],
    )
    fig.update_layout(meta={"spoken": "x"})


def _rows(z: Floats) -> list[list[float | None]]:
    return [[float(f"{v:.3g}") if np.isfinite(v) else None for v in row] for row in z]
