"""The collapsible “Set up” of the first tab: which question, methods and models. Components and
their values.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from lab.errors import BadInput
from lab.models.spec import pocket_folders
from lab.panels.widget_values import notes_value
from lab.plan import Plan, lane_classes
from lab.ui.frame.context import Ctx
from lab.ui.frame.controls import NOTES
from lab.ui.frame.menus import reading
from lab.ui.tabs.side_by_side import get_panel, own_panel
from lab.ui.tabs.side_by_side.plan_form import OWN, OWN_FIELDS, WORLDS, fields_of
from lab.words import known, say
from lab.worlds import make_problem

CHAINS = {
    "planner, refiner, judger": "said.setup_tab.planner_refiner_judger",
    "solver, judger": "said.setup_tab.solver_judger",
    "planner, critic, refiner, judger": "said.setup_tab.planner_critic_refiner_judger",
    "solver, solver, solver, judger": "said.setup_tab.solver_solver_solver_judger",
}
"""Chains of roles, as a plan names them, and what they are called."""
ANY = "any"
FIELDS = (
    "source",
    "seed",
    "depth",
    "distractors",
    "facts_for",
    "facts",
    "question",
    "truth",
    "methods",
    "host",
    "agents",
    "steps",
    "layer",
    "alignment",
    "cache",
    "topology",
    "proposers",
    "aggregator",
    "moa_layers",
    "max_tokens",
    "schedule",
)
Form = dict[str, Any]


def method_choices() -> list[tuple[str, str]]:
    """Every method that a plan can name, by the title of its lanes."""
    return [
        (known(lane.model_fields["title"].default), name) for name, lane in lane_classes().items()
    ]


def build(ctx: Ctx, plan: Plan) -> Form:
    """The form's components by field name, filled in for a plan."""
    form: Form = {}
    start = dict(zip(FIELDS, show(plan), strict=True))
    models = [*(folder.name for folder in pocket_folders()), *get_panel.installed()]
    with gr.Accordion(ctx.t("setup.open"), open=False, elem_id="setup") as accordion:
        ctx.label(accordion, "setup.open")
        form["fold"] = accordion
        with gr.Row():
            with gr.Column(min_width=200):
                _question(ctx, form, start)
            with gr.Column(min_width=200):
                _methods(ctx, form, models, start)
            with gr.Column(min_width=200):
                _mixture(ctx, form, models, start)
        form["get"] = get_panel.build(ctx)
    return form


def _question(ctx: Ctx, form: Form, start: Form) -> None:
    put = _putter(ctx, form, start)
    put(
        "source",
        gr.Dropdown,
        choices=[(say(f"setup.world.{world}"), world) for world in (*WORLDS, OWN)],
    )
    with gr.Row():
        put("depth", gr.Dropdown, choices=_numbers(1, 4), min_width=70)
        put("distractors", gr.Dropdown, choices=_numbers(0, 6), min_width=70)
        put("seed", gr.Number, precision=0, minimum=0, min_width=70)
    put(
        "facts_for",
        gr.Radio,
        choices=[(say("setup.everyone"), "everyone"), (say("setup.first"), "first")],
    )
    for name, lines in (("facts", 3), ("question", 2), ("truth", 1)):
        put(name, gr.Textbox, lines=lines, max_lines=6, interactive=start["source"] == OWN)
    form["own"] = own_panel.build()
    form["limit"] = NOTES.widget(notes_value([question_limit(start["host"])]), label="limit")


def _methods(ctx: Ctx, form: Form, models: list[str], start: Form) -> None:
    put = _putter(ctx, form, start)
    put("methods", gr.CheckboxGroup, choices=method_choices())
    put("host", gr.Dropdown, choices=_with(models, start["host"]), allow_custom_value=True)
    put("agents", gr.Dropdown, choices=_chains(start["agents"]), allow_custom_value=True)
    put("steps", gr.Slider, minimum=0, maximum=80, step=1)
    with gr.Row():
        put(
            "alignment",
            gr.Dropdown,
            choices=_named("alignment", "auto", "identity", "ridge", "softmax"),
            min_width=90,
        )
        put("layer", gr.Number, precision=0, min_width=90)
    with gr.Row():
        caches = _named("cache", "keep_all", "last_agent", "latent_only")
        put("cache", gr.Dropdown, choices=caches, min_width=90)
        chains = _named("topology", "sequential", "hierarchical", "compat")
        put("topology", gr.Dropdown, choices=chains, min_width=90)
    note = gr.Markdown(ctx.t("setup.compat"), elem_classes=["lab-note"])
    ctx.label(note, "setup.compat", "value")


