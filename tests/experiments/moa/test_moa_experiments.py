"""The experiments of the MoA lab: identities on untrained pocket models, and rules on hand-made
cases.
"""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pytest

from lab.engine.decode import generate_text
from lab.engine.give import give_to
from lab.engine.memory import LatentMemory
from lab.errors import BadInput, SpaceMismatch
from lab.experiments.harness import registry
from lab.experiments.harness.driver import Watch, run_experiment
from lab.experiments.harness.registry import find, load_settings
from lab.experiments.moa import team
from lab.experiments.moa.gate import keep_single
from lab.experiments.moa.length_judge import judge
from lab.experiments.moa.selfmoa import error_matrix, phi_terms
from lab.experiments.moa.team import Team, TeamSettings, majority, share_of_facts, value_probability
from lab.experiments.moa.verify import holds
from lab.models.pool import HostPool
from lab.plan import Decoding
from lab.records.results import ResultTable
from lab.worlds import make_problem
from tests.engine.tiny_models import tiny
from tests.tiny_pocket import make_pockets

NAMES = ("pocket-base", "pocket-scholar-1", "pocket-scholar-2", "pocket-scholar-3")
FEW = {"n": 4, "max_tokens": 6}


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> HostPool:
    root = make_pockets(tmp_path_factory.mktemp("models"), *NAMES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_LAB_MODELS", str(root))
        made = HostPool()
        for name in (*NAMES, *(f"{name}:int4" for name in NAMES)):
            made.get(name)
    return made


def run(pool: HostPool, name: str, folder: Path | None = None, **changes: object) -> ResultTable:
    entry = find(name)
    return run_experiment(entry, load_settings(entry, {**FEW, **changes}), pool.get, folder)


SMALL = {
    "moa-layers": {"sizes": (1, 4), "layers": (1, 2), "timed": 1},
    "forks": {"layer": 1, "samples": 24, "least": 1, "heat": 0.7},
    "space": {"samples": 2, "mapped": 2},
    "gate": {"thresholds": (0.0, 0.5, 1.0)},
    "routing": {"teams": {"by subject": NAMES[1:], "at random": NAMES[:2]}, "ks": (1,)},
}


@pytest.mark.parametrize(
    "name", [entry.name for entry in registry.entries() if ".moa." in entry.module]
)
def test_every_experiment_runs_and_has_a_control(pool: HostPool, name: str, tmp_path: Path) -> None:
    table = run(pool, name, tmp_path / name, **SMALL.get(name, {}))
    assert table.meta["status"] == "finished"
    summary = table.summary()
    assert set(summary["control"]) & {"control", "floor"}, f"{name} has no control"
    assert (
        (tmp_path / name / "results.csv")
        .read_text()
        .startswith("experiment,condition,channel,metric,value,low,high,n")
    )
    assert (summary["low"] <= summary["value"] + 1e-9).all() and (
        summary["value"] <= summary["high"] + 1e-9
    ).all()


def test_every_card_finds_its_conditions(pool: HostPool) -> None:
    from lab.panels.drafts.claim_cards import card_view, cards

    changes = {
        **SMALL,
        "moa-layers": {"sizes": (3,), "layers": (1, 3), "timed": 1},
        "gate": {"thresholds": (0.9,)},
    }
    own = [c for c in cards() if find(c.experiment).module.startswith("lab.experiments.moa.")]
    assert len(own) > 5
    tables = {
        name: run(pool, name, **changes.get(name, {})) for name in {c.experiment for c in own}
    }
    for card in own:
        seen = card_view(card, tables[card.experiment])
        assert seen.verdict != "none", (card.name, seen.sentence)


def test_gate_at_its_ends_is_single_and_team(pool: HostPool) -> None:
    table = run(pool, "gate", thresholds=(0.0, 1.0))
    rows = table.rows[table.rows["channel"] == "gate"].set_index("condition")
    settings = load_settings(find("gate"), FEW)
    team = Team.gather(settings, pool.get)  # type: ignore[arg-type]
    single = team.propose("pocket-base")
    together = team.aggregate(
        [list(row) for row in zip(*(s.texts for s in team.drafts()), strict=True)]
    )
    assert list(rows.loc["threshold 0"]["said"]) == [value or "" for value in single.values]
    assert list(rows.loc["threshold 1"]["said"]) == [value or "" for value in together.values]
    assert (
        not rows.loc["threshold 0"]["escalated"].any()
        and rows.loc["threshold 1"]["escalated"].all()
    )
    assert (
        keep_single(0.5, 0.5)
        and not keep_single(0.49, 0.5)
        and not keep_single(1.0, 1.0)
        and keep_single(0.0, 0.0)
    )


def test_foreign_drafts_do_not_beat_none_when_drafts_carry_nothing(pool: HostPool) -> None:
    table = run(pool, "causal", n=24)
    foreign = table.estimate("another question's drafts", "accuracy")
    none = table.estimate("no drafts", "accuracy")
    assert foreign.low <= none.high


def test_a_batch_says_what_one_by_one_says(pool: HostPool) -> None:
    together, apart = (
        Team.gather(TeamSettings(n=5, max_tokens=6, batch=size, temperature=0.8), pool.get)
        for size in (5, 1)
    )
    assert (
        together.propose("pocket-scholar-1", 3).texts == apart.propose("pocket-scholar-1", 3).texts
    )


def test_a_stop_keeps_what_is_finished_and_goes_on_later(pool: HostPool, tmp_path: Path) -> None:
    entry, calls = find("causal"), []

    def cancelled() -> bool:
        calls.append(1)
        return len(calls) > 4

    settings = load_settings(entry, FEW)
    stopped = run_experiment(entry, settings, pool.get, tmp_path / "x", Watch(cancelled=cancelled))
    assert stopped.meta["status"] == "cancelled" and 0 < len(stopped.meta["finished"]) < 7
    assert run_experiment(entry, settings, pool.get, tmp_path / "x").meta["status"] == "finished"


def test_a_missing_model_is_a_note_and_not_an_end(pool: HostPool) -> None:
    table = run(pool, "coverage", weaker=":int99")
    assert table.meta["status"] == "finished"
    assert any("best + weaker other: not available here" in note for note in table.meta["notes"])


def test_drafts_too_long_for_the_window_are_refused(pool: HostPool) -> None:
    team = Team.gather(TeamSettings(n=2, max_tokens=6), pool.get)
    with pytest.raises(BadInput, match="use fewer proposers or shorter drafts"):
        team.aggregate([["Ivy Stone lives in Brul. " * 2000]] * 2)


def test_merged_single_cache_is_the_cache_itself(pool: HostPool) -> None:
    host = pool.get("pocket-base")
    prompt = host.render([{"role": "user", "content": "Solve. How many coins are in the red box?"}])
    memory = generate_text(host, [prompt], None, Decoding(max_tokens=5), keep_memory=True).memory
    assert memory is not None
    judge_prompt = host.render(
        [{"role": "user", "content": "Judge. How many coins are in the red box?"}]
    )
    own = generate_text(host, [judge_prompt], memory.fork(), Decoding(max_tokens=5))
    other = LatentMemory.merge_kv([give_to(memory, host)])
    assert generate_text(host, [judge_prompt], other, Decoding(max_tokens=5)).ids == own.ids


def test_a_cache_of_another_shape_is_refused(pool: HostPool) -> None:
    with pytest.raises(SpaceMismatch, match="does not fit pocket-base"):
        give_to(LatentMemory(tiny("llama"), 1), pool.get("pocket-base"))


def test_error_correlation_on_planted_cases() -> None:
    a = np.array([0, 0, 1, 1, 0, 1, 0, 1], float)
    independent = np.array([0, 1, 0, 1, 0, 1, 1, 0], float)
    matrix = error_matrix([a, a, 1 - a, independent])
    assert (
        matrix[0, 1] == pytest.approx(1)
        and matrix[0, 2] == pytest.approx(-1)
        and matrix[0, 3] == pytest.approx(0)
    )
    assert matrix[0, 3] == pytest.approx(np.corrcoef(a, independent)[0, 1])
    assert np.isnan(phi_terms(np.zeros(4), a[:4])).all()


def test_vote_and_ties() -> None:
    rng = random.Random(0)
    assert majority(["7", "6", "6"], rng) == 1
    assert majority([None, None, "6"], rng) == 2
    assert majority([None, None], rng) == 0
    assert {majority(["6", "7"], random.Random(seed)) for seed in range(20)} == {0, 1}


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("red 9; Ned 9 + 1 = 10; Ben 10 - 4 = 6; answer 6", True),
        ("red 9; Ned 9 + 1 = 11; Ben 11 - 4 = 7; answer 7", False),
        ("red 9; Ned 9 + 1 = 10; Ben 9 - 4 = 5; answer 5", False),
        ("red 9; Ned 9 + 1 = 10; answer 6", False),
        ("answer 6", False),
        ("", False),
    ],
)
def test_the_rule_needs_no_truth(text: str, right: bool) -> None:
    assert holds(text) is right


