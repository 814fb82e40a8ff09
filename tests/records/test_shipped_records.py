"""The recorded runs that come with the lab: whole, small, made by the shipped models from the
shipped presets.
"""

import numpy as np
import pytest

from lab.models.digest import folder_digest
from lab.presets import list_presets
from lab.records import Record
from lab.records.shelf import size_of
from tests import REPOSITORY

SHIPPED = sorted(path.parent for path in (REPOSITORY / "assets" / "records").glob("*/record.json"))


def test_there_is_a_recorded_run_of_the_default_preset():
    assert "side-by-side" in {folder.name for folder in SHIPPED}


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda f: f.name)
def test_a_shipped_record_is_whole_and_made_by_the_shipped_models(folder):
    record = Record.open(folder)
    assert record.status == "finished" and size_of(folder) < 5_000_000
    assert len(record.states(np.arange(0, len(record.points), 50))) > 0
    assert (record.lens(slice(0, 20))[0] >= 0).all()
    for name, info in record.meta["hosts"].items():
        assert info["digest"] == folder_digest(REPOSITORY / "assets" / "models" / name), name
    preset = next(plan for plan in list_presets() if plan.name == record.plan.name)
    assert record.plan == preset
