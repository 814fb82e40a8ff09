"""The factory step by step: filters counted one by one and together, a look into the set, and a
student beside its controls, which stops, diverges and finds an empty set in one sentence each.
"""

from __future__ import annotations

import pytest

from lab.errors import BadInput, Cancelled
from lab.models.pool import HostPool
from lab.zoo.data_factory import NOTHING, Filters, checks
from lab.zoo.distill import Factory, Settings
from lab.zoo.live_factory import FILTERS, STUDENT, open_factory, samples, sieves, teach_student


@pytest.fixture(scope="module")
def factory() -> Factory:
    return open_factory(48, plant=True, hosts=HostPool().get)


def test_each_filter_is_counted_alone_and_those_that_are_on_together(factory: Factory) -> None:
    filters = Filters(rule=False, least=0.9)
    found = {one.name: one for one in sieves(factory, filters)}
    assert list(found) == ["none", *FILTERS, "together"]
    team, said = factory.team, factory.mixture
    passed = {i: checks(team.problems[i], said, factory.heard, i, 0.9) for i in factory.taught}
    for name in FILTERS:
        assert found[name].passed == sum(one[name] for one in passed.values())
    both = [i for i, one in passed.items() if one["agreement"] and one["confidence"]]
    assert found["together"].passed == len(both) == len(factory.passed(filters))
    right = found["together"].right
    assert right is not None and right.value == sum(said.right[i] for i in both) / len(both)
    assert found["none"].passed == len(factory.taught) == 36


def test_a_look_into_the_set_shows_a_planted_falsehood_as_one(factory: Factory) -> None:
    items = factory.passed(NOTHING)
    first, *others = samples(factory, items, most=4)
    assert first.planted and not first.right and first.agree == first.drafts == 3
    assert len(others) == 3 and not any(one.planted for one in others)
    planted = [item for item in items if item.provenance.get("planted")]
    assert len(planted) == len(factory.planted) == 4
    honest = open_factory(24, plant=False, hosts=HostPool().get)
    assert not honest.planted and not any(
        s.planted for s in samples(honest, honest.passed(NOTHING))
    )


def test_with_few_questions_some_that_are_taught_keep_their_honest_drafts() -> None:
    settings = Settings(n=20, max_tokens=24)
    assert settings.planted == 60
    small = Factory(settings, HostPool().get)
    sizes = {name: len(rows) for name, rows in small.channels.items()}
    assert sizes == {"taught": 8, "planted": 7, "not taught": 5}


def test_a_set_that_is_empty_is_one_sentence(factory: Factory) -> None:
    with pytest.raises(BadInput, match="The set is empty: none of 36"):
        teach_student(factory, Filters(least=1.0), 4000, 1e-3, lambda share, text: None)


@pytest.mark.slow
def test_a_student_stands_beside_its_controls_and_stops(factory: Factory) -> None:
    heard: list[tuple[float, str]] = []
    table = teach_student(factory, NOTHING, 24_000, 1.5e-3, lambda *said: heard.append(said))
    names = ["best proposer alone", "mixture", "student before", STUDENT]
    assert list(dict.fromkeys(table.rows["condition"])) == names
    sizes = {k: len(v) for k, v in factory.channels.items()}
    mine = table.rows[table.rows["condition"] == STUDENT]
    assert mine["channel"].value_counts().to_dict() == sizes
    shares = [share for share, _ in heard]
    assert shares == sorted(shares) and "s left" in heard[-2][1]

    def stop(share: float, text: str) -> None:
        raise Cancelled(text)

    with pytest.raises(Cancelled):
        teach_student(factory, NOTHING, 24_000, 1.5e-3, stop)


@pytest.mark.slow
def test_a_student_that_diverges_is_one_sentence(factory: Factory) -> None:
    with pytest.raises(BadInput, match=r"The student diverged: its loss is .* lower the learning"):
        teach_student(factory, NOTHING, 200_000, 0.5, lambda share, text: None)