def _mixture(ctx: Ctx, form: Form, models: list[str], start: Form) -> None:
    put = _putter(ctx, form, start)
    put(
        "proposers",
        gr.Dataframe,
        headers=ctx.t("setup.proposer_columns").split(" | "),
        datatype=["str", "number", "number"],
        type="array",
        interactive=True,
        row_count=3,
        column_count=3,
        column_widths=["50%", "28%", "22%"],
    )
    ctx.label(form["proposers"], "setup.proposer_columns", "headers")
    put(
        "aggregator",
        gr.Dropdown,
        choices=_with(models, start["aggregator"]),
        allow_custom_value=True,
    )
    with gr.Row():
        put("moa_layers", gr.Slider, minimum=1, maximum=3, step=1, min_width=90)
        put("max_tokens", gr.Number, precision=0, minimum=1, min_width=90)
    turns = [(say("setup.interleaved"), "interleaved"), (say("setup.alone"), "alone")]
    put("schedule", gr.Radio, choices=turns)


def _putter(ctx: Ctx, form: Form, start: Form) -> Callable[..., None]:
    """A function that makes one field's component with its label and first value."""

    def put(name: str, kind: type, **options: Any) -> None:
        component = kind(value=start[name], label=ctx.t(f"setup.{name}"), **options)
        form[name] = ctx.label(component, f"setup.{name}")

    return put


def _named(kind: str, *names: str) -> list[tuple[str, str]]:
    """Settings of LatentMAS by what they are called."""
    return [(say(f"said.{kind}.{name}"), name) for name in names]


def _numbers(first: int, last: int) -> list[tuple[str, str]]:
    """Any, or a number."""
    return [(say("choice.any"), ANY), *((str(n), str(n)) for n in range(first, last + 1))]


def _chains(value: str) -> list[tuple[str, str]]:
    """The chains to choose from, and the plan's own."""
    shown = [(say(key), chain) for chain, key in CHAINS.items()]
    return shown if value in CHAINS else [*shown, (value, value)]


def _with(choices: Sequence[str], value: str) -> list[str]:
    return [*choices] if value in choices else [*choices, value]


# --- values
# --------------------------------------------------------------------------------------------------


def show(plan: Plan) -> list[Any]:
    """The components' values for a plan, in the order of `FIELDS`; the words of a world's problem
    are filled in."""
    fields = fields_of(plan)
    fields |= problem_words(fields)
    fields |= {
        "depth": ANY if fields["depth"] is None else str(fields["depth"]),
        "distractors": ANY if fields["distractors"] is None else str(fields["distractors"]),
        "agents": ", ".join(fields["agents"]),
    }
    return [fields[name] for name in FIELDS]


def in_form(ctx: Ctx, values: list[Any]) -> list[Any]:
    """The values as the form is told them: a table brings its heads with its rows, so they come in
    the language of whoever asks, whether the form has been named in it yet or not."""
    if all(isinstance(value, dict) for value in values):
        return values  # the form is left as it is
    heads = ctx.words.text(reading(), "setup.proposer_columns").split(" | ")
    at = FIELDS.index("proposers")
    return [*values[:at], {"data": values[at], "headers": heads}, *values[at + 1 :]]


def read(values: list[Any]) -> dict[str, Any]:
    """Fields of `lab.ui.tabs.side_by_side.plan_form` from the components' values.

    Raises:
        BadInput: if a number is missing or not a number.
    """
    fields = dict(zip(FIELDS, values, strict=True))
    for name in ("depth", "distractors"):
        fields[name] = None if fields[name] in (None, ANY) else int(fields[name])
    for name in ("seed", "steps", "layer", "moa_layers", "max_tokens"):
        fields[name] = _whole(name, fields[name])
    fields["agents"] = [
        part.strip() for part in str(fields["agents"] or "").split(",") if part.strip()
    ]
    fields["proposers"] = [
        _proposer(row) for row in fields["proposers"] or [] if str(row[0] or "").strip()
    ]
    return fields


def _whole(name: str, value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise BadInput(
            say("error.setup_panel.whole_number_type", name=name, value=value)
        ) from error


def _proposer(row: list[Any]) -> list[Any]:
    try:
        return [str(row[0]).strip(), float(row[1] or 0.0), int(float(row[2] or 0))]
    except ValueError as error:
        raise BadInput(
            say("error.setup_panel.proposers_numbers_temperature_seed", row=row[1:])
        ) from error


def problem_words(fields: dict[str, Any]) -> dict[str, str]:
    """``facts, question, truth`` of the problem that the fields describe.

    Raises:
        BadInput: for parameters that the world does not take.
    """
    if fields["source"] == OWN:
        return {name: fields[name] or "" for name in OWN_FIELDS}
    distractors = None if fields["source"] == "almanac" else fields["distractors"]
    made = make_problem(
        fields["source"], fields["seed"], depth=fields["depth"], distractors=distractors
    )
    return {"facts": made.facts, "question": made.question, "truth": made.truth}


def question_limit(host: str) -> str:
    """The sentence that states how long a question may be, before anything is loaded."""
    for folder in pocket_folders():
        if folder.name == host.split(":", maxsplit=1)[0].split("~", maxsplit=1)[0]:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            return say("setup.limit", limit=config.get("max_position_embeddings", "?"), host=host)
    return say("setup.limit_hub", host=host)
