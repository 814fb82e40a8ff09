"""Results of a public checkpoint stand apart from those of the pocket models, and an instrument
without a span says so.
"""

from __future__ import annotations

import pytest

from lab.files import EXPERIMENTS
from lab.panels.break_it.compress_figure import verdict
from lab.panels.break_it.measured_on import (
    LEFT_OUT,
    POCKET,
    PUBLIC,
    cannot_tell,
    left_out,
    study_of,
)
from lab.records.results import METRICS, ResultTable, read_result
from lab.ui.tabs.break_it.break_parts import FIGURES
from lab.words import LANGUAGES, shown


def table(host: str, unbroken: list[float]) -> ResultTable:
    made = ResultTable.start("relay", {"n": 10}, None, METRICS)
    made.host(host, {})
    made.add("nothing", [{"problem": i, "accuracy": 0.0} for i in range(10)], "none", "floor")
    rows = [{"problem": i, "accuracy": right} for i, right in enumerate(unbroken)]
    made.add("method", rows, "kv", "method")
    return made


@pytest.mark.parametrize(
    ("host", "models"), [("pocket-base:int4", POCKET), ("smollm2-135m", PUBLIC)]
)
def test_a_result_is_named_by_the_models_it_was_measured_on(host: str, models: str) -> None:
    assert table(host, [1.0] * 10).study == study_of("relay", models)


def test_a_ceiling_at_the_floor_cannot_tell() -> None:
    assert cannot_tell(table("pocket-base", [1.0] * 10)) == ""
    assert "cache" in shown(cannot_tell(table("pocket-base", [1.0, *[0.0] * 9])), "en")
    assert cannot_tell(None) == ""


def test_what_is_left_out_has_its_reason_in_every_language() -> None:
    assert left_out(POCKET) == []
    for language in LANGUAGES:
        reasons = [shown(reason, language) for reason in left_out(PUBLIC)]
        assert len(set(reasons)) == len(LEFT_OUT) and all(len(one) > 20 for one in reasons)


def test_every_figure_of_a_public_checkpoint_ships_with_its_result() -> None:
    for name in set(FIGURES) - set(LEFT_OUT):
        table = read_result(
            EXPERIMENTS / study_of("constraints" if name == "bars" else name, PUBLIC)
        )
        assert table.meta["status"] == "finished" and len(table.rows)


def test_what_was_measured_on_a_public_checkpoint_does_not_speak_of_pocket_models() -> None:
    for models, said in ((POCKET, "One pocket model"), (PUBLIC, "One small public model")):
        table = read_result(EXPERIMENTS / study_of("compress", models))
        assert said in shown(verdict(table), "en")
