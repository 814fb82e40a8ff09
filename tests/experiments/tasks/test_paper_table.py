"""Tasks as in the papers on untrained pocket models: the same answers as the page's lanes, costs
that are counted, matched compute, stop and resume.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.errors import BadInput
from lab.experiments.harness.driver import Watch, run_experiment
from lab.experiments.harness.registry import find, load_settings, settings_from
from lab.experiments.tasks.paper_table import BEST_OF_N, SAME_COMPUTE, Settings, lanes_of
from lab.models.pool import HostPool
from lab.plan import CapturePlan, Plan
from lab.records.results import ResultTable
from lab.service.runner import run_plan
from lab.worlds.task_files import load_task
from tests.tiny_pocket import make_pockets

FEW = {"n": 3, "steps": 2, "max_tokens": 4, "samples": 3}
ALL = ["single", "textmas", "latentmas", "moa", SAME_COMPUTE, BEST_OF_N]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> HostPool:
    root = make_pockets(tmp_path_factory.mktemp("models"), "pocket-base")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_LAB_MODELS", str(root))
        made = HostPool()
        made.get("pocket-base")
    return made


def ask(pool: HostPool, folder: Path | None = None, watch: Watch | None = None, **changes: object):
    entry = find("tasks")
    settings = settings_from(entry, {**FEW, **changes})
    return run_experiment(entry, settings, pool.get, folder, watch)


def answers(table: ResultTable) -> dict[tuple[str, int], str]:
    rows = table.rows
    return dict(
        zip(zip(rows["condition"], rows["problem"], strict=True), rows["answer"], strict=True)
    )


@pytest.fixture(scope="module")
def whole(pool: HostPool) -> ResultTable:
    return ask(pool)


def test_every_method_answers_every_question(whole: ResultTable) -> None:
    assert list(dict.fromkeys(whole.rows["condition"])) == ALL
    assert whole.rows.groupby("condition")["problem"].apply(list).map(tuple).unique().tolist() == [
        (1, 2, 3)
    ]


def test_the_answers_are_those_of_the_page(
    pool: HostPool, whole: ResultTable, tmp_path: Path
) -> None:
    item = load_task("ledger").items[1]
    lanes = lanes_of(Settings(**FEW))
    plan = Plan(
        problem=item.problem,
        lanes=tuple(lanes.values()),
        capture=CapturePlan(layers="none"),
        schedule="alone",
    )
    record = run_plan(plan, tmp_path / "run", pool)
    ended = [e for e in record.events if e.type == "lane_finished"]
    said = answers(whole)
    for name, event in zip(lanes, ended, strict=True):
        row = whole.rows[(whole.rows["condition"] == name) & (whole.rows["problem"] == 2)].iloc[0]
        assert said[name, 2] == event.answer
        assert (row["read"], row["written"], row["latent"]) == (
            event.tokens_read,
            event.tokens_written,
            event.latent_steps,
        )


def test_latent_steps_count_as_passes(whole: ResultTable) -> None:
    rows = whole.rows.set_index("condition")
    assert (rows.loc["latentmas", "latent"] == 2 * 2).all()
    assert (rows["passes"] == rows["written"] + rows["latent"]).all()


def test_the_single_agent_may_spend_what_the_dearest_team_spends(whole: ResultTable) -> None:
    by = {name: part.set_index("problem") for name, part in whole.rows.groupby("condition")}
    team = by["moa"]["gflop"].combine(by["textmas"]["gflop"], max)
    team = team.combine(by["latentmas"]["gflop"], max)
    matched = by[SAME_COMPUTE]
    one = matched["gflop"] / matched["samples"]
    assert (matched["samples"] >= 1).all() and (matched["samples"] <= FEW["samples"]).all()
    enough = (matched["gflop"] <= team) | (matched["samples"] == 1)
    full = (matched["gflop"] + one > team) | (matched["samples"] == FEW["samples"])
    assert enough.all() and full.all()
    assert (matched["gflop"] == by[BEST_OF_N]["gflop"]).all()


def test_a_stop_keeps_finished_questions_and_the_rest_is_asked_later(
    pool: HostPool, whole: ResultTable, tmp_path: Path
) -> None:
    begun: list[str] = []
    watch = Watch(
        progress=lambda _share, text: begun.append(text),
        cancelled=lambda: sum(text.startswith("question") for text in begun) >= 2,
    )
    stopped = ask(pool, tmp_path / "out", watch)
    assert stopped.meta["status"] == "cancelled"
    assert set(stopped.rows["problem"]) == {1} and len(stopped.rows) == len(ALL)
    asked: list[str] = []
    watch = Watch(progress=lambda _share, text: asked.append(text))
    rest = ask(pool, tmp_path / "out", watch)
    assert rest.meta["status"] == "finished"
    assert [text.split(" (")[0] for text in asked[:2]] == ["question 2", "question 3"]
    assert answers(rest) == answers(whole) == answers(ResultTable.open(tmp_path / "out"))


def test_answers_to_another_file_are_not_continued(pool: HostPool, tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text('{"world": "ledger", "seed": 5}\n', encoding="utf-8")
    ask(pool, tmp_path / "out", task=str(path), methods=("single",))
    path.write_text('{"world": "ledger", "seed": 6}\n', encoding="utf-8")
    with pytest.raises(BadInput, match="has changed"):
        ask(pool, tmp_path / "out", task=str(path), methods=("single",))


def test_a_question_that_does_not_fit_is_wrong_and_the_run_goes_on(
    pool: HostPool, tmp_path: Path
) -> None:
    long = " ".join(["The black box has 13 coins."] * 400)
    lines = [
        {"question": "How many coins are in the black box?", "truth": "13", "facts": facts}
        for facts in (long, "The black box has 13 coins.")
    ]
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    table = ask(pool, task=str(path), methods=("single", "textmas"), samples=0)
    assert table.meta["status"] == "finished" and set(table.rows["problem"]) == {1, 2}
    assert any("Counted as wrong" in note for note in table.meta["notes"])


def test_a_task_that_cannot_tell_says_so(whole: ResultTable) -> None:
    assert whole.rows["accuracy"].sum() == 0, "untrained"
    assert any("can tell nothing of accuracy" in note for note in whole.meta["notes"])


def test_wrong_settings_are_one_sentence() -> None:
    with pytest.raises(BadInput, match="methods"):
        settings_from(find("tasks"), {"methods": ["telepathy"]})
    with pytest.raises(BadInput, match="no chain of 4 agents"):
        lanes_of(Settings(prompts="small", agents=4))
    assert load_settings(find("tasks-real")).task == "english"
