"""A whole record as one HTML file: map, lens, memory and cost, with Plotly inside, readable without
network or lab.

The page is a template with one block of JSON. The browser is told by a content policy that it may
load nothing. Every figure comes from the same functions that draw the live page, so the numbers are
the same.
"""

from __future__ import annotations

import base64
import html
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from lab.errors import BadInput, LabError
from lab.files import ASSETS
from lab.panels import style
from lab.panels.agent_colors import colors_of
from lab.panels.caption import caption
from lab.panels.run.cost_table import COST_HEADERS, cost_rows, cost_table
from lab.panels.states.alignment_table import alignment_figure, alignment_table
from lab.panels.states.choose import Choice
from lab.panels.states.lens import lens_grid
from lab.panels.states.lens_figure import lens_figure
from lab.panels.states.map_figure import map_figure
from lab.panels.states.memory_strips import growth_figure, strips_figure
from lab.panels.states.projection import MapSettings, make_map, measure
from lab.panels.states.watch import answer_words, watch, watch_figure
from lab.records import Record
from lab.words import say

TEMPLATE = ASSETS / "export"
MOST_LAYERS = 9
"""Layers on the map; more are thinned evenly, with a note."""
MOST_COLUMNS = 200
"""Columns of a lens heat-map."""
MOST_POINTS = 60_000
"""Rows of the table behind “This moment”."""


def export_html(record: Record, target: Path | str) -> Path:
    """Write the page.

    Returns:
        The file's path.

    Raises:
        BadInput: if the record holds no captured vectors, or the file cannot be written.
    """
    if not len(record.points):
        raise BadInput(
            "This record holds no captured vectors, expected some; export it as a zip instead."
        )
    target = Path(target)
    try:
        target.write_text(page(record), encoding="utf-8")
    except OSError as error:
        raise BadInput(f"Cannot write {target}: {error.strerror}; choose another file.") from error
    return target


def page(record: Record) -> str:
    """The file's content: the template with the data, its own script and style, and plotly.js."""
    import plotly.offline

    # No sign that could end the script element may stand in the data.
    data = json.dumps(
        content(record), ensure_ascii=True, allow_nan=False, separators=(",", ":")
    ).replace("<", "\\u003c")
    parts = {
        "TITLE": html.escape(say("said.export.latent_lab", run_id=record.run_id)),
        "STYLE": (TEMPLATE / "page.css").read_text(encoding="utf-8"),
        "PLOTLY": plotly.offline.get_plotlyjs().replace("</script", "<\\/script"),
        "SCRIPT": (TEMPLATE / "page.js").read_text(encoding="utf-8"),
        "DATA": data,
    }
    text = (TEMPLATE / "page.html").read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"<!--{name}-->", part, 1)
    return text


def content(record: Record) -> dict[str, Any]:
    """Everything that the page shows, as JSON data."""
    problem = record.meta.get("problem") or {}
    notes = [str(n) for n in record.meta.get("notes", [])]
    return {
        "title": record.meta.get("plan", {}).get("title") or record.run_id,
        "question": problem.get("question", ""),
        "facts": problem.get("facts", ""),
        "truth": problem.get("truth"),
        "status": record.status,
        "caption": caption(record),
        "notes": notes,
        "answers": _answers(record),
        "sections": [*_map(record), *_lens(record), *_memory(record)],
        "cost": {"headers": list(COST_HEADERS), "rows": cost_rows(cost_table(record))},
        "points": _points(record),
    }


def _answers(record: Record) -> list[list[Any]]:
    return [[e.lane, e.answer, e.correct] for e in record.events if e.type == "lane_finished"]  # type: ignore[attr-defined]


def _section(tab: str, group: str, name: str, fig: Any, notes: list[str]) -> dict[str, Any]:
    figure = _plain(json.loads(fig.to_json()))
    return {"tab": tab, "group": group, "name": name, "figure": figure, "notes": notes}


