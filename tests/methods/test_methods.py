"""Whoever adds a method's settings and module finds it everywhere; nothing keeps a list beside."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import pytest

import lab.methods
from lab.plan import Plan, ProblemSpec, lane_classes, plan_from_dict
from lab.roster import roster
from lab.ui.tabs.side_by_side.plan_form import METHODS, fields_of, plan_of
from lab.ui.tabs.side_by_side.setup_panel import method_choices

NAMES = list(lane_classes())


def plan_with(name: str) -> Plan:
    return Plan(problem=ProblemSpec(world="ledger"), lanes=(lane_classes()[name](),))


@pytest.mark.parametrize("name", NAMES)
def test_a_method_runs_by_its_name(name: str) -> None:
    module = importlib.import_module(f"lab.methods.{name}")
    assert inspect.isgeneratorfunction(module.run)
    assert Path(module.__file__ or "").parent == Path(lab.methods.__file__ or "").parent


@pytest.mark.parametrize("name", NAMES)
def test_a_method_can_be_ticked_and_gives_a_plan_with_its_agents(name: str) -> None:
    assert name in METHODS and name in dict(map(reversed, method_choices()))
    base = plan_with("single")
    plan = plan_of(fields_of(base) | {"methods": [name], "max_tokens": 17}, base)
    assert [lane.method for lane in plan.lanes] == [name]
    cards = roster(plan).cards
    assert cards and cards[-1].max_tokens == 17
    assert plan_from_dict(plan.model_dump(mode="json")) == plan


def test_titles_tell_methods_apart() -> None:
    titles = [title for title, _ in method_choices()]
    assert len(set(titles)) == len(titles) and all(titles)