def test_judge_likes_length_and_structure_only() -> None:
    assert (
        judge("A true fact.")
        < judge("A true fact. And a few more words.")
        < judge("- A true fact.\n- And more words.")
    )


def test_probability_of_a_value_is_that_of_its_tokens() -> None:
    tokens, logprobs = (
        [" red", " 1", "2", ";", " answer", " 1", "2"],
        [0.0, -9.0, -9.0, 0.0, -5.0, -0.1, -0.2],
    )
    assert value_probability(tokens, logprobs, "12") == pytest.approx(math.exp(-0.3))
    assert math.isnan(value_probability(tokens, logprobs, "99")) and math.isnan(
        value_probability(tokens, logprobs, None)
    )


def test_share_of_facts() -> None:
    problem = make_problem("almanac", 3, depth=6)
    sentences = problem.answer.split(". ")
    assert share_of_facts(problem, problem.answer) == 1.0
    assert share_of_facts(problem, sentences[0] + ".") == pytest.approx(1 / 6)
    assert share_of_facts(problem, "") == 0.0


def test_only_drafts_that_are_kept_have_a_vote() -> None:
    def said(*values: str) -> team.Said:
        n = len(values)
        return team.Said(list(values), list(values), [False] * n, [], [], [], [], [], 0.0)

    drafts = [said("a", "a"), said("b", "b"), said("b", "a")]
    assert team.voted(drafts, random.Random(0)) == [1, 0]
    assert team.voted(drafts, random.Random(0), [[0], [1, 2]])[0] == 0
    assert team.voted(drafts, random.Random(0), [[0, 1, 2], [1]])[1] == 1
