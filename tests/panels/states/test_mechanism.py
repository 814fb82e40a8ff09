"""The mechanism shows the record's own vectors: the state before a step, what was fed into it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lab.events import LatentStep
from lab.models.pool import HostPool
from lab.panels.states.lens_values import alignment_values
from lab.panels.states.mechanism import MOST_CELLS, mechanism_value
from lab.plan import HybridLane
from lab.presets import load_preset
from lab.records import Record
from lab.service.runner import run_plan
from lab.words import called
from tests import REPOSITORY

SHIPPED = REPOSITORY / "assets" / "records"


def cells(record: Record, point: int) -> tuple[int, ...]:
    (x,) = record.states([point])
    return tuple(np.round(100 * x / np.abs(x).max()).astype(int).tolist())


def test_every_strip_is_the_vector_that_the_run_told_of(real: Record) -> None:
    value = mechanism_value(real, "r", "latentmas", "refiner")
    told = [e for e in real.events if isinstance(e, LatentStep) and e.agent == "refiner"]
    assert [s.step for s in value.steps] == [e.step for e in told]
    for step, event in zip(value.steps, told, strict=True):
        assert step.hidden is not None and step.fed is not None
        assert step.hidden.norm == pytest.approx(event.norm, rel=2e-3)
        assert step.fed.norm == pytest.approx(event.fed_norm, rel=2e-3)
        assert step.cosine == pytest.approx(1.0, abs=1e-3)  # tied: only the length is set
        assert max(map(abs, step.hidden.cells)) == 100
        row = real.points[(real.points["moment"] == step.moment) & (real.points["layer"] == 0)]
        assert step.fed.cells == step.hidden.cells == cells(real, int(row["point_id"].iloc[0]))
    after = real.points[(real.points["moment"] == told[0].moment)].sort_values("layer").tail(1)
    assert value.steps[0].hidden.cells != cells(real, int(after["point_id"].iloc[0]))


def test_the_words_are_input_embeddings_and_the_cosine_is_theirs(real: Record) -> None:
    value = mechanism_value(real, "r")
    df = real.points
    known = [step for step in value.steps if step.word is not None]
    for step in known:
        rows = df[(df["layer"] == 0) & (df["kind"] != "latent")]
        rows = rows[rows["token"].astype(str).str.strip() == step.top[0].word.strip("␣ ")]
        embedding = real.states(rows["point_id"].to_numpy()[:1])[0]
        row = df[(df["moment"] == step.moment) & (df["layer"] == 0)]
        fed = real.states(row["point_id"].to_numpy())[0]
        cosine = embedding @ fed / np.linalg.norm(embedding) / np.linalg.norm(fed)
        assert step.kept == pytest.approx(float(cosine), abs=1e-3)
    assert set(value.words) == {step.word for step in known}


def test_the_cache_grows_by_one_position_per_step() -> None:
    value = mechanism_value(Record.open(SHIPPED / "side-by-side"), "r", "latentmas", "refiner")
    before = sum(segment.length for segment in value.memory if segment.kept)
    assert [step.slots for step in value.steps] == [before + step.step for step in value.steps]
    assert len(json.dumps(value.plain())) < 100_000
    assert all(step.hidden and len(step.hidden.cells) <= MOST_CELLS for step in value.steps)


def test_an_unknown_agent_is_the_first_one_and_without_thoughts_there_is_nothing(
    real: Record,
) -> None:
    assert mechanism_value(real, "r", "latentmas", "nobody").agent == "planner"
    none = mechanism_value(Record.open(SHIPPED / "almanac-coverage"), "a")
    assert none.steps == () and none.thinking == ()


def test_a_thinker_of_joined_caches_is_shown_at_the_layer_and_with_the_map_of_its_own_plan(
    tmp_path: Path,
) -> None:
    lane = HybridLane(thinkers=("pocket-base",), steps=3, layer=3, alignment="ridge")
    record = run_plan(
        load_preset("hybrid").model_copy(update={"lanes": (lane,)}), tmp_path / "run", HostPool()
    )
    told = [event for event in record.events if isinstance(event, LatentStep)]
    value = mechanism_value(record, "r")
    assert value.map == "ridge"
    assert [step.hidden.norm for step in value.steps] == pytest.approx(
        [event.norm for event in told], rel=2e-3
    )
    _, notes = alignment_values(record, "hybrid", told[0].agent)
    assert called("said.alignment", "ridge") in notes.strong
