"""The case on the stage of “Break it” as a part of the page's address, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.errors import LabError
from lab.models.spec import parse_spec, pocket_folders
from lab.panels.break_it.break_value import LineClicked
from lab.panels.break_it.break_words import constraints
from lab.panels.break_it.measured_on import MODELS, POCKET, PUBLIC
from lab.ui.frame.address import Arrival, BreakAddress
from lab.ui.tabs.break_it import break_choices
from lab.ui.tabs.break_it.break_values import START, line_of

NUMBERS = {"seed": (1, 0, 10**9), "depth": (2, 1, 4), "steps": (36, 0, 60)}
"""First value, and the range, of the fields that choose and read the problem."""
FIGURE, METRIC = "bars", "accuracy"
OLDER = {"probe-smollm2": ("probe", PUBLIC)}
"""Figures of older links: what they are called now, and on which models."""


@dataclass
class Case:
    """What is put on the stage."""

    setting: dict[str, Any]
    layers: dict[str, Any] = field(default_factory=dict)
    card: int | None = None
    figure: str = FIGURE
    metric: str = METRIC
    models: str = POCKET


def written(
    case: dict[str, Any],
    layers: dict[str, Any] | None,
    result: Any,
    card: int | None,
    figure: str,
    metric: str,
    models: str = POCKET,
) -> BreakAddress:
    """What the stage shows, as far as it is not what the tab opens with.

    Args:
        case: the controls' values by name.
        layers: what was clicked, or the condition of a card's line.
        result: the answers that are shown, or None.
    """
    layers = layers or {}
    first = START | {name: start for name, (start, _, _) in NUMBERS.items()}
    said = {name: value for name, value in case.items() if value != first[name]}
    preset = layers.get("preset")
    if preset:
        said = {name: value for name, value in said.items() if name in NUMBERS}
        said |= {"line": preset["name"], "channel": preset["channel"]}
    said |= {
        "layer_read": layers.get("read"),
        "layer_written": layers.get("write"),
        "answered": True if result else None,
        "card": card,
        "figure": None if figure == FIGURE else figure,
        "metric": None if metric == METRIC else metric,
        "models": None if models == POCKET else models,
    }
    return BreakAddress.model_validate(said)


def opened(arrival: Arrival, figures: Sequence[str], metrics: Sequence[str]) -> Case:
    """The case of an address that came; what the tab does not know is ignored.

    A link may only name models of the pocket family: others would be loaded unasked.
    """
    part = arrival.address.break_it
    case = Case(dict(START))

    def take(name: str, fine: bool, value: Any, otherwise: Any) -> Any:
        if value is not None and not fine:
            arrival.ignore(f"break.{name}")
        return value if value is not None and fine else otherwise

    for name, (start, low, high) in NUMBERS.items():
        value = getattr(part, name)
        case.setting[name] = take(name, value is None or low <= value <= high, value, start)
    card, figure, metric = part.card, part.figure, part.metric
    models = part.models
    if figure in OLDER:
        figure, models = OLDER[figure]
    case.models = take("models", models in MODELS, models, POCKET)
    case.card = take("card", card is None or card in constraints(), card, None)
    case.figure = take("figure", figure in figures, figure, FIGURE)
    case.metric = take("metric", metric in metrics, metric, METRIC)
    channel = take(
        "channel", part.channel in break_choices.CHANNELS, part.channel, START["channel"]
    )
    case.setting["channel"] = channel
    if part.line:
        try:
            found = line_of(LineClicked(name=part.line, channel=channel), case.models)
        except LabError:
            arrival.ignore("break.line")
        else:
            case.setting |= {name: found[name] for name in ("sender", "receiver")}
            case.setting["change"] = found.get("title") or found["name"]
            case.layers = {"preset": found}
            return case
    for name in ("sender", "receiver"):
        value = getattr(part, name)
        case.setting[name] = take(name, value is None or of_the_family(value), value, START[name])
    change = part.change
    case.setting["change"] = take("change", change in break_choices.BREAKS, change, START["change"])
    for name, key in (("layer_read", "read"), ("layer_written", "write")):
        value = getattr(part, name)
        if value is not None:
            case.layers[key] = value
    return case


def of_the_family(name: str) -> bool:
    """Whether a model is a pocket model on this machine, or made of such by arithmetic."""
    try:
        spec = parse_spec(name)
    except LabError:
        return False
    known = {folder.name for folder in pocket_folders()}
    return spec.revision is None and {spec.name, spec.other or spec.name} <= known