def _plain(value: Any) -> Any:
    """Plotly's packed arrays (``bdata``) as lists, so that the page's own script can search
    them."""
    if isinstance(value, dict) and "bdata" in value:
        flat = np.frombuffer(base64.b64decode(value["bdata"]), dtype=value["dtype"])
        shape = [int(n) for n in str(value.get("shape", len(flat))).split(",")]
        rounded = np.array([float(f"{v:.4g}") for v in flat]) if flat.dtype.kind == "f" else flat
        return (
            [None if math.isnan(v) else v for v in rounded.tolist()]
            if len(shape) == 1
            else flat.reshape(shape).tolist()
        )
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _map(record: Record) -> list[dict[str, Any]]:
    df = record.points
    out = []
    for host in df["host"].unique():
        layers = sorted(int(v) for v in df[df["host"] == host]["layer"].unique())
        kept = sorted(
            {
                layers[round(i)]
                for i in np.linspace(0, len(layers) - 1, min(MOST_LAYERS, len(layers)))
            }
        )
        thinned = (
            []
            if kept == layers
            else [say("said.export.only_of_layers_are_in", kept=len(kept), layers=len(layers))]
        )
        for layer in reversed(kept):
            try:
                data = make_map(record, Choice(host=str(host)), layer, MapSettings())
                strip = [_strip_text(data)] if layer == kept[-1] else []
            except LabError as error:
                out.append(
                    _section(
                        "Map",
                        str(host),
                        say("said.export.layer", layer=layer),
                        style.empty_figure(str(error)),
                        [],
                    )
                )
                continue
            fig = map_figure(data, colors_of(record))
            out.append(
                _section(
                    "Map",
                    str(host),
                    say("said.export.layer", layer=layer),
                    fig,
                    [*strip, *data.notes, *thinned],
                )
            )
    return out


def _strip_text(data: Any) -> str:
    try:
        strip = measure(data)
    except BadInput as error:
        return str(error)
    return "; ".join(m.text for m in strip.measures) + ". " + strip.sentence


def _lens(record: Record) -> list[dict[str, Any]]:
    out = []
    agents = colors_of(record)
    for lane, agent in record.points[["lane", "agent"]].drop_duplicates().itertuples(index=False):
        name = f"{agent} · {lane}"
        try:
            grid = lens_grid(record, lane, agent, steps=(1, MOST_COLUMNS))
            out.append(
                _section(
                    "Lens",
                    say("said.export.layers_and_steps"),
                    name,
                    lens_figure(grid),
                    [say("said.export.next_word_at_every_vector", lens=grid.lens)],
                )
            )
            table = alignment_table(record, lane, agent)
        except BadInput:
            continue
        color = agents.color(lane, agent)
        out.append(_section("Lens", "Alignment", name, alignment_figure(table, agent, color), []))
    try:
        table = watch(record, answer_words(record))
    except BadInput:
        return out
    return [
        *out,
        _section(
            "Lens",
            say("said.export.when_does_the_answer_appear"),
            say("said.export.all_lanes"),
            watch_figure(table, agents),
            [],
        ),
    ]


def _memory(record: Record) -> list[dict[str, Any]]:
    agents = colors_of(record)
    lanes = [e.lane for e in record.events if e.type == "lane_started"]
    out = [
        _section("Memory", "Cache", lane, strips_figure(record, lane, agents), []) for lane in lanes
    ]
    return [
        *out,
        _section(
            "Memory", "Growth", say("said.export.all_lanes"), growth_figure(record, agents), []
        ),
    ]


def _points(record: Record) -> dict[str, list[Any]]:
    """Columns of the points table, for the card; texts made visible, numbers with three digits."""
    df = record.points.iloc[:MOST_POINTS]
    out: dict[str, list[Any]] = {
        c: df[c].astype(int).tolist() for c in ("moment", "step", "position", "layer", "kv_len")
    }
    for column in ("lane", "agent", "kind", "host"):
        codes, names = df[column].astype(str).factorize()
        out[column] = [names.tolist(), codes.tolist()]
    for column in ("logprob", "entropy", "norm"):
        out[column] = [float(f"{v:.3g}") if np.isfinite(v) else None for v in df[column]]
    out["token"] = [style.visible(str(t), 24) for t in df["token"]]
    out["words"] = _top_words(record, df)
    return out


def _top_words(record: Record, df: Any, k: int = 3) -> list[str]:
    ids, logp, _ = record.lens(df["point_id"].to_numpy())
    hosts = df["host"].tolist()
    known = {
        (h, int(t)): style.visible(record.token(h, int(t)), 16)
        for h in set(hosts)
        for t in np.unique(ids[[x == h for x in hosts], :k])
        if t >= 0
    }
    return [
        ", ".join(
            f"{known[h, t]} {style.share(float(np.exp(p)))}"
            for t, p in zip(row[:k], ps[:k], strict=True)
            if t >= 0
        )
        for h, row, ps in zip(hosts, ids.tolist(), logp, strict=True)
    ]
