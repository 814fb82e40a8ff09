"""The data factory: filters see agreement, form and confidence and no truth; a set keeps where its
lines come from; a student learns its set, stops, goes on and says when it diverges.
"""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from lab.errors import BadInput, Cancelled
from lab.experiments.moa.team import Said, Team, TeamSettings
from lab.worlds import almanac, make_problems
from lab.zoo import student as student_module
from lab.zoo.data_factory import NOTHING, Filters, holds_for, make_set, read_set, save_set
from lab.zoo.distill import shuffled
from lab.zoo.student import Student

PROBLEMS = make_problems("almanac", 6)
TRUE = [p.answer for p in PROBLEMS]


def team() -> Team:
    def nobody(name: str) -> object:
        raise AssertionError(name)

    return Team(TeamSettings(n=6), nobody, PROBLEMS)  # type: ignore[arg-type]


def said(texts: list[str], chance: float = 0.9) -> Said:
    n = len(texts)
    plain = Said(texts, [], [], [], [chance] * n, [chance] * n, [0] * n, [0] * n, 0.0)
    return team().judged(plain, texts)


OTHER = said(TRUE[1:] + TRUE[:1])
"""Everybody answers the next question."""


def test_each_filter_can_be_switched_off() -> None:
    agreed, alone, unsure = said(TRUE), [OTHER] * 3, said(TRUE, chance=0.1)
    only = {
        name: Filters(**{**NOTHING.model_dump(), name: True})
        for name in NOTHING.model_dump()
        if name != "least"
    }
    rows = range(6)
    for name, (answer, drafts) in {
        "agreement": (agreed, alone),
        "confidence": (unsure, [agreed]),
        "rule": (OTHER, [OTHER]),
    }.items():
        assert len(make_set(team(), "x", answer, drafts, NOTHING, rows)) == 6
        with pytest.raises(BadInput, match="The set is empty: none of 6"):
            make_set(team(), "x", answer, drafts, only[name], rows)
    assert len(make_set(team(), "x", agreed, [agreed, *alone[:1]], Filters(), rows)) == 6


def test_a_rule_knows_what_was_asked_and_not_what_is_true() -> None:
    claim = PROBLEMS[0].claims[0]
    false = almanac.sentence(claim.entity, claim.attribute, "nonsense")
    assert holds_for(PROBLEMS[0], TRUE[0]) and holds_for(PROBLEMS[0], false)
    assert not holds_for(PROBLEMS[0], TRUE[1]) and not holds_for(PROBLEMS[0], "")


def test_a_set_is_chat_messages_with_provenance_and_comes_back(tmp_path: Path) -> None:
    items = make_set(team(), "pocket-base", said(TRUE), [said(TRUE)], Filters(), [1, 3])
    save_set(items, tmp_path / "set.jsonl")
    assert read_set(tmp_path / "set.jsonl") == items
    line = items[0].line()
    assert [m["role"] for m in line["messages"]] == ["user", "assistant"]
    assert line["messages"][1]["content"] == TRUE[1]
    told = line["provenance"]
    assert told["seed"] == PROBLEMS[1].seed and told["writer"] == "pocket-base"
    assert told["drafts"][0]["text"] == TRUE[1]
    assert told["passed"] == ["agreement", "rule", "confidence"]
    (tmp_path / "bad.jsonl").write_text('{"messages": []}\n', encoding="utf-8")
    with pytest.raises(BadInput, match="is no set"):
        read_set(tmp_path / "bad.jsonl")


def test_shuffled_answers_fit_the_question_and_belong_to_another() -> None:
    problems = make_problems("almanac", 60)
    many = Team(TeamSettings(n=60), None, problems)  # type: ignore[arg-type]
    texts = [p.answer for p in problems]
    plain = Said(texts, [], [], [], [1.0] * 60, [1.0] * 60, [0] * 60, [0] * 60, 0.0)
    items = make_set(many, "x", many.judged(plain, texts), [], NOTHING, range(60))
    mixed = shuffled(items, 0)
    assert [item.question for item in mixed] == [item.question for item in items]
    assert all(holds_for(p, item.answer) for p, item in zip(problems, mixed, strict=True))
    before = sorted(almanac.parse_claims(item.answer)[0].value for item in items)
    assert sorted(almanac.parse_claims(item.answer)[0].value for item in mixed) == before
    right = sum(a.answer == b.answer for a, b in zip(items, mixed, strict=True))
    assert right < 20


@pytest.fixture
def items() -> list:  # type: ignore[type-arg]
    return make_set(team(), "x", said(TRUE), [], NOTHING, range(6))


@pytest.mark.slow
def test_a_student_learns_its_set_and_goes_on_after_a_stop(items: list, tmp_path: Path) -> None:  # type: ignore[type-arg]
    def stop(share: float) -> None:
        if share > 0.3:
            raise Cancelled("stopped")

    first = Student(items, tmp_path, tokens=24_000)
    with pytest.raises(Cancelled):
        first.teach(stop)
    again = Student(items, tmp_path, tokens=24_000)
    again.resume()
    assert again.step == first.step > 0
    folder = again.teach(lambda share: None)
    assert (folder / "model.safetensors").is_file()
    assert again._losses[-1] < 0.8 * first._losses[0]


def test_a_student_that_diverges_says_so(items: list, tmp_path: Path) -> None:  # type: ignore[type-arg]
    wild = Student(items, tmp_path, tokens=200_000)
    wild._losses += [1.0] * student_module.CHUNK
    wild.train_step = lambda batch: math.nan  # type: ignore[method-assign]
    with pytest.raises(BadInput, match="The student diverged"):
        wild.teach(lambda share: None)
