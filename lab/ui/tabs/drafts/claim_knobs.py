"""What can be changed of an experiment before it is measured again: a row of boxes for each of its
axes, shown while one of its claims is open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from lab.errors import BadInput
from lab.ui.frame.context import Ctx
from lab.words import say

Number = int | float


@dataclass(frozen=True)
class Knob:
    """One axis of an experiment."""

    experiment: str
    field: str
    """Of the experiment's settings, a tuple of numbers."""
    choices: tuple[Number, ...]
    usual: tuple[Number, ...]
    """What the results that come with the lab were measured at."""

    @property
    def key(self) -> str:
        """Of its words."""
        return f"drafts.knob.{self.experiment}.{self.field}"


KNOBS = (
    Knob("routing", "ks", (1, 2, 3, 4, 5, 6), (1, 2, 3)),
    Knob("plane", "steps", (0, 4, 8, 16, 24, 36), (0, 4, 8, 16, 24, 36)),
    Knob("plane", "sizes", (1, 2, 3, 6), (1, 2, 3, 6)),
    Knob("plane", "layers", (1, 2, 3), (1, 2, 3)),
    Knob("forks", "sizes", (0.05, 0.1, 0.2, 0.4, 0.8, 1.6), (0.05, 0.1, 0.2, 0.4, 0.8)),
    Knob("compress", "slots", (1, 2, 4, 8, 16, 32, 64), (1, 2, 4, 8, 16, 32, 64)),
    Knob("compress", "ranks", (1, 2, 4, 8, 16), (1, 2, 4, 8, 16)),
    Knob("tamper", "noise", (0.05, 0.1, 0.25, 0.5, 1.0), (0.1, 0.5)),
    Knob("tamper", "blend", (0.1, 0.25, 0.5, 0.75), (0.25, 0.5)),
)


def build(ctx: Ctx) -> list[gr.CheckboxGroup]:
    """The boxes of every knob, hidden, in the order of `KNOBS`."""
    made = []
    for knob in KNOBS:
        box = gr.CheckboxGroup(
            [(f"{choice:g}", choice) for choice in knob.choices],
            value=list(knob.usual),
            label=ctx.t(knob.key),
            visible=False,
            min_width=max(220, 66 * len(knob.choices)),
            elem_id=f"knob-{knob.experiment}-{knob.field}",
        )
        made.append(ctx.label(box, knob.key))
    return made


def shown_for(experiment: str | None) -> list[Any]:
    """Updates that show the knobs of one experiment and hide the others.

    Args:
        experiment: its name, or None.
    """
    return [gr.update(visible=knob.experiment == experiment) for knob in KNOBS]


def linked(experiment: str, said: Mapping[str, Any] | None) -> list[list[Number]] | None:
    """The values of all knobs for what a link says of an experiment, in the order of `KNOBS`.

    Args:
        experiment: its name.
        said: chosen numbers by field; nothing means what is usual.

    Returns:
        None if the experiment has no such field or choice.
    """
    left = dict(said or {})
    values = []
    for knob in KNOBS:
        chosen = left.pop(knob.field, knob.usual) if knob.experiment == experiment else knob.usual
        if not isinstance(chosen, (list, tuple)) or not chosen:
            return None
        if any(one not in knob.choices or isinstance(one, bool) for one in chosen):
            return None
        values.append([one for one in knob.choices if one in chosen])
    return None if left else values


def settings(experiment: str, values: Sequence[Sequence[Number] | None]) -> dict[str, Any]:
    """What the knobs of an experiment say, as far as it is not what is usual.

    Args:
        experiment: its name.
        values: of all knobs, in the order of `KNOBS`.

    Raises:
        BadInput: if every box of one is empty, or a value is not among its choices.
    """
    said: dict[str, Any] = {}
    for knob, value in zip(KNOBS, values, strict=True):
        if knob.experiment != experiment:
            continue
        chosen = tuple(one for one in knob.choices if one in (value or ()))
        if not chosen or len(chosen) < len(value or ()):
            raise BadInput(say("error.claim_knobs.empty", name=say(knob.key)))
        if chosen != knob.usual:
            said[knob.field] = chosen
    return said


def folder_of(experiment: str, n: int, changed: Mapping[str, Sequence[Number]]) -> str:
    """The name of a result's folder; one for every choice, so that a stopped one goes on.

    Args:
        experiment: its name.
        n: how many questions.
        changed: see `settings`.
    """
    said = [f"{name}-{'_'.join(f'{v:g}' for v in values)}" for name, values in changed.items()]
    return "-".join([experiment, str(n), *said])
