"""Experiment “compress”: how many positions of the handed-over memory are needed?

The sender's cache is handed over in part: so many of its slots, chosen by a rule, or all of them at
a lower rank; the whole memory and its latents alone. Slots chosen by lot, another problem's whole
memory, no hand-over and the sender's words stand beside them.
"""

from __future__ import annotations

from typing import Literal, get_args

from lab.errors import BadInput
from lab.experiments.failure import relay
from lab.experiments.harness.driver import Watch
from lab.experiments.transfer.conditions import (
    Condition,
    KeepSlots,
    LowRank,
    OtherProblem,
    Part,
    Rule,
)
from lab.models.hosts import Hosts
from lab.records.results import METRICS as BASIC
from lab.records.results import ResultTable
from lab.words import say

METRICS = BASIC

WHOLE, WHOLE_LATENT = "whole memory", "all latents, no prompt"


class Settings(relay.Settings):
    """What the curves depend on."""

    rules: tuple[Rule, ...] = get_args(Rule)
    slots: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    """Positions that are kept."""
    ranks: tuple[int, ...] = (1, 2, 4, 8, 16)
    """Ranks at which all positions are kept."""
    conditions: tuple[Condition, ...] = (Condition(name="unused", channel="none"),)
    """Made from rules, slots and ranks; not to be given."""


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Floor, ceiling and controls, then every rule at every budget, of all positions and of the
    latents alone.

    Raises:
        BadInput: for budgets that are no positive numbers, or no rule at all.
    """
    wanted = (*settings.slots, *settings.ranks)
    if not settings.rules or not wanted or min(wanted) < 1:
        raise BadInput(
            say(
                "error.compress.least_rule_budgets_more",
                rules=list(settings.rules),
                slots=list(settings.slots),
                ranks=list(settings.ranks),
            )
        )
    pair = {"sender": settings.sender, "receiver": settings.receiver}
    conditions = [
        one.model_copy(update=pair)
        for one in (*ENDS, *_budgets(settings, "all"), *_budgets(settings, "latent"))
    ]
    table.meta["conditions"] = [c.model_dump(mode="json") for c in conditions]
    relay.evaluator(settings, hosts).fill(table, conditions, watch)


ENDS = (
    Condition(name="nothing", title="no hand-over", channel="none", control="floor"),
    Condition(name="text", title="text hand-over", channel="text", control="ceiling"),
    Condition(name=WHOLE, channel="kv", control="method"),
    Condition(name=WHOLE_LATENT, channel="kv", part="latent", control="method"),
    Condition(
        name="another problem",
        channel="kv",
        control="control",
        ops=(OtherProblem(op="other_problem"),),
    ),
)


def _budgets(settings: Settings, of: Literal["all", "latent"]) -> list[Condition]:
    """Every rule at every number of positions, and every rank."""
    part: Part = "both" if of == "all" else "latent"
    kept = [
        Condition(
            name=f"{rule}, {of}, {slots}",
            channel="kv",
            part=part,
            ops=(KeepSlots(op="keep", by=rule, slots=slots, of=of),),
            control="control" if rule == "random" else "",
            curve=f"{of}/{rule}",
            x=slots,
        )
        for rule in settings.rules
        for slots in settings.slots
    ]
    ranked = [
        Condition(
            name=f"low rank, {of}, {rank}",
            channel="kv",
            part=part,
            ops=(LowRank(op="low_rank", rank=rank),),
            curve=f"{of}/low_rank",
            x=rank,
        )
        for rank in settings.ranks
    ]
    return [*kept, *ranked]
