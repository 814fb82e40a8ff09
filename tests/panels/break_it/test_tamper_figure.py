"""Every check is a series of points with intervals, honest cases stand on grey."""

import pytest

from lab.files import EXPERIMENTS
from lab.panels.break_it.tamper_figure import CHECKS, alarms, verdict
from lab.records.results import ResultTable


def test_points_are_the_table_s_shares_and_honest_cases_are_marked() -> None:
    table = ResultTable.open(EXPERIMENTS / "tamper")
    fig = alarms(table)
    manifest = next(t for t in fig.data if t.name == "signed manifest")
    names = list(dict.fromkeys(table.rows["condition"]))
    expected = [table.estimate(name, "manifest_alarm").value for name in names]
    assert list(manifest.x) == expected
    assert min(manifest.error_x.array) >= 0 and max(manifest.error_x.arrayminus) > 0
    grey = [s for s in fig.layout.shapes if s.type == "rect"]
    assert grey and {(s.y0, s.y1) for s in grey} == {(-0.5, 2.5)}
    planted = next(t for t in fig.data if t.name == "planted answer, cache alone")
    assert len(planted.x) == 5  # only cases that plant an answer


def test_the_caption_says_false_alarms_beside_detections() -> None:
    """With enough to learn from, the probe notices the lie that the manifest signs."""
    told = verdict(ResultTable.open(EXPERIMENTS / "tamper"))
    assert told.count("false alarms") >= len(CHECKS)
    assert "signed manifest: false alarms 0 % untouched, 100 % rounded or moved" in told
    assert "a false cache is noticed in 100 %, a sender that lies in 0 %." in told
    assert "a false cache is noticed in 100 %, a sender that lies in 100 %." in told


def test_without_a_measurement_the_figure_says_how_to_get_one() -> None:
    assert "tamper" in alarms(None).layout.annotations[0].text
    assert verdict(None) == ""


@pytest.mark.parametrize("check", CHECKS)
def test_no_check_has_more_false_alarms_than_its_interval_allows(check: str) -> None:
    table = ResultTable.open(EXPERIMENTS / "tamper")
    assert table.estimate("untouched", check).low <= 0.05
