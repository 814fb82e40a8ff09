"""The gallery of constraints as cards: what was measured of each, a line per condition with its
light. Knows no models and no page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.panels.break_it.break_results import CHANNEL_WORD, bounds, spec_of
from lab.panels.break_it.break_value import ConstraintCard, ConstraintLine, Light
from lab.panels.break_it.break_words import Constraint, constraints
from lab.panels.style import interval
from lab.records.results import ResultTable
from lab.stats import Estimate
from lab.words import called, known, say

LIGHTS: tuple[Light, ...] = ("works", "partly", "fails")
FULL = Estimate(1.0, 1.0, 1.0, 1)
"""A check that notices every time."""
Results = Callable[[str], ResultTable | None]
"""The recorded result of an experiment by its name."""


def light(value: Estimate, floor: Estimate, ceiling: Estimate) -> Light:
    """``works``: not distinguishable from the ceiling, or within a tenth of the way; ``fails``:
    likewise the floor.

    Empty where the ceiling is no better than the floor: then the sender itself fails, and nothing
    can be told.
    """
    span = ceiling.value - floor.value
    if ceiling.low <= floor.high:
        return ""
    place = (value.value - floor.value) / span
    if value.low <= floor.high and place < 0.25:
        return "fails"
    if value.high >= ceiling.low or place > 0.9:
        return "works"
    return "partly"


def cards(
    table: ResultTable | None, others: Results = lambda _: None
) -> tuple[ConstraintCard, ...]:
    """The gallery: a card per constraint with its words, and a line per measured condition with its
    light.

    Args:
        table: a `constraints` experiment, or None.
        others: results of the experiments that measure further cards.
    """
    return tuple(
        _card(one, others(one.results) if one.results else table) for one in constraints().values()
    )


def _audit_lines(one: Constraint, table: ResultTable) -> list[ConstraintLine]:
    """What another experiment measured: answers, and checks with their false alarms."""
    names = {condition for condition, _ in table.measured()}
    out = []
    for line_ in one.lines:
        if line_.condition not in names or line_.metric not in table.rows:
            continue
        value = table.estimate(line_.condition, line_.metric)
        beside = table.estimate(line_.floor, line_.metric) if line_.floor else value
        check = line_.metric.endswith("_alarm")
        how = ""
        if line_.floor:
            key = "said.break_results.false_alarms" if check else "said.break_results.untouched"
            how = say(key, x=100 * beside.value)
        told = check and not line_.honest
        out.append(
            ConstraintLine(
                name=line_.condition,
                channel="kv",
                title=f"{known(line_.condition)}: {called('metric', line_.metric)}",
                how=how,
                value=value.value,
                low=value.low,
                high=value.high,
                text=interval(value.value, value.half, value.n),
                floor=beside.value if check else 0.0,
                ceiling=1.0,
                light=light(value, beside, FULL) if told else "",
                dial=not told,
                tried=False,
            )
        )
    return out


def _card(one: Constraint, table: ResultTable | None) -> ConstraintCard:
    words = {
        "number": one.number,
        "mark": one.mark,
        "title": one.title,
        "rule": one.rule,
        "why": one.why,
    }
    if table is None:
        return ConstraintCard(**words)
    if one.results:
        lines = _audit_lines(one, table)
        lights = [entry.light for entry in lines if entry.light]
        tally = {light: lights.count(light) for light in LIGHTS if light in lights}
        return ConstraintCard(**words, lines=tuple(lines), tally=tally)
    refused = table.meta.get("refused", {})
    measured = table.measured()
    lines = list[ConstraintLine]()
    missing: list[str] = []
    for (name, channel), spec in spec_of(table).items():
        if spec["constraint"] != one.number:
            continue
        title = _title(spec)
        if f"{name}/{channel}" in refused:
            missing.append(
                f"{title} ({CHANNEL_WORD[channel]}): {known(refused[f'{name}/{channel}'])}"
            )
        elif (name, channel) in measured and channel != "text":
            dial = str(spec.get("curve") or "").startswith("base to")
            lines.append(line(table, name, channel, title, dial))
    lights = [entry.light for entry in lines if entry.light and not entry.dial]
    return ConstraintCard(
        **words,
        lines=tuple(lines),
        missing=tuple(missing),
        tally={light: lights.count(light) for light in LIGHTS if light in lights},
    )


def _title(spec: dict[str, Any]) -> str:
    """What a condition is called; points of the dial of parameters say where on it they are."""
    curve = str(spec.get("curve") or "")
    if curve.startswith("base to") and not spec["title"]:
        way = "stranger" if curve.endswith("reseed") else "fine_tune"
        return say(f"said.dial.{way}", x=spec["x"])
    return known(str(spec["title"] or spec["name"]))


def line(
    table: ResultTable, name: str, channel: str, title: str, dial: bool = False
) -> ConstraintLine:
    """One condition with its number, floor, ceiling and light."""
    value = table.estimate(name, "accuracy", channel)
    floor, ceiling = bounds(table, name, channel)
    return ConstraintLine(
        name=name,
        channel=channel,
        title=title,
        how=CHANNEL_WORD[channel],
        value=value.value,
        low=value.low,
        high=value.high,
        text=interval(value.value, value.half, value.n),
        floor=floor.value,
        ceiling=ceiling.value,
        light=light(value, floor, ceiling),
        dial=dial,
    )
