"""The one checker of answers: a table of cases decides, wrong rules fail on it, and no text breaks
it.
"""

from __future__ import annotations

import csv
import re
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lab import plan
from lab.errors import BadInput
from lab.experiments.harness.registry import find, load_settings
from lab.experiments.transfer.relay_problems import Relay, make_relays
from lab.worlds import check, extract_answer, judge_asked, make_problem, make_problems
from lab.worlds.judge import KINDS, judge, kind_of, read_answer

TABLE = Path(__file__).with_name("answers.tsv")
"""Columns: kind, truth, answer (a line break is written ⏎), whether it is right."""


def cases() -> list[tuple[str, str, str, bool]]:
    with TABLE.open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            (r["type"], r["truth"], r["answer"].replace("⏎", "\n"), r["right"] == "yes")
            for r in rows
        ]


@pytest.mark.parametrize(("kind", "truth", "answer", "right"), cases())
def test_table(kind: str, truth: str, answer: str, right: bool) -> None:
    verdict = judge(truth, answer, kind)
    assert verdict.correct is right, verdict
    if verdict.value is None:
        assert not right
    else:
        assert judge(truth, verdict.value, kind).correct is right, "value and verdict disagree"


def first_number(truth: str, answer: str) -> bool:
    found = re.search(r"-?\d+(?:\.\d+)?", answer)
    return found is not None and found.group() == truth


def last_number(truth: str, answer: str) -> bool:
    found = re.findall(r"-?\d+(?:[.,]\d+)*", answer)
    return bool(found) and found[-1].replace(",", "") == truth.replace(",", "")


def substring(truth: str, answer: str) -> bool:
    return truth.lower() in answer.lower()


def beginning(truth: str, answer: str) -> bool:
    plain = [re.sub(r"[^\w]+", " ", text.lower()).strip() for text in (answer, truth)]
    return plain[0].startswith(plain[1])


@pytest.mark.parametrize("rule", [first_number, last_number, substring, beginning])
def test_simpler_rules_fail_on_the_table(rule) -> None:
    kinds = ("number",) if "number" in rule.__name__ else ("number", "text", "choice")
    wrong = [c for c in cases() if c[0] in kinds and rule(c[1], c[2]) != c[3]]
    assert len(wrong) >= 10


def test_the_table_has_every_kind_and_both_verdicts() -> None:
    assert {(kind, right) for kind, _, _, right in cases()} == {
        (kind, right) for kind in KINDS for right in (True, False)
    }


@settings(max_examples=300, deadline=None)
@given(st.text().filter(lambda t: t.strip()))
@example("not A")
@example("?")
@example("é̂")
def test_the_truth_itself_is_right(truth: str) -> None:
    assert judge(truth, truth, "text").correct
    kind = kind_of(truth)
    assert judge(truth, truth, kind).correct


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.integers().map(str),
        st.integers(min_value=1000).map("{:,}".format),
        st.decimals(allow_nan=False, allow_infinity=False, places=3).map("{:f}".format),
        st.fractions(min_value=0, max_denominator=99).map(str),
    )
)
def test_a_number_is_right_in_a_sentence_and_another_is_not(truth: str) -> None:
    assert judge(truth, f"The answer is {truth}.", "number").correct
    assert judge(truth, f"It is {truth} apples.", "number").correct
    assert not judge(truth, f"The answer is {truth}1.", "number").correct


_PIECES = (
    "the answer is|\\boxed{|}|\\frac{1}{0}|1/0|1^999|10^-5|1e999|...|no, wait|not|7|8,|(B)|or|"
    "是|不|十|万|½|٣|−|%|$|?|\n|**|####|=|Cald|A|×10^9999|百分之|\ud800|é"
)


@settings(max_examples=500, deadline=None)
@given(
    st.one_of(st.text(), st.lists(st.sampled_from(_PIECES.split("|")), max_size=14).map(" ".join)),
    st.sampled_from(KINDS),
)
@example("0:B)A", "choice")
@example("I) or A", "choice")
def test_no_text_breaks_it_and_value_and_verdict_belong_together(answer: str, kind: str) -> None:
    truth = {"number": "7", "text": "Cald", "choice": "B", "code": "assert f() == 7"}[kind]
    verdict = judge(truth, answer, kind)
    read_answer(answer, kind), read_answer(answer), kind_of(answer)
    assert verdict.why
    if verdict.value is not None:
        assert judge(truth, verdict.value, kind).correct == verdict.correct
    elif verdict.correct:
        raise AssertionError("right without a value")


