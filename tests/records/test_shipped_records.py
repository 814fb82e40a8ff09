"""The recorded runs that come with the lab: whole, small, made by the shipped models from the
shipped presets.
"""

import numpy as np
import pytest

from lab.events import AgentFinished
from lab.files import folder_bytes
from lab.models.digest import folder_digest
from lab.presets import list_presets
from lab.records import Record
from lab.records.results import read_result
from lab.worlds import make_problem
from lab.worlds.almanac import facts_right
from tests import REPOSITORY

SHIPPED = sorted(path.parent for path in (REPOSITORY / "assets" / "records").glob("*/record.json"))


def test_there_is_a_recorded_run_of_the_default_preset():
    assert "side-by-side" in {folder.name for folder in SHIPPED}


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda f: f.name)
def test_a_shipped_record_is_whole_and_made_by_the_shipped_models(folder):
    record = Record.open(folder)
    assert record.status == "finished" and folder_bytes(folder) < 5_000_000
    assert len(record.states(np.arange(0, len(record.points), 50))) > 0
    assert (record.lens(slice(0, 20))[0] >= 0).all()
    for name, info in record.meta["hosts"].items():
        assert info["digest"] == digest_of(name), name
    preset = next(plan for plan in list_presets() if plan.name == record.plan.name)
    assert record.plan.model_copy(update={"capture": preset.capture}) == preset


def digest_of(name):
    """Of the shipped weights; a model that does not ship is the one that shipped results used."""
    if name.startswith("pocket-"):
        return folder_digest(REPOSITORY / "assets" / "models" / name)
    table = read_result(REPOSITORY / "assets" / "experiments" / "relay-real")
    return table.meta["hosts"][name]["digest"]


def test_the_shipped_aggregate_knows_more_than_each_draft():
    record = Record.open(REPOSITORY / "assets" / "records" / "almanac-everything")
    problem = make_problem("almanac", record.plan.problem.seed, depth=6)
    right = {
        event.agent: facts_right(problem, event.text)
        for event in record.events
        if isinstance(event, AgentFinished) and event.lane == "moa"
    }
    aggregate = right.pop("aggregator")
    assert len(right) == 3 and aggregate == 6 > max(right.values())
