"""Parts shared by the tabs Map, Lens and Memory: sentences under figures, tables, labelled
controls.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import gradio as gr

from lab.errors import LabError
from lab.panels.value import Pick, Value
from lab.panels.widget_values import NotesValue, TableValue, notes_value
from lab.ui.frame.address import Arrival
from lab.ui.frame.context import Ctx
from lab.ui.frame.waiting import DeviceRequest
from lab.ui.widgets import Kind
from lab.words import say

NOTES = Kind("notes.js", NotesValue)
TABLE = Kind("table.js", TableValue, {"pick": Pick})


def notes(name: str, hint: str = "") -> gr.HTML:
    """Sentences and the honesty strip under a figure."""
    return NOTES.widget(notes_value([hint]), elem_id=name, label=name)


def table(ctx: Ctx, name: str) -> gr.HTML:
    """A table of texts; rows with a point can be clicked."""
    out = TABLE.widget(TableValue(), elem_id=name, label=name)
    ctx.selects(out)
    return out


def on_device(ctx: Ctx, name: str, work: Callable[[Any], Any], own: bool = False) -> Any:
    """Run ``work(pool)`` on the device worker for the person at the page, and wait for its result.

    Args:
        name: of the job.
        work: called with the models, see `lab.service.crew.DeviceWork`.
        own: it is about a question of the person's own.

    Raises:
        LabError: the job's own sentence if it failed or was stopped, or took too long.
    """
    return DeviceRequest(ctx.service, name, work, own).result()


def stopping(ctx: Ctx, job_id: str | None, key: str) -> Iterator[NotesValue]:
    """Say that the page's work is being stopped, then stop it: what it says at its end comes
    after.

    Args:
        key: of the sentence; without a job nothing is said.

    Raises:
        BadInput: if there is no such job any more.
    """
    yield notes_value(strong=say(key) if job_id else "")
    if job_id:
        ctx.service.job(job_id).cancel()


def fits(control: Any, value: Any) -> bool:
    """Whether a control can be given a value from elsewhere: one of its choices, within its
    range."""
    if isinstance(control, (gr.Dropdown, gr.Radio)):
        return value in [choice for _, choice in control.choices]
    low, high = getattr(control, "minimum", None), getattr(control, "maximum", None)
    return (low is None or value >= low) and (high is None or value <= high)


def linked(controls: Mapping[str, Any], part: Value, start: str, arrival: Arrival) -> list[Any]:
    """The controls' values for a part of an address: what it says where that fits, else what the
    page opens with.

    Args:
        controls: by the part's fields.
        start: of the part's keys.
    """
    values = []
    for name, control in controls.items():
        value = getattr(part, name)
        if value is not None and not fits(control, value):
            arrival.ignore(f"{start}.{name}")
            value = None
        values.append(control.value if value is None else value)
    return values


def ignore_unknown(
    arrival: Arrival,
    start: str,
    names: Iterable[str],
    known: Callable[[str], Collection[str]],
) -> None:
    """Ignore what a part of an address says of its record and the record has not.

    Args:
        start: name of the part, and of its keys.
        names: the part's fields that depend on the record.
        known: of a record's id, those fields whose value it has.
    """
    part, record_id = getattr(arrival.address, start), arrival.address.record
    said = [name for name in names if getattr(part, name) is not None]
    kept: Collection[str] = ()
    if said and record_id:
        with suppress(LabError):
            kept = known(record_id)
    for name in said:
        if name not in kept:
            arrival.ignore(f"{start}.{name}")


def changed(controls: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Of the controls' values those that the page did not open with."""
    return {
        name: values[name] for name, control in controls.items() if values[name] != control.value
    }


LIVE_SECONDS = 3.0


def live_timer() -> gr.Timer:
    """A clock for `follow_live`; it stands still until a running record is open."""
    return gr.Timer(LIVE_SECONDS, active=False)


def follow_live(
    ctx: Ctx,
    tab: str,
    timer: gr.Timer,
    arrive: Callable[..., Any],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
) -> None:
    """Draw the tab again every few seconds while the open record is running and the tab is in
    front.

    Args:
        arrive: what the tab gives to ``ctx.redraw``, with the same inputs and outputs.
    """

    def running(record_id: str) -> Any:
        return gr.Timer(active=ctx.open(record_id).status == "running")

    def tick(record_id: str | None, front: str, *values: Any) -> tuple[Any, ...]:
        if front != tab or not record_id:
            return (*[gr.skip()] * len(outputs), gr.Timer(active=False))
        return (*arrive(record_id, *values), running(record_id))

    ctx.redraw(tab, running, [], [timer])
    ctx.when(timer.tick, tick, [ctx.record, ctx.tab, *inputs], [*outputs, timer])


def dropdown(
    ctx: Ctx, key: str, choices: Sequence[Any] = (), value: Any = None, **more: Any
) -> gr.Dropdown:
    """A labelled dropdown. One without choices gets them from the record, and its handlers check
    what they are given: Gradio would refuse a value of the record before, sent while the new
    choices were on their way, with an error over the page."""
    more.setdefault("allow_custom_value", not choices)
    return ctx.label(gr.Dropdown(list(choices), value=value, label=ctx.t(key), **more), key)


def radio(ctx: Ctx, key: str, choices: Sequence[Any], value: Any, **more: Any) -> gr.Radio:
    """A labelled radio group."""
    return ctx.label(gr.Radio(list(choices), value=value, label=ctx.t(key), **more), key)


def slider(
    ctx: Ctx, key: str, low: float, high: float, value: float, step: float = 1, **more: Any
) -> gr.Slider:
    """A labelled slider."""
    return ctx.label(gr.Slider(low, high, value=value, step=step, label=ctx.t(key), **more), key)


def button(ctx: Ctx, key: str, **more: Any) -> gr.Button:
    """A labelled button."""
    return ctx.label(gr.Button(ctx.t(key), size="sm", **more), key, "value")