def test_options_may_be_named_by_their_words() -> None:
    options = ("Lyon", "Paris", "Nice")
    assert judge("B", "The capital is Paris.", "choice", choices=options).correct
    assert judge("Paris", "B", "choice", choices=options).correct
    assert judge("B", "It is not Paris but Lyon.", "choice", choices=options).value == "A"
    assert not judge("B", "Paris, or maybe it is Lyon.", "choice", choices=options).correct


def test_wrong_use_is_refused_with_what_to_do() -> None:
    with pytest.raises(BadInput, match=r"'prose'.*expected one of number, text, choice, code"):
        judge("f", "def f(): ...", "prose")
    with pytest.raises(BadInput, match="no number"):
        judge("Paris", "Paris", "number")
    with pytest.raises(BadInput, match="one letter"):
        judge("Paris", "Paris", "choice")
    with pytest.raises(BadInput, match="empty"):
        judge(" ", "Paris")


def test_long_answers_are_read_in_time() -> None:
    began = time.process_time()
    for piece in ("1,", "not 7 or ", "((((", "answer is ", "wait, ", "一", "a b ", "1", "Cald? "):
        assert judge("7", piece * 50_000 + "\nThe answer is 7.", "number").correct
        for kind, truth in (("number", "7"), ("text", "Cald"), ("choice", "B")):
            assert judge(truth, piece * 50_000, kind).why
    assert time.process_time() - began < 60


@pytest.mark.parametrize(
    ("truth", "kind"),
    [
        *(("1,200", "number"), ("50%", "number"), ("$18", "number"), ("1/2", "number")),
        *(("B", "choice"), ("six", "text"), ("Paris", "text"), ("17:30", "text"), ("B12", "text")),
    ],
)
def test_kind_of_a_truth(truth: str, kind: str) -> None:
    assert kind_of(truth) == kind


def test_worlds_are_clients_of_the_same_rule() -> None:
    for problem in make_problems("ledger", 300):
        for said in (problem.answer, problem.thought, problem.truth, f"answer {problem.truth} 31"):
            assert check(problem, said) == judge(problem.truth, said, "number")
            assert check(problem, said).correct
        assert not check(problem, f"{problem.thought}; answer 31").correct
        assert extract_answer("ledger", problem.answer) == problem.truth
    fact = make_problem("almanac", 3)
    other = next(
        p for p in make_problems("almanac", 300) if p.claims[0].entity != fact.claims[0].entity
    )
    assert check(fact, fact.answer).correct
    assert not check(fact, other.answer).correct, "another person's fact is no answer"
    assert not check(fact, f"It is not {fact.truth} but Nowhere.").correct


@pytest.mark.parametrize(
    ("truth", "answer", "right"),
    [
        ("7", "There are 27 sheep.", False),
        ("7", "There are 7 sheep.", True),
        ("7", "77", False),
        ("Cald", "It is not Cald but Brul.", False),
        ("Cald", "They live in Cald.", True),
    ],
)
def test_every_caller_gives_the_same_verdict(truth: str, answer: str, right: bool) -> None:
    kind = kind_of(truth)
    free = plan.PlanProblem(question="?", truth=truth)
    assert judge(truth, answer, kind).correct is right
    assert judge_asked(free, answer) == (judge(truth, answer, kind).value or "", right)
    assert Relay(0, "", "?", truth, kind=kind).is_right(answer) is right
    if kind == "number":
        assert judge_asked(free.model_copy(update={"world": "ledger"}), answer)[1] is right


def test_written_relays_are_judged_by_their_kind() -> None:
    facts = load_settings(find("relay"), preset="relay-real").by_hand
    relays = make_relays(len(facts), 0, (1,), facts)
    assert {relay.kind for relay in relays} == {"text", "number"}
    for relay in relays:
        assert relay.is_right(relay.truth), relay
        assert not relay.is_right(f"It is not {relay.truth}.")
        assert not relay.is_right("I do not know.")
