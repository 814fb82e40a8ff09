"""The relay runner: batches, controls, stop and resume, settings, the command line."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch

from lab.engine.memory import LatentMemory
from lab.errors import BadInput
from lab.experiments.failure import relay
from lab.experiments.harness import registry
from lab.experiments.harness.batch import Batch
from lab.experiments.harness.driver import Watch, run_experiment
from lab.experiments.harness.evaluate import Evaluator
from lab.experiments.transfer.conditions import Condition
from lab.experiments.transfer.receiver import ask
from lab.experiments.transfer.relay_problems import (
    Prompts,
    answer_ids,
    make_relays,
    other_row,
    written_facts,
)
from lab.records.results import ResultTable
from tests.experiments.tiny_worlds import hosts, tiny

HOSTS = hosts()
LINES = [
    {"name": "method", "channels": ["kv", "latent"], "control": "method"},
    {"name": "nothing", "channel": "none", "control": "floor"},
    {"name": "text", "channel": "text", "control": "ceiling"},
    {"name": "alone", "channel": "alone"},
    {"name": "solo", "channel": "solo"},
    {"name": "other", "channel": "kv", "ops": [{"op": "other_problem"}], "control": "control"},
    {"name": "missing", "channel": "kv", "sender": "pocket-nobody"},
    {"name": "wide", "channel": "latent", "sender": "wide"},
]


def settings(**more: object) -> relay.Settings:
    return relay.Settings.model_validate(
        {
            "n": 5,
            "steps": 4,
            "sender": "base",
            "receiver": "base",
            "batch": 3,
            "conditions": LINES,
            **more,
        }
    )


def test_every_condition_gets_a_row_per_problem_and_the_rest_is_explained(tmp_path: Path) -> None:
    table = run_experiment(registry.find("relay"), settings(), HOSTS, tmp_path / "r")
    assert table.meta["status"] == "finished"
    counts = table.rows.groupby(["condition", "channel"]).size()
    assert set(counts) == {5} and len(counts) == 7
    assert "not on this machine" in table.meta["refused"]["missing/kv"]
    assert "cannot be fed" in table.meta["refused"]["wide/latent"]
    csv = pd.read_csv(tmp_path / "r" / "results.csv")
    assert {"accuracy", "nll", "kl", "tokens", "ms", "bytes"} <= set(csv["metric"])
    method = table.estimate("method", "kl", "kv")
    assert method.value == pytest.approx(0.0, abs=1e-9)  # the method is its own correct hand-over


def test_batches_give_the_same_as_one_by_one() -> None:
    rows = {}
    for batch in (1, 5):
        table = ResultTable.start("relay", {})
        relay.fill(table, settings(batch=batch, conditions=LINES[:5]), HOSTS, Watch())
        rows[batch] = table.rows.sort_values(["condition", "channel", "problem"]).reset_index(
            drop=True
        )
    for column in ("nll", "kl"):
        assert torch.allclose(
            torch.tensor(rows[1][column].astype(float).values),
            torch.tensor(rows[5][column].astype(float).values),
            atol=1e-4,
            equal_nan=True,
        )
    assert rows[1]["answer"].tolist() == rows[5]["answer"].tolist()


def test_a_stop_in_the_middle_keeps_finished_conditions_and_resumes(tmp_path: Path) -> None:
    calls: list[str] = []
    watch = Watch(progress=lambda _, text: calls.append(text), cancelled=lambda: len(calls) > 9)
    stopped = run_experiment(registry.find("relay"), settings(), HOSTS, tmp_path / "r", watch)
    assert stopped.meta["status"] == "cancelled" and "kept" in stopped.meta["message"]
    assert 0 < len(stopped.meta["finished"]) < 8
    done = run_experiment(registry.find("relay"), settings(), HOSTS, tmp_path / "r")
    assert done.meta["status"] == "finished"
    assert set(done.rows.groupby(["condition", "channel"]).size()) == {5}


def test_another_problem_never_has_the_same_answer() -> None:
    truths = ["3", "3", "5", "3", "7"]
    for row, other in enumerate(other_row(truths, 0)):
        assert truths[other] != truths[row]
    assert other_row(["3", "3"], 0) == [1, 0] or other_row(["3", "3"], 0) == [0, 1]


def test_nll_is_what_a_plain_pass_over_the_whole_text_gives() -> None:
    host, relays, prompts = tiny(0), make_relays(4, 0, (1, 2)), Prompts.pocket()
    ids = [prompts.ids(host, "receiver", r) for r in relays]
    golds = [answer_ids(host, r.truth) for r in relays]
    got = ask(host, LatentMemory(host, 4), ids, golds)
    for row in range(4):
        whole = torch.tensor([ids[row] + golds[row]])
        logp = torch.log_softmax(host.model(whole).logits[0].float(), -1)
        start = len(ids[row]) - 1
        plain = -sum(logp[start + i, t] for i, t in enumerate(golds[row]))
        assert float(got.nll[row]) == pytest.approx(float(plain), abs=1e-4)


def test_spoken_answers_equal_transformers_generate() -> None:
    host, relays, prompts = tiny(0), make_relays(3, 0, (1, 2)), Prompts.pocket()
    ids = [prompts.ids(host, "alone", r) for r in relays]
    said = ask(host, LatentMemory(host, 3), ids, [[5]] * 3, max_tokens=6).said
    for row in range(3):
        out = host.model.generate(torch.tensor([ids[row]]), max_new_tokens=6, do_sample=False)[
            0, len(ids[row]) :
        ].tolist()
        assert said[row] == [t for t in out if t not in host.eos_ids]


def test_random_vectors_are_at_the_floor_for_an_untrained_model() -> None:
    runner = Evaluator(make_relays(20, 0, (1,)), Prompts.pocket(), HOSTS, steps=3)
    work = Batch(runner.relays, runner.prompts, 3, 3, 0)
    rows = runner.rows(
        Condition(name="n", channel="kv", sender="base", receiver="base", ops=[{"op": "noise"}]),
        work,
    )
    assert sum(r["accuracy"] for r in rows) <= 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n": 0}, "number of problems"),
        ({"n": 10**6}, "number of problems"),
        ({"conditions": [LINES[1], LINES[1]]}, "Two conditions"),
        (
            {
                "conditions": [
                    {
                        "name": "x",
                        "channel": "latent",
                        "sender": "base",
                        "ops": [{"op": "rotary_base", "base": 9}],
                    }
                ]
            },
            None,
        ),
    ],
)
def test_bad_input_is_one_sentence(change: dict, words: str | None) -> None:
    table = ResultTable.start("relay", {})
    if words is None:
        relay.fill(table, settings(**change), HOSTS, Watch())
        assert "use the other channel" in table.meta["refused"]["x/latent"]
    else:
        with pytest.raises(BadInput, match=words):
            relay.fill(table, settings(**change), HOSTS, Watch())


def test_every_preset_is_valid_and_names_are_unique() -> None:
    names = [entry.name for entry in registry.entries()]
    assert len(names) == len(set(names))
    for entry in registry.entries():
        assert registry.load_settings(entry).n >= 1
    with pytest.raises(BadInput, match="no experiment"):
        registry.find("nonsense")
    with pytest.raises(BadInput, match="correct this entry"):
        registry.load_settings(registry.find("relay"), {"stepps": 3})


def test_written_relays_are_of_six_sorts_and_no_answer_is_in_its_question() -> None:
    facts = written_facts("english")
    assert len(facts) >= 200 and len({f.facts for f in facts}) == len(facts)
    templates = {f.template for f in facts}
    assert len({f.sort for f in facts}) == 6 and len(templates) == 36
    for fact in facts:
        assert fact.truth.lower() in fact.facts.lower(), fact
        assert fact.truth.lower() not in fact.question.lower(), fact
    by_template = {t: {f.truth for f in facts if f.template == t} for t in templates}
    assert all(len(truths) > 1 for truths in by_template.values()), "a template is no answer"


def test_unknown_written_relays_are_one_sentence() -> None:
    with pytest.raises(BadInput, match="no written relays 'klingon': expected one of english"):
        written_facts("klingon")
