"""Whoever adds a method's settings and module finds it everywhere; nothing keeps a list beside."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from typing import get_args

import pytest

import lab.methods
from lab.plan import (
    MethodName,
    Plan,
    ProblemSpec,
    ThinkingLane,
    lane_classes,
    method_named,
    plan_from_dict,
)
from lab.roster import roster
from lab.ui.tabs.side_by_side.plan_form import METHODS, fields_of, plan_of
from lab.ui.tabs.side_by_side.setup_panel import method_choices
from lab.words import LANGUAGES, texts_of

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


def test_the_names_are_those_of_the_plan_s_classes() -> None:
    assert list(get_args(MethodName)) == NAMES
    assert [method_named(name) for name in NAMES] == NAMES and method_named("echo?") is None
    thinking = [lane for lane in lane_classes().values() if "steps" in lane.model_fields]
    assert list(get_args(ThinkingLane)) == thinking


@pytest.mark.parametrize("name", NAMES)
def test_a_method_s_title_has_words(name: str) -> None:
    title = str(lane_classes()[name].model_fields["title"].default)
    for language in LANGUAGES:
        texts = texts_of(language)
        assert texts.get(f"title.{name}") or texts.get(f"name.{name}"), language
    assert title in [texts_of("en").get(f"{kind}.{name}") for kind in ("title", "name")]


def test_titles_tell_methods_apart() -> None:
    titles = [title for title, _ in method_choices()]
    assert len(set(titles)) == len(titles) and all(titles)
