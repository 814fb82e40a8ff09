"""Runs and records through the face: the pictures and figures are the panels' own."""

import shutil
from pathlib import Path

import plotly.graph_objects as go
import pytest

import lab
from lab.errors import BadInput, LabError, RecordDamaged
from lab.events import LaneFinished
from lab.panels.agent_colors import colors_of, roster_of
from lab.panels.drafts.drafts import find_run, runs_of, view
from lab.panels.drafts.drafts_figures import flow
from lab.panels.states.memory_strips import strips_figure
from lab.panels.style import themed
from lab.plan import Plan
from lab.presets import load_preset


@pytest.fixture(scope="module")
def shipped() -> lab.RecordView:
    return lab.open_record("side-by-side")


def test_a_preset_is_run_and_its_record_opens_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    seen = []
    made = lab.run("relay", {"problem.seed": 5, "lanes.latentmas.steps": 8}, on_event=seen.append)
    assert made.folder.parent == Path("records")
    assert made.record.problem.seed == 5
    assert made.record.plan.lanes[1].steps == 8
    assert len(seen) == len(made.record.events)
    again = lab.open_record(made.folder)
    assert again.lanes().equals(made.lanes())
    finished = [e for e in made.record.events if isinstance(e, LaneFinished)]
    table = made.lanes().set_index("method")
    titles = {"textmas": "In words", "latentmas": "In hidden states"}
    titles |= {"latentmas-2": "Nothing", "latentmas-3": "Another model's"}
    assert {m: bool(table.loc[m, "correct"]) for m in table.index} == {
        titles[e.lane]: e.correct for e in finished
    }


@pytest.mark.parametrize("form", ["plan", "data", "file"])
def test_a_plan_may_come_in_every_form(form: str, tmp_path: Path) -> None:
    data = {"problem": {"world": "ledger", "seed": 2}, "lanes": [{"method": "single"}]}
    file = tmp_path / "mine.yaml"
    file.write_text("problem: {world: ledger, seed: 2}\nlanes: [{method: single}]\n")
    plan = {"plan": Plan.model_validate(data), "data": data, "file": str(file)}[form]
    made = lab.run(plan, out=tmp_path / "record")
    assert made.texts()["text"].iloc[0] == lab.problem("ledger", 2).answer


def test_pictures_are_those_of_the_panels(shipped: lab.RecordView) -> None:
    record = shipped.record
    strips = themed(strips_figure(record, "latentmas", colors_of(record)), "light")
    assert shipped.memory("latentmas").to_json() == strips.to_json()
    drafts = flow(view(find_run(runs_of(record.events, roster_of(record)), None), record.problem))
    assert shipped.drafts().to_json() == themed(drafts, "light").to_json()


@pytest.mark.parametrize(
    "draw",
    [
        lambda r: r.map(host="pocket-base"),
        lambda r: r.map(2, agents=("planner", "refiner"), color="step", dims=3),
        lambda r: r.lens(),
        lambda r: r.lens("aggregator", shade="entropy"),
        lambda r: r.lens("judger", word="19", shade="rank"),
        lambda r: r.memory(),
        lambda r: r.growth(),
        lambda r: r.watch(),
        lambda r: r.watch("23"),
        lambda r: r.drafts("moa"),
    ],
)
def test_every_picture_holds_something(shipped: lab.RecordView, draw: object) -> None:
    figure = draw(shipped)  # type: ignore[operator]
    assert isinstance(figure, go.Figure)
    assert len(figure.data) > 0


def test_every_table_holds_something(shipped: lab.RecordView) -> None:
    assert list(shipped.lanes()["answer"]) == ["19", "19"]
    assert set(shipped.texts()["agent"]) == set(shipped.agents)
    assert len(shipped.cost()) == len(shipped.agents) + 2
    assert list(shipped.alignment("refiner")["step"])[:3] == [1, 2, 3]
    assert set(shipped.layers(host="pocket-base")["layer"]) == set(range(6))


def test_a_record_becomes_one_page(shipped: lab.RecordView, tmp_path: Path) -> None:
    assert "<html" in shipped.export(tmp_path / "page.html").read_text(encoding="utf-8")[:500]


WRONG = {
    "no such agent": (lambda r: r.lens("pirate"), "no states of 'pirate': expected one of"),
    "agent of another lane": (lambda r: r.lens("planner", lane="moa"), "in lane 'moa'"),
    "no such lane": (lambda r: r.memory("single"), "no lane 'single': expected one of latentmas"),
    "no such layer": (lambda r: r.map(99, host="pocket-base"), "Layer 99 was not captured"),
    "no such colour": (lambda r: r.map(host="pocket-base", color="mood"), "Cannot colour by"),
    "two models on one map": (lambda r: r.map(), "choose one host"),
    "no such word": (lambda r: r.lens(word="§"), "knows no token for"),
    "no such shade": (lambda r: r.lens(shade="x"), "expected"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_of_a_record_is_one_sentence(name: str, shipped: lab.RecordView) -> None:
    use, expected = WRONG[name]
    with pytest.raises(LabError) as caught:
        use(shipped)
    assert expected in str(caught.value)


def test_the_same_agent_in_two_lanes_must_be_named_with_its_lane(tmp_path: Path) -> None:
    plan = load_preset("relay").model_dump(mode="json")
    plan["lanes"] = [plan["lanes"][1], plan["lanes"][1]]
    made = lab.run(plan, out=tmp_path / "twice")
    with pytest.raises(BadInput, match="Several lanes have an agent 'solver'"):
        made.lens("solver")
    assert len(made.lens("solver", lane="latentmas-2").data) > 0


def test_a_record_without_drafts_says_so(tmp_path: Path) -> None:
    made = lab.run("relay", out=tmp_path / "record")
    with pytest.raises(BadInput, match="holds no drafts"):
        made.drafts()


@pytest.mark.parametrize("plan", ["nothing-of-that-name", "none.yaml", 7, {"lanes": []}])
def test_a_wrong_plan_is_refused_before_anything_is_written(plan: object, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        lab.run(plan, out=tmp_path / "record")  # type: ignore[arg-type]
    assert not (tmp_path / "record").exists()


def test_a_folder_that_is_no_record_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RecordDamaged, match="is not a record"):
        lab.open_record(tmp_path)
    with pytest.raises(RecordDamaged, match="is not a record"):
        lab.open_record("no-such-record")


def test_a_copy_of_a_shipped_record_opens_from_any_folder(
    shipped: lab.RecordView, tmp_path: Path
) -> None:
    copy = shutil.copytree(shipped.folder, tmp_path / "copy")
    assert lab.open_record(str(copy)).lanes().equals(shipped.lanes())
