"""Claims on every template of the worlds, on free text, and the fate of each in the aggregate."""

import pytest

from lab.panels.drafts.draft_claims import claim_table, claims_in, counts, ledger_truth
from lab.plan import PlanProblem
from lab.worlds import almanac, make_problem, make_problems
from tests.make_moa_record import FACTS

LEDGER = PlanProblem(
    question="How many coins are in the red box?", facts=FACTS, truth="6", world="ledger"
)


def as_plan(made: object) -> PlanProblem:
    fields = ("question", "facts", "truth", "world")
    return PlanProblem(**{name: getattr(made, name) for name in fields})


def test_ledger_truth_from_its_own_sentences() -> None:
    assert ledger_truth(FACTS, LEDGER.question) == {
        "start of red": "9",
        "start of lime": "2",
        "Ned": "9 + 1 = 10",
        "Ivy": "2 * 2 = 4",
        "Ben": "10 - 4 = 6",
        "answer": "6",
    }


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_every_claim_of_a_right_ledger_text_is_right(depth: int) -> None:
    for made in make_problems("ledger", 50, depth=depth):
        claims = claims_in(made.answer, as_plan(made))
        assert len(claims) == depth + 2, made.answer
        assert all(claim.right for claim in claims), (made.facts, made.answer, claims)


def test_a_slip_is_found_where_it_is() -> None:
    text = "red 9; Ned 9 + 1 = 11; Ben 11 - 4 = 7; answer 7"
    claims = claims_in(text, LEDGER)
    assert [(c.about, c.right) for c in claims] == [
        ("start of red", True),
        ("Ned", False),
        ("Ben", False),
        ("answer", False),
    ]
    assert text[claims[1].start : claims[1].end] == "Ned 9 + 1 = 11"


@pytest.mark.parametrize("text", ["6", "The red box has 6 coins", "answer 6"])
def test_bare_answers_of_the_ledger(text: str) -> None:
    assert any(c.value == "6" for c in claims_in(text, LEDGER))


def test_every_template_of_the_almanac() -> None:
    for attribute in almanac.ATTRIBUTES:
        who = almanac.people()[0]
        value = almanac.facts()[who, attribute.name]
        wrong = next(v for v in attribute.values if v != value)
        text = (
            "Sure: "
            + almanac.sentence(who, attribute.name, value)
            + " "
            + almanac.sentence(who, attribute.name, wrong)
        )
        problem = as_plan(make_problem("almanac", 0))
        right, false = claims_in(text, problem)
        assert (right.value, right.right, false.right) == (value, True, False)
        assert text[false.start : false.end] == almanac.sentence(who, attribute.name, wrong)


def test_fates_of_claims() -> None:
    drafts = ["red 9; Ned 9 + 1 = 10; answer 10", "red 8; Ned 8 + 1 = 9; Ivy 2 * 2 = 4; answer 9"]
    rows = {
        row.about: row
        for row in claim_table(drafts, "red 9; Ned 9 + 1 = 10; Ben 10 - 4 = 6; answer 6", LEDGER)
    }
    assert {about: row.fate for about, row in rows.items()} == {
        "start of red": "corrected",
        "Ned": "corrected",
        "Ben": "invented",
        "answer": "corrected",
        "Ivy": "dropped",
    }
    assert rows["answer"].conflict and rows["answer"].truth == "6"
    assert [cell.state for cell in rows["Ivy"].drafts] == ["missing", "right"]
    assert counts(list(rows.values()))["invented"] == 1


def test_spoiled_and_changed() -> None:
    good = "red 9; answer 6"
    row = {r.about: r for r in claim_table([good], "red 9; answer 7", LEDGER)}["answer"]
    assert row.fate == "spoiled"
    row = {r.about: r for r in claim_table(["answer 8"], "answer 7", LEDGER)}["answer"]
    assert row.fate == "changed"


def test_free_text_sentences_are_matched_and_conflict_by_number() -> None:
    drafts = ["The tower is 300 metres tall. It is in Paris.", "The tower is 324 metres tall!"]
    rows = claim_table(drafts, "The tower is 300 metres tall. Bees make honey.", None)
    assert [row.fate for row in rows] == ["kept", "invented", "dropped"]
    assert rows[0].conflict and rows[0].drafts[1].conflicts
    assert all(cell.state in ("said", "missing") for row in rows for cell in row.drafts)


@pytest.mark.parametrize("text", ["", " ", "\x00\x07", "${alert(1)}<script>", "...", "!!!"])
def test_odd_texts_state_little_and_break_nothing(text: str) -> None:
    for problem in (None, LEDGER, as_plan(make_problem("almanac", 3))):
        claim_table([text, ""], text, problem)
