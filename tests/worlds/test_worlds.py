"""Worlds: exact truth, an independent solver, the held-out split, parsers on hand-made answers."""

import random
import re

import pytest

from lab.errors import BadInput
from lab.worlds import almanac, check, extract_answer, ledger, make_problem, make_problems
from lab.worlds.problem import HELD_OUT_SEEDS, Claim, is_held_out

EVENT = re.compile(r"The (\w+) box (gets|gives|is doubled) (?:(\d+) )?(?:from|to|by) \w+\.")
START = re.compile(r"The (\w+) box has (\d+) coins\.")


def solve(text):
    """An independent reader of the English text."""
    asked = re.search(r"in the (\w+) box\?", text)[1]
    value = int(dict(START.findall(text))[asked])
    touched = 0
    for color, verb, amount in EVENT.findall(text):
        if color == asked:
            touched += 1
            value += {"gets": int(amount or 0), "gives": -int(amount or 0)}.get(verb, value)
            assert 0 <= value <= ledger.MOST
    return str(value), touched


def test_solver_agrees_on_ten_thousand_problems():
    for seed in range(HELD_OUT_SEEDS, HELD_OUT_SEEDS + 10_000):
        problem = make_problem("ledger", seed)
        assert solve(problem.text) == (problem.truth, problem.depth)


def test_thought_ends_in_the_truth_and_every_step_is_right():
    for problem in make_problems("ledger", 200):
        assert problem.thought.split()[-1] == problem.truth
        assert len(problem.claims) == problem.depth
        assert all(ledger.step_is_right(claim) for claim in problem.claims)
        assert [s.line() for s in ledger.read_plan(problem.plan)] == problem.thought.split("; ")[1:]


def test_held_out_and_training_texts_are_disjoint_by_content():
    held_out = {p.text for p in make_problems("ledger", 2000, depth=1, distractors=0)}
    training = {
        p.text for p in make_problems("ledger", 2000, seed=HELD_OUT_SEEDS, depth=1, distractors=0)
    }
    assert not held_out & training
    assert all(map(is_held_out, held_out)) and not any(map(is_held_out, training))


def test_same_seed_same_problem_and_asked_depth():
    assert make_problem("ledger", 17) == make_problem("ledger", 17) != make_problem("ledger", 18)
    for depth in range(1, 5):
        for distractors in (0, 6):
            problem = make_problem("ledger", 3, depth=depth, distractors=distractors)
            assert (
                len(EVENT.findall(problem.facts)) == depth + distractors and problem.depth == depth
            )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: make_problem("ledger", 1, depth=5),
            "depth must be a whole number from 1 to 4, got 5",
        ),
        (lambda: make_problem("ledger", -1), "seed must be a whole number from 0"),
        (
            lambda: make_problem("ledger", 1, distractors=7),
            "distractors must be a whole number from 0 to 6, got 7",
        ),
        (lambda: make_problem("ledger", True), "got True"),
        (
            lambda: make_problem("chess", 1),
            "Unknown world 'chess': expected one of ledger, almanac",
        ),
        (lambda: make_problem("almanac", 1, depth=3), "depth must be 1 .* or 6 .*, got 3"),
        (lambda: make_problems("ledger", 0), "whole number from 1, got 0"),
    ],
)
def test_parameters_out_of_range_are_named(call, message):
    with pytest.raises(BadInput, match=message):
        call()


@pytest.mark.parametrize(
    ("answer", "value", "correct"),
    [
        ("red 9; Ned 9 + 1 = 10; Ben 10 - 4 = 6; answer 6", "6", True),
        (" 6", "6", True),
        ("red 9; Ned 9 + 1 = 10; Ben 10 - 4 = 6", "6", True),
        ("answer 6; red 9", "6", True),
        ("6 then 7", "7", False),
        ("answer 7", "7", False),
        ("six", "6", True),
        ("none", None, False),
        ("", None, False),
    ],
)
def test_ledger_answers(answer, value, correct):
    problem = next(p for p in make_problems("ledger", 500) if p.truth == "6")
    verdict = check(problem, answer)
    assert (verdict.value, verdict.correct) == (value, correct)
    assert extract_answer("ledger", answer) == value


def test_corrupted_drafts_are_wrong_and_say_so():
    rng = random.Random(1)
    for problem in make_problems("ledger", 300):
        plan, thought = ledger.corrupt(rng, problem)
        assert not check(problem, thought).correct
        assert plan.split()[0] == problem.plan.split()[0]


def test_step_parser_reads_every_operation():
    text = "red 9; Ned 9 + 1 = 10; Ben 10 - 4 = 7; 3 * 2 = 6"
    claims = ledger.parse_steps(text)
    assert claims == (
        Claim("Ned", "9 + 1", "10"),
        Claim("Ben", "10 - 4", "7"),
        Claim("", "3 * 2", "6"),
    )
    assert [ledger.step_is_right(claim) for claim in claims] == [True, False, True]


def test_almanac_is_fixed_and_masks_hold_their_share():
    assert len(almanac.people()) == almanac.PEOPLE and len(almanac.facts()) == 720
    assert not set(almanac.people()) & set(almanac.strangers())
    for mask in range(4):
        assert len(almanac.known_facts(mask)) == round(0.55 * 720)
    assert almanac.known_facts(0) != almanac.known_facts(1)


def test_claim_parser_reads_every_template():
    for attribute in almanac.ATTRIBUTES:
        text = almanac.sentence("Ada Reed", attribute.name, attribute.values[3])
        assert almanac.parse_claims(f"Sure: {text}") == (
            Claim("Ada Reed", attribute.name, attribute.values[3]),
        )
    profile = make_problem("almanac", 5, depth=6)
    assert almanac.parse_claims(profile.answer) == profile.claims


def test_almanac_answers_right_wrong_and_malformed():
    problem = almanac.fact_problem(almanac.people()[0], "home", value="Brul")
    who = almanac.people()[0]
    assert check(problem, f"{who} lives in Brul.").correct
    assert check(problem, " Brul").correct
    assert not check(problem, f"{who} lives in Tarn.").correct
    assert not check(problem, f"{who} drinks tea.").correct
    assert not check(problem, "Other Person lives in Brul.").correct
    assert check(problem, "").value is None
    profile = make_problem("almanac", 5, depth=6)
    assert check(profile, profile.answer).correct
    assert not check(profile, profile.answer.rsplit(". ", 1)[0] + ".").correct


def test_almanac_seeds_ask_for_every_fact_once():
    asked = {make_problem("almanac", seed).claims[0] for seed in range(720)}
    assert len(asked) == 720
