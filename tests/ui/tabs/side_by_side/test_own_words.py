"""Words that a pocket model was never taught are cut out of the text; those of its worlds are not;
the examples are answered; a public model is offered where it is here."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.files import CACHE_ENV
from lab.methods import load_prompts
from lab.models.pool import HostPool
from lab.plan import PlanProblem, SingleLane, plan_from_dict
from lab.presets import load_preset
from lab.records import Record
from lab.rooms import RoomPerson, Rooms
from lab.service.runner import run_plan
from lab.ui.tabs.side_by_side import setup_panel
from lab.ui.tabs.side_by_side.own_panel import asked_of
from lab.ui.tabs.side_by_side.own_words import examples, own_value, untaught
from lab.ui.tabs.side_by_side.plan_form import OWN, plan_of
from lab.worlds import make_problem

ASKED = "What is the capital of France? The capital?"


@pytest.mark.parametrize("world", ["ledger", "almanac"])
def test_all_words_of_the_worlds_are_known(world: str) -> None:
    for seed in range(40):
        made = make_problem(world, seed)
        assert untaught(f"{made.facts} {made.question}", "pocket-base") == ()
        assert own_value(made.facts, made.question, "pocket-base").typed == ()


def test_other_words_are_named_once_and_hub_models_know_all() -> None:
    assert {"capital", "France"} <= set(untaught(ASKED, "pocket-base"))
    assert untaught(ASKED, "pocket-base").count("capital") == 1
    assert untaught(ASKED, "some/hub-model") == ()
    assert own_value("", ASKED, "some/hub-model").host == ""


def test_the_typed_text_is_whole_and_its_unknown_words_are_pieces() -> None:
    pieces = own_value("The pink box has 3 coins.", ASKED, "pocket-base").typed
    assert "".join(piece.text for piece in pieces) == f"The pink box has 3 coins. {ASKED}"
    unknown = [piece.text for piece in pieces if not piece.known]
    assert unknown.count("capital") == 2 and "France" in unknown and "pink" not in unknown


def test_the_examples_are_answered(tmp_path: Path) -> None:
    assert len(examples()) == 3
    for number, one in enumerate(examples()):
        asked = PlanProblem(question=one.question, facts=one.facts, truth=one.truth)
        plan = load_preset("side-by-side").model_copy(
            update={"problem": asked, "lanes": (SingleLane(),)}
        )
        run_plan(plan, tmp_path / str(number), HostPool())
        ended = Record.open(tmp_path / str(number)).events[-2]
        assert getattr(ended, "correct", None) is True, one


def test_a_public_model_is_offered_where_it_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_ENV, str(tmp_path))
    assert own_value("", ASKED, "pocket-base").offers == ()
    (tmp_path / "models" / "smollm2-135m").mkdir(parents=True)
    (tmp_path / "models" / "smollm2-135m" / "config.json").write_text("{}")
    assert [o.name for o in own_value("", ASKED, "pocket-base").offers] == ["smollm2-135m"]
    assert own_value("", ASKED, "pocket-base", offered=False).offers == ()
    assert own_value("", examples()[1].question, "pocket-base").offers == ()


def test_the_same_question_is_asked_of_it_in_every_lane() -> None:
    fields = setup_panel.read(setup_panel.show(load_preset("relay")))
    fields |= {"source": OWN, "facts": "", "question": ASKED, "truth": "Paris"}
    for host, name in (("smollm2-135m", "real-smollm2"), ("qwen3-0.6b", "relay")):
        base, values = asked_of(host, "relay", fields, setup_panel)
        assert base == name
        plan = plan_of(setup_panel.read(values), load_preset(base))
        assert plan.problem.question == ASKED and plan.problem.truth == "Paris"
        said = plan.model_dump_json()
        assert "pocket-base" not in said and host in said
        assert plan_from_dict(plan.model_dump(mode="json")) == plan
        load_prompts(plan.prompts)


def test_a_student_is_offered_it_where_the_room_allows_real_models(tmp_path: Path) -> None:
    rooms = Rooms(tmp_path)
    assert not rooms.only_pocket(None)
    assert not rooms.only_pocket(RoomPerson())
