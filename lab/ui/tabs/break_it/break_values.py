"""Values of the tab “Break it”: what its controls mean and what its widgets are given."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

from lab.errors import BadInput
from lab.models import spec
from lab.models.spec import TWINS, pocket_folders
from lab.panels.break_it import (
    break_figures,
    break_results,
    compress_figure,
    fork_picture,
    forks_figure,
    gallery_cards,
    paper_figure,
    plane_figure,
    probe_figure,
    tamper_figure,
)
from lab.panels.break_it.break_results import CHANNEL_COLOR, CHANNEL_WORD, results_caption
from lab.panels.break_it.break_value import (
    ChosenLayers,
    GalleryValue,
    LayerClicked,
    LineClicked,
    Stack,
    StageAnswer,
    StageProblem,
    StageResult,
    StageValue,
    StageWord,
)
from lab.panels.break_it.break_words import constraints
from lab.panels.break_it.measured_on import LEFT_OUT, POCKET, PUBLIC, cannot_tell, study_of
from lab.panels.style import NEUTRAL, spread
from lab.panels.value import Value
from lab.panels.widget_values import plot_value, table_value
from lab.records.results import ResultTable
from lab.ui.frame.context import Ctx
from lab.ui.tabs.break_it import break_choices, break_run
from lab.ui.widgets import empty
from lab.words import known, say
from lab.worlds import make_problem

POCKET_LAYERS = 5
"""Layers of the pocket models on whose presets a negative layer counts from behind."""
WHOLE = {POCKET: "accuracy", PUBLIC: "agreement"}
"""What the heat-map shows: a reply kept word for word, or, of the longer ones of a public
checkpoint, the share of its words."""
KEYS = ("condition", "channel")
"""What tells a line of a result from the others."""
START = {"sender": "pocket-base", "receiver": "pocket-base", "channel": "kv", "change": "nothing"}


def models() -> list[str]:
    """Pocket models on this machine, and the twins of pocket-base."""
    names = [folder.name for folder in pocket_folders()]
    twins = [
        f"pocket-base:{kind}" if kind.startswith("int") else f"pocket-{kind}" for kind in TWINS
    ]
    dial = [f"pocket-base~{name}@0.1" for name in ("pocket-reseed",) if name in names]
    return [*names, *(twins if "pocket-base" in names else []), *dial]


def named(values: Any) -> dict[str, Any]:
    """The first settings by name."""
    names = ("sender", "receiver", "channel", "change", "seed", "depth")
    return dict(zip(names, values, strict=False))


def clicked(layers: dict[str, Any], click: LayerClicked) -> dict[str, Any]:
    """The layers after a click on one of the stacks."""
    side = "read" if click.side == "sender" else "write"
    kept: dict[str, Any] = {key: layers[key] for key in ("read", "write") if key in layers}
    return {**kept, side: click.layer}


def line_of(click: LineClicked, models: str = POCKET) -> dict[str, Any]:
    """The condition of a card's line, as its preset states it.

    Args:
        click: the line.
        models: on which models the cards' figures were measured.

    Raises:
        BadInput: if the preset has no such condition.
    """
    for one in break_run.preset_lines(study_of("constraints", models)):
        if (one["name"], one["channel"]) == (click.name, click.channel):
            return one
    raise BadInput(
        say("error.break_values.no_card_condition_lines", name=click.name, channel=click.channel)
    )


def condition_of(values: Any, layers: dict[str, Any]) -> dict[str, Any]:
    """The stage's condition as data: a card's line as it stands, or what the controls say."""
    layers = layers or {}
    if layers.get("preset"):
        return {**layers["preset"], "control": "", "x": None, "curve": ""}
    sender, receiver, channel, change = values[:4]
    return break_choices.condition(
        sender, receiver, channel, change, layers.get("read"), layers.get("write")
    )


def ask_of(values: Any, layers: dict[str, Any]) -> dict[str, Any]:
    """What the device is asked for one problem."""
    seed = whole(values[4], say("said.field.number"), 0, 10**9)
    depth = whole(values[5], say("said.field.depth"), 1, 4)
    steps = whole(values[6], say("said.field.steps"), 0, 60)
    keep = {key: value for key, value in condition_of(values, layers).items() if value is not None}
    return {"condition": keep, "seed": seed, "depth": depth, "steps": steps}


def whole(value: Any, what: str, low: int, high: int) -> int:
    """A whole number from a field of the page.

    Raises:
        BadInput: if the field is empty or out of range.
    """
    if value is None or not low <= value <= high:
        got = say("said.field.nothing") if value is None else f"{value:g}"
        raise BadInput(
            say("error.break_values.correct_field", what=what, low=low, high=high, got=got)
        )
    return int(value)


def stage_value(
    setting: dict[str, Any],
    layers: dict[str, Any] | None,
    result: dict[str, Any] | None,
    busy: str = "",
) -> StageValue:
    """The stage: names and heights of both stacks, the cable, and the answers."""
    layers, result = layers or {}, result or {}
    heights = result.get("layers", {})
    sender, receiver = heights.get("sender", 5), heights.get("receiver", 5)
    channel, change = setting["channel"], setting["change"]
    preset = layers.get("preset") or {}
    read, write, shift = _moved(layers, preset)
    altered = bool(preset.get("ops") or preset.get("think") or shift or read is not None or write)
    what = "" if change == "nothing" else known(change)
    if not preset and (read is not None or write):
        what = " · ".join(
            x
            for x in (
                what,
                say(
                    "said.break_tab.layer_into_layer",
                    x=sender if read is None else read,
                    x2=write or 0,
                ),
            )
            if x
        )
    return StageValue(
        sender=Stack(title=setting["sender"], layers=sender),
        receiver=Stack(title=setting["receiver"], layers=receiver),
        channel=channel,
        channel_word=CHANNEL_WORD.get(channel, channel),
        color=CHANNEL_COLOR.get(channel, NEUTRAL),
        change=what,
        broken=altered or change != "nothing" or setting["sender"] != setting["receiver"],
        layer_read=sender if read is None else read,
        layer_written=write or 0,
        chosen=ChosenLayers(sender=layers.get("read"), receiver=layers.get("write")),
        shift=shift,
        problem=_problem(setting),
        result=_result(result) if result.get("question") else None,
        busy=busy,
    )


def _problem(setting: dict[str, Any]) -> StageProblem | None:
    """The problem of pocket models, known before anything is handed over."""
    family = all(str(setting[side]).startswith(spec.POCKET) for side in ("sender", "receiver"))
    seed, depth = setting.get("seed", 1), setting.get("depth", 2)
    if not family or seed is None or not 1 <= (depth or 0) <= 4 or not 0 <= seed <= 10**9:
        return None
    made = make_problem("ledger", int(seed), depth=int(depth))
    return StageProblem(facts=made.facts, question=made.question, truth=made.truth)


def _result(result: dict[str, Any]) -> StageResult:
    """The answers that `lab.experiments.failure.live` gave, as they are drawn."""

    def known(model: type[Value], data: dict[str, Any]) -> dict[str, Any]:
        return {name: data[name] for name in model.model_fields if name in data}

    answers = {
        key: StageAnswer(**known(StageAnswer, result[key])) for key in ("correct", "this", "none")
    }
    return StageResult(
        facts=result["facts"],
        question=result["question"],
        truth=result["truth"],
        lens=tuple(
            StageWord(
                step=row["step"],
                said=row["said"],
                p=row["p"],
                heard=row.get("read"),
                cosine=row.get("cosine"),
            )
            for row in result.get("lens", ())
        ),
        **answers,
    )


def _moved(layers: dict[str, Any], preset: dict[str, Any]) -> tuple[int | None, int | None, int]:
    """Layer read, layer written and shift of the cache: what was clicked, or what a card's
    condition does."""
    read, write = layers.get("read"), layers.get("write")
    shift = 0 if read is None or write is None else read - write
    for op in preset.get("ops", []):
        if op["op"] == "layer":
            read, write = op.get("read"), op.get("write")
        if op["op"] == "shift_layers":
            shift = op["by"]
    if read is not None and read < 0:
        read = None if read == -1 else POCKET_LAYERS + 1 + read
    return read, write, shift


def new_turn() -> dict[str, Any]:
    """What the handlers of one page share while they run.

    Returns:
        ``n``: how often the stage was set anew, an answer to an earlier setting is not shown;
        ``looks``: how often a figure was asked for, likewise; ``asked``: the setting on the stage;
        ``revealed``: the prediction that was revealed, or None; ``measuring``: the rate is still to
        come; ``came``: the address that was opened last; ``answered``: something was handed
        over in this setting; ``guess``: the prediction of the hand-over on the stage, or None.
    """
    return {
        "n": 0,
        "looks": 0,
        "asked": None,
        "revealed": None,
        "measuring": False,
        "came": None,
        "answered": False,
        "guess": None,
    }


def opens(turn: dict[str, Any], address: float) -> bool:
    """Whether this address is another one than the last: Gradio tells one change of a state several
    times, and the case of a link is asked once.

    Args:
        address: what tells this arrival from others.
    """
    told = bool(turn["came"] == address)
    turn["came"] = address
    return not told


def newest(turn: dict[str, Any], draw: Callable[[], Any]) -> Any:
    """What ``draw`` makes, or None if another figure was asked for in the meantime: a figure that
    was chosen while a slower one was being drawn stays."""
    turn["looks"] += 1
    mine = turn["looks"]
    made = draw()
    return made if turn["looks"] == mine else None


def measured_sentence(table: ResultTable | None, this: dict[str, Any] | None, n: int) -> str:
    """What came out of a measurement, beside its controls; that it is over where it has none.

    Args:
        this: the condition that was measured; None for a whole card.
        n: problems that were asked for.
    """
    one = {} if this is None else {"this": (this["name"], this["channel"])}
    both = {"correct": ("same model", one.get("this", ("", ""))[1]), "none": ("nothing", "none")}
    rows = set() if table is None else set(zip(*(table.rows[k] for k in KEYS), strict=True))
    if table is None or this is None or not rows.issuperset([*one.values(), *both.values()]):
        return say("break.measured", n=n)
    found = {
        key: table.estimate(name, "accuracy", way) for key, (name, way) in (one | both).items()
    }
    told = {key: spread(e.value, e.half, share=True) for key, e in found.items()}
    return say("break.measured_three", n=found["this"].n, **told)


def new_problem() -> int:
    """A random problem number."""
    return random.randrange(1, 100_000)


def cards_value(ctx: Ctx, open_card: int | None, models: str = POCKET) -> GalleryValue:
    """The gallery with its recorded figures."""
    recorded = partial(break_run.recorded, ctx)
    others = recorded if models == POCKET else lambda _: None
    cards = gallery_cards.cards(break_run.gallery(ctx, models), others)
    return GalleryValue(cards=cards, open=open_card)


def figures(
    results: break_run.ResultShelf,
    ctx: Ctx,
    show: str,
    metric: str,
    card: int | None,
    key: str | None,
    guess: str | None,
    models: str = POCKET,
) -> list[Any]:
    """The chosen figure, and the table of routes under it where that is shown."""
    none = table_value([], [])
    by_other = constraints()[card].results if card in constraints() else ""
    if show == "bars" and by_other and results.get(key) is None:
        show = by_other
    if models == PUBLIC and show in LEFT_OUT:
        return [empty(say(f"said.measured_on.{show}")), none]
    if show == "bars":
        live = results.get(key)
        if live is not None:
            return [plot_value(break_results.bars(live, metric, None, guess), "break"), none]
        table = break_run.gallery(ctx, models)
        only = None
        if card and table is not None:
            only = {
                k for k, spec in break_results.spec_of(table).items() if spec["constraint"] == card
            }
        return [
            plot_value(
                break_results.bars(table, metric, only),
                "break",
                f"{cannot_tell(table)} {results_caption(table, card)}".strip(),
            ),
            none,
        ]
    if show == "tasks":
        table = break_run.evaluated(ctx, models)
        told = f"{paper_figure.verdict(table)} {results_caption(table)}".strip()
        drawn = plot_value(paper_figure.accuracy_by_passes(table), "tasks", told)
        return [drawn, table_value(**paper_figure.paper_table(table))]
    made_by = {"dial": "constraints", "fork-paths": "forks"}.get(show, show)
    table = break_run.recorded(ctx, study_of(made_by, models))
    told = f"{cannot_tell(table)} {results_caption(table)}".strip()
    if show == "routes":
        return [
            plot_value(break_figures.dial(table), "routes", told),
            table_value(**break_figures.routes(table)),
        ]
    made = {
        "dial": lambda: break_results.parameter_dial(table, metric),
        "layers": lambda: break_results.heatmap(
            table, metric if metric in ("nll", "kl") else WHOLE[models]
        ),
        "growth": lambda: break_figures.growth(table),
        "geometry": lambda: break_figures.alike(table),
        "probe": lambda: probe_figure.there_and_used(table),
        "compress": lambda: compress_figure.accuracy_by_bytes(table),
        "tamper": lambda: tamper_figure.alarms(table),
        "plane": lambda: plane_figure.depth_and_breadth(table),
        "forks": lambda: forks_figure.paths_and_nudges(table),
        "fork-paths": lambda: fork_picture.paths(table),
        "relay": lambda: break_results.bars(table, metric),
    }[show]()
    aids = {
        "probe": probe_figure.verdict,
        "compress": compress_figure.verdict,
        "tamper": tamper_figure.verdict,
        "plane": plane_figure.verdict,
        "forks": forks_figure.verdict,
        "fork-paths": fork_picture.told,
    }
    if show in aids:
        told = f"{aids[show](table)} {results_caption(table)}"
    if show == "layers":
        told = f"{say('said.break_tab.not_a_hand_over_of')} {told}"
    return [plot_value(made, show, told), none]
