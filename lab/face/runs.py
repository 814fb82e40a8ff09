"""Runs and their records: a plan becomes a record, and a record draws itself.

The pictures are those of the page: every method here calls one pure function of `lab.panels`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from lab.errors import BadInput
from lab.events import AgentFinished, Event
from lab.face.agents import pool
from lab.files import ASSETS
from lab.panels.agent_colors import colors_of, roster_of
from lab.panels.states.choose import Choice
from lab.panels.style import themed
from lab.plan import Plan, plan_from_dict, with_overrides
from lab.presets import DEFAULT, load_preset
from lab.records import Record, new_run_id

if TYPE_CHECKING:
    import plotly.graph_objects as go

SHIPPED = ASSETS / "records"
"""Recorded runs that come with the lab."""


class RecordView:
    """A record whose panels are methods: pictures are Plotly figures, numbers are tables."""

    def __init__(self, record: Record) -> None:
        self.record = record
        """The record itself: ``plan``, ``problem``, ``events``, ``points`` and ``states``."""

    def __repr__(self) -> str:
        return repr(self.record)

    def _repr_html_(self) -> str:
        return self.record._repr_html_()

    # -- who and what

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return self.record.folder

    @property
    def agents(self) -> tuple[str, ...]:
        """Names of all agents, lane by lane in the order of the data flow."""
        return roster_of(self.record).names

    def lanes(self) -> pd.DataFrame:
        """The comparison of the methods, a row per lane: answer, tokens, latent steps, KV, time."""
        from lab.panels.run.lanes import lanes_state

        found = lanes_state(self.record.events, roster_of(self.record)).table
        table = pd.DataFrame([row.cells for row in found.rows], columns=list(found.columns))
        table.insert(0, "method", [row.title for row in found.rows])
        table.insert(2, "correct", [row.correct for row in found.rows])
        return table

    def texts(self) -> pd.DataFrame:
        """What every agent said, in the order in which they ended."""
        rows = [
            (e.lane, e.agent, e.latent_steps, e.tokens_written, e.text)
            for e in self.record.events
            if isinstance(e, AgentFinished)
        ]
        return pd.DataFrame(rows, columns=["lane", "agent", "latent_steps", "tokens", "text"])

    def cost(self) -> pd.DataFrame:
        """What every lane and agent spent: tokens, latent steps, KV slots and bytes, operations,
        seconds."""
        from lab.panels.run.cost_table import cost_table

        return cost_table(self.record)

    # -- hidden states

    def map(
        self,
        layer: int | None = None,
        *,
        agents: tuple[str, ...] = (),
        lanes: tuple[str, ...] = (),
        kinds: tuple[str, ...] = (),
        host: str | None = None,
        method: Literal["pca", "umap"] = "pca",
        dims: int = 2,
        color: str = "agent",
        norm: Literal["l2", "none", "zscore"] = "l2",
        seed: int = 0,
        neighbors: int = 15,
        min_dist: float = 0.1,
        one_word: bool = True,
        arrows: bool = True,
        words: bool = False,
        find: str = "",
        upto: int | None = None,
    ) -> go.Figure:
        """The captured hidden states of one layer on a map.

        Args:
            layer: None means the last one that was captured.
            agents: only these; empty means all. `lanes` and `kinds` (``prompt``, ``latent``,
                ``token``) likewise.
            host: needed where the record holds vectors of several models.
            method: ``pca`` is linear and exact, ``umap`` keeps neighbours.
            dims: 2 or 3 axes.
            color: a column of the points, for example ``agent``, ``step`` or ``entropy``.
            norm: how vectors are scaled before: to length 1, not at all, or each number to
                variance 1.
            seed, neighbors, min_dist: of UMAP.
            one_word: keep the direction that only tells one word from the rest.
            arrows: join the steps of each agent; up to step `upto`, None means all.
            words: write words where there is room.
            find: part of a word; other points turn faint.

        Raises:
            BadInput: for a layer that was not captured, too few points or an unknown setting.
            SpaceMismatch: for points of several models.
        """
        from lab.panels.states.map_figure import map_figure
        from lab.panels.states.map_frames import make_map
        from lab.panels.states.projection import MapSettings

        choice = Choice(tuple(lanes), tuple(agents), tuple(kinds), None, host)
        settings = MapSettings(method, norm, dims, seed, neighbors, min_dist, one_word)
        data = make_map(self.record, choice, self._layer(layer), settings)
        last = int(data.chosen.points["step"].max())
        drawn = map_figure(
            data,
            colors_of(self.record),
            color=color,
            trajectories=arrows,
            upto=upto if upto is not None and upto < last else None,
            find=find,
            words=words,
        )
        return themed(drawn, "light")

    def lens(
        self,
        agent: str | None = None,
        *,
        lane: str | None = None,
        shade: str = "probability",
        word: str = "",
        kinds: tuple[str, ...] = ("latent", "token"),
    ) -> go.Figure:
        """The logit lens: what the head would say at every layer of every step of one agent.

        Args:
            agent: None means the first one that thought in latents, else the first one.
            lane: needed where several lanes have an agent of that name.
            shade: ``probability``, ``entropy``, or ``rank`` of a watched ``word``.
            kinds: which positions: ``prompt``, ``latent``, ``token``.

        Raises:
            BadInput: for an agent, lane, word or shade that the record does not have.
        """
        from lab.panels.states.lens import lens_grid, word_to_id
        from lab.panels.states.lens_figure import lens_figure

        where, who = self._find(agent, lane)
        host = self._host_of(where, who)
        token_id = word_to_id(self.record, host, word)[0] if word else None
        grid = lens_grid(self.record, where, who, kinds=tuple(kinds), token_id=token_id)
        figure = themed(lens_figure(grid, shade), "light")
        return figure.update_yaxes(automargin=True)

    def watch(self, *words: str) -> go.Figure:
        """When the answer appears: the probability of words at every step of every agent.

        Args:
            words: none means the right answer.
        """
        from lab.panels.states.watch import answer_words, watch, watch_figure

        table = watch(self.record, list(words) or answer_words(self.record))
        return themed(watch_figure(table, colors_of(self.record)), "light")

    def alignment(self, agent: str | None = None, *, lane: str | None = None) -> pd.DataFrame:
        """A row per latent step: the head's words before the alignment, the nearest embeddings
        after it, norms and entropy.

        Args:
            agent: None means the first one that thought in latents.
            lane: needed where several lanes have an agent of that name.
        """
        from lab.panels.states.alignment_table import alignment_table

        return alignment_table(self.record, *self._find(agent, lane))

    def layers(
        self, *, agents: tuple[str, ...] = (), kinds: tuple[str, ...] = (), host: str | None = None
    ) -> pd.DataFrame:
        """Geometry of the hidden states by layer, for each lane, agent and kind: norm, variance,
        anisotropy, cosine to the previous step, distance to the nearest embedding.

        Args:
            agents: only these; empty means all.
            kinds: only these of ``prompt``, ``latent``, ``token``; empty means all.
            host: needed where the record holds vectors of several models.
        """
        from lab.panels.states.layer_statistics import layer_statistics

        return layer_statistics(self.record, Choice((), tuple(agents), tuple(kinds), None, host))

    # -- memory

    def memory(self, lane: str | None = None) -> go.Figure:
        """The KV caches of one lane as strips: who wrote every slot, and what was handed over.

        Args:
            lane: None means the first.
        """
        from lab.panels.states.memory_strips import strips_figure

        return themed(strips_figure(self.record, self._lane(lane), colors_of(self.record)), "light")

    def growth(self) -> go.Figure:
        """The lengths of all caches over time."""
        from lab.panels.states.memory_strips import growth_figure

        return themed(growth_figure(self.record, colors_of(self.record)), "light")

    # -- drafts

    def drafts(self, lane: str | None = None, reader: str | None = None) -> go.Figure:
        """Whose words the aggregate of a Mixture-of-Agents uses.

        Args:
            lane: a lane with drafts; None means the first one.
            reader: the agent whose text is traced; the last one by default.

        Raises:
            BadInput: if no drafts were read in this record.
        """
        from lab.panels.drafts.drafts import find_run, runs_of, view
        from lab.panels.drafts.drafts_figures import flow

        run = find_run(runs_of(self.record.events, roster_of(self.record)), lane)
        return themed(flow(view(run, self.record.problem, reader)), "light")

    def export(self, target: Path | str) -> Path:
        """Write the whole record as one HTML file that needs no network; returns its path."""
        from lab.panels.export_html import export_html

        return export_html(self.record, target)

    # -- inside

    def _layer(self, layer: int | None) -> int:
        if layer is not None:
            return layer
        return int(self.record.points["layer"].max()) if len(self.record.points) else 0

    def _lane(self, lane: str | None) -> str:
        names = [str(e.lane) for e in self.record.events if e.type == "lane_started"]
        if lane is None and names:
            return names[0]
        if lane not in names:
            raise BadInput(
                f"The record has no lane {lane!r}: expected one of {', '.join(names) or 'none'}; "
                "choose one."
            )
        return str(lane)

    def _find(self, agent: str | None, lane: str | None) -> tuple[str, str]:
        """(lane, agent) of a captured agent."""
        df = self.record.points
        pairs = list(dict.fromkeys(zip(df["lane"], df["agent"], strict=True)))
        if agent is None and pairs:
            thought = df[df["kind"] == "latent"]
            thinkers = list(dict.fromkeys(zip(thought["lane"], thought["agent"], strict=True)))
            choice = [pair for pair in thinkers or pairs if lane in (None, pair[0])]
            if choice:
                return choice[0]
        found = [pair for pair in pairs if pair[1] == agent and lane in (None, pair[0])]
        if len(found) == 1:
            return found[0]
        if found:
            raise BadInput(
                f"Several lanes have an agent {agent!r}: expected lane to be one of "
                f"{', '.join(pair[0] for pair in found)}; name it."
            )
        known = ", ".join(f"{who} ({where})" for where, who in pairs) or "none"
        place = f" in lane {lane!r}" if lane else ""
        raise BadInput(
            f"The record holds no states of {agent!r}{place}: expected one of {known}; choose one."
        )

    def _host_of(self, lane: str, agent: str) -> str:
        df = self.record.points
        return str(df[(df["lane"] == lane) & (df["agent"] == agent)]["host"].iloc[0])


def run(
    plan: Plan | Mapping[str, Any] | str = DEFAULT,
    settings: Mapping[str, Any] | None = None,
    *,
    out: Path | str | None = None,
    on_event: Callable[[Event], None] | None = None,
) -> RecordView:
    """Run a plan and return its record.

    Args:
        plan: a preset's name, the path of a YAML file, a plan, or one as plain data.
        settings: changes to it by path, for example ``{"lanes.latentmas.steps": 20,
            "problem.seed": 5}``.
        out: folder of the record, new or empty; None means ``records/RUN_ID`` in the current
            folder.
        on_event: called with every event as it happens.

    Raises:
        BadInput: for an unknown preset, a wrong entry of the plan, or a question that is too long.
        ModelUnavailable: if one of the models is not here.
    """
    from lab.service.runner import run_plan

    made = _plan(plan)
    if settings:
        made = with_overrides(made, [f"{k}={json.dumps(v)}" for k, v in settings.items()])
    folder = Path(out) if out is not None else Path("records") / new_run_id()
    return RecordView(run_plan(made, folder, pool(), on_event=on_event))


def open_record(path: Path | str) -> RecordView:
    """Open a record.

    Args:
        path: its folder, or the name of one that comes with the lab (``side-by-side``,
            ``almanac-coverage``).

    Raises:
        RecordDamaged: if there is no record, or it is damaged or newer than this lab.
    """
    folder = Path(path)
    shipped = SHIPPED / folder
    if not (folder / "record.json").exists() and (shipped / "record.json").exists():
        folder = shipped
    return RecordView(Record.open(folder))


def _plan(plan: Plan | Mapping[str, Any] | str) -> Plan:
    if isinstance(plan, Plan):
        return plan
    if isinstance(plan, Mapping):
        return plan_from_dict(dict(plan))
    if isinstance(plan, (str, Path)):
        return load_preset(str(plan))
    raise BadInput(
        f"The plan is a {type(plan).__name__}: expected a preset's name, a YAML file, a plan or "
        "plain data; give one of them."
    )
