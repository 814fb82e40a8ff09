"""What version 0.1.0 wrote (records, results, plans, events) opens, or is told what to do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.errors import BadInput, LabError, RecordDamaged
from lab.events import EVENT_TYPES, from_dict, to_dict
from lab.methods.replay import cut_before, replay
from lab.models.pool import HostPool
from lab.plan import plan_from_dict
from lab.records import Record
from lab.records.results import ResultTable
from lab.ui.tabs.lens.lens_more import run_again

BEFORE = Path(__file__).parent / "before"
LINES = (BEFORE / "events.jsonl").read_text(encoding="utf-8").splitlines()


def copied(name: str, target: Path, **changed: Any) -> Path:
    """A copy of a folder in ``before`` with entries of its ``record.json`` changed."""
    shutil.copytree(BEFORE / name, target)
    meta = json.loads((target / "record.json").read_text(encoding="utf-8"))
    (target / "record.json").write_text(json.dumps({**meta, **changed}), encoding="utf-8")
    return target


@pytest.mark.parametrize(
    ("name", "lanes", "answer", "points"),
    [("almanac-coverage", 2, "Liv Moor was born in Beck.", 654), ("compat-cut", 5, "2", 0)],
)
def test_a_record_opens(name: str, lanes: int, answer: str, points: int) -> None:
    record = Record.open(BEFORE / name)
    assert record.status == "finished" and len(record.plan.lanes) == lanes
    assert record.problem.truth is not None
    assert [e.type for e in record.events][:1] == ["run_started"]
    assert answer in {total["answer"] for total in record.meta["totals"].values()}
    assert len(record.points) == points and len(record.states(slice(None))) == points


def test_a_result_opens() -> None:
    table = ResultTable.open(BEFORE / "judge")
    lines = (BEFORE / "judge" / "results.csv").read_text(encoding="utf-8").splitlines()
    assert len(table.rows) > 0 and len(table.summary()) == len(lines) - 1


def test_a_plan_opens() -> None:
    plan = plan_from_dict(yaml.safe_load((BEFORE / "plan.yaml").read_text(encoding="utf-8")))
    assert (plan.lanes[0].topology, plan.lanes[0].cache) == ("compat", "last_agent")
    assert plan == Record.open(BEFORE / "compat-cut").plan


SINCE = {"past_asked", "routed"}
"""Events that the version before did not write."""


def test_there_is_an_event_of_every_type() -> None:
    assert {json.loads(line)["type"] for line in LINES} == set(EVENT_TYPES) - SINCE


@pytest.mark.parametrize("line", LINES, ids=lambda line: json.loads(line)["type"])
def test_an_event_opens_and_nothing_of_it_is_lost(line: str) -> None:
    again = json.loads(json.dumps(to_dict(from_dict(json.loads(line)))))
    assert {**again, **json.loads(line)} == again
    later = from_dict({**json.loads(line), "smell": 1})
    assert later == from_dict(json.loads(line))


def test_an_unknown_event_says_what_to_do() -> None:
    with pytest.raises(RecordDamaged, match="written by a newer lab; update"):
        from_dict({**json.loads(LINES[0]), "type": "telepathy"})


def opened(folder: Path, *, result: bool) -> None:
    if result:
        ResultTable.open(folder)
    else:
        record = Record.open(folder)
        assert record.plan and record.problem


def refusal(folder: Path, *, result: bool = False) -> str:
    with pytest.raises(LabError) as refused:
        opened(folder, result=result)
    return str(refused.value)


@pytest.mark.parametrize("part", ["plan", "problem"])
def test_an_unknown_entry_of_a_record_says_what_to_do(tmp_path: Path, part: str) -> None:
    meta = json.loads((BEFORE / "almanac-coverage" / "record.json").read_text(encoding="utf-8"))
    later = copied("almanac-coverage", tmp_path / "r", **{part: {**meta[part], "smell": 1}})
    said = refusal(later)
    assert "has the entry smell" in said and said.endswith("update the lab.")
    wrong = copied("almanac-coverage", tmp_path / "w", **{part: {**meta[part], "seed": "x"}})
    assert "is damaged" in refusal(wrong)


def test_an_unknown_entry_of_a_plan_is_named() -> None:
    plan = yaml.safe_load((BEFORE / "plan.yaml").read_text(encoding="utf-8"))
    with pytest.raises(BadInput, match=r"smell.*correct this entry and try again"):
        plan_from_dict({**plan, "smell": 1})


@pytest.mark.parametrize(("name", "result"), [("almanac-coverage", False), ("judge", True)])
def test_a_newer_schema_says_what_to_do(tmp_path: Path, name: str, result: bool) -> None:
    assert "update" in refusal(copied(name, tmp_path / "r", schema=99), result=result)


def test_an_unknown_entry_of_a_metric_says_what_to_do(tmp_path: Path) -> None:
    meta = json.loads((BEFORE / "judge" / "record.json").read_text(encoding="utf-8"))
    metrics = [{**metric, "smell": 1} for metric in meta["metrics"]]
    said = refusal(copied("judge", tmp_path / "r", metrics=metrics), result=True)
    assert "smell" in said and said.endswith("update the lab.")


def test_a_replay_of_an_older_cut_says_that_it_changed() -> None:
    record, pool = Record.open(BEFORE / "compat-cut"), HostPool()
    assert cut_before(record, "latentmas") and cut_before(record, "latentmas-2")
    first = replay(record, "latentmas-2", "planner", pool.get)
    assert first.agrees, "nothing is cut before the first agent is done"
    there = replay(record, "latentmas-2", "judger", pool.get)
    assert not there.agrees and there.older_cut
    told = run_again(agrees=there.agrees, older_cut=there.older_cut)
    assert "“compat” has changed" in told and "Run its plan again" in told


def test_a_lane_that_cut_nothing_agrees() -> None:
    record, pool = Record.open(BEFORE / "compat-cut"), HostPool()
    there = replay(record, "latentmas-3", "judger", pool.get)
    assert there.agrees and not there.older_cut
    assert not cut_before(record, "gated")
    assert "said what the record says" in run_again(agrees=True, older_cut=True)
    assert "a similar position" in run_again(agrees=False, older_cut=False)
