"""Several tables that are filled together are one table: the same rows, in the same order, whoever
did what.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from pandas.testing import assert_frame_equal

from lab.cluster.share_table import Reports, ShareTable, Unit, merge
from lab.experiments.harness import registry
from lab.experiments.harness.driver import Watch, fill_table, run_experiment
from lab.models.pool import HostPool
from lab.plan import Strict
from lab.records.results import ResultTable
from tests.tiny_pocket import make_loud_pockets

CLOCKS = ["ms", "seconds"]
SKIPPED = {"created", "seconds", "prices", "run_id"}
SMALL: dict[str, dict[str, Any]] = {
    "relay": {
        "n": 7,
        "batch": 3,
        "steps": 3,
        "conditions": [
            {"name": "text", "channel": "text", "control": "ceiling"},
            {"name": "method", "channels": ["kv", "latent"], "control": "method"},
            {"name": "noise", "channels": ["kv", "latent"], "ops": [{"op": "noise"}]},
            {"name": "other", "channel": "kv", "ops": [{"op": "other_problem"}]},
            {"name": "longer", "channel": "kv", "think": {"steps": 5}},
            {"name": "no model", "channel": "kv", "sender": "pocket-nobody"},
            {"name": "wrong channel", "channel": "kv", "ops": [{"op": "top_word"}]},
        ],
    },
    "layers": {"n": 3},
    "growth": {"n": 3, "others": ["pocket-reseed", "pocket-nobody"]},
    "geometry": {"n": 4, "steps": 2, "groups": 2, "texts": 5, "senders": ["pocket-reseed"]},
    "coverage": {"n": 5},
    "selfmoa": {"n": 4},
    "cheapstrong": {"n": 4},
    "tasks": {"n": 5, "steps": 2, "max_tokens": 6, "samples": 2},
}


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = make_loud_pockets(
        tmp_path_factory.mktemp("models"),
        *("pocket-base", "pocket-reseed", "pocket-small", "pocket-textonly"),
        *(f"pocket-scholar-{i}" for i in (1, 2, 3)),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_LAB_MODELS", str(folder))
        yield HostPool()


def shared(entry: registry.Experiment, settings: Strict, pool: HostPool, size: int) -> ResultTable:
    """What ``size`` workers make one after the other, everyone leaving every second unit to the
    next."""
    units: dict[str, Unit] = {}
    metas: list[dict[str, Any]] = []

    def fill(table: ResultTable) -> None:
        for rank in range(size):
            mine = ShareTable.start(entry.name, {}, None, entry.load().METRICS)
            known = set(mine.meta) - {"hosts", "notes"}
            turn = [0]

            def ask(key: Sequence[Any], rank: int = rank, turn: list[int] = turn) -> bool:
                turn[0] += 1
                return json.dumps(key) not in units and (rank + 1 == size or turn[0] % 2 == 0)

            def hand_in(unit: Unit) -> None:
                assert json.dumps(unit["key"]) not in units
                units[json.dumps(unit["key"])] = json.loads(json.dumps(unit))

            mine.join(ask, hand_in, rank, size)
            watch = Reports(lambda _: None, mine, threading.Event())
            entry.load().fill(mine, settings, pool.get, watch)
            mine.flush()
            metas.append({k: v for k, v in mine.meta.items() if k not in known})
        merge(table, units.values(), metas)

    return fill_table(entry, settings, fill, None, Watch())


def same(one: ResultTable, other: ResultTable) -> None:
    rows = [t.rows.drop(columns=CLOCKS, errors="ignore") for t in (one, other)]
    assert_frame_equal(*rows, check_exact=True)
    metas = [{k: v for k, v in t.meta.items() if k not in SKIPPED} for t in (one, other)]
    for meta in metas:
        meta["finished"] = sorted(meta["finished"])  # refused ones come last where work was shared
    assert json.dumps(metas[0], sort_keys=True) == json.dumps(metas[1], sort_keys=True)


@pytest.mark.parametrize("name", SMALL)
def test_shared_work_gives_the_rows_of_one_process(name: str, pool: HostPool) -> None:
    entry = registry.find(name)
    settings = registry.load_settings(entry, SMALL[name])
    whole = run_experiment(entry, settings, pool.get)
    assert len(whole.rows)
    same(whole, shared(entry, settings, pool, 3))


def test_what_nobody_asked_for_is_counted_once_and_what_was_asked_for_too_early_is_not_lost() -> (
    None
):
    units: list[Unit] = []
    tables = [ShareTable.start("t", {}, None, ()) for _ in range(2)]
    for rank, mine in enumerate(tables):
        mine.join(lambda _: True, units.append, rank, 2)
        assert mine.takes("a") and mine.takes("b")  # both before any work
        mine.add("a", [{"problem": 1, "accuracy": 1.0}])
        mine.add("b", [{"problem": 1, "accuracy": 0.0}])
        mine.flush()
        mine.add("c", [{"problem": 1, "accuracy": float(rank)}])
    whole = ResultTable.start("t", {})
    merge(whole, units, ())
    assert whole.rows[["condition", "accuracy"]].values.tolist() == [
        ["a", 1.0],
        ["b", 0.0],
        ["c", 0.0],
    ]
