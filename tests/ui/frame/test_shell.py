"""The list of records: how long it is, what stands first, and what can be cleared; what the header
says of a model."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab.records import list_records
from lab.ui.frame.context import Ctx
from lab.ui.frame.page_words import Words
from lab.ui.frame.rail_shelf import COOKIE, known_by
from lab.ui.frame.shell import clearable, header_value, rail_value
from lab.words import for_the_page, shown
from tests.make_record import make_record

ANNA, BEN = {COOKIE: "1x2"}, {COOKIE: "3x4"}


@pytest.fixture
def ctx(tmp_path: Path) -> Ctx:
    made = make_record(tmp_path / "r0")
    for number in range(1, 5):
        shutil.copytree(made, tmp_path / f"r{number}")
    return Ctx(None, [tmp_path], Words())


def test_what_the_list_leaves_out_is_counted_and_comes_when_it_is_wanted(ctx: Ctx) -> None:
    newest = [Path(item["folder"]).name for item in list_records(ctx.folders[0])]
    short, long = rail_value(ctx, None, most=3), rail_value(ctx, None, most=6)
    assert [one.id for one in short.records] == newest[:3] and short.more == 2
    assert [one.id for one in long.records] == newest and long.more == 0


def test_a_pinned_record_stands_first_however_old_it_is(ctx: Ctx) -> None:
    oldest = rail_value(ctx, None).records[-1].id
    ctx.shelf.pin(oldest, True)
    ctx.shelf.rename(oldest, "Kept")
    first = rail_value(ctx, None, most=2).records[0]
    assert (first.id, first.pinned, first.called) == (oldest, True, "Kept")
    ctx.shelf.pin(oldest, False)
    assert rail_value(ctx, None).records[-1].id == oldest


def test_ones_own_records_are_cleared_and_neither_anothers_nor_a_pinned_one(ctx: Ctx) -> None:
    with known_by(ANNA):
        for name in ("r0", "r1", "r2"):
            ctx.shelf.keep(name)
        ctx.shelf.pin("r1", True)
    with known_by(BEN):
        ctx.shelf.keep("r3")
        assert clearable(ctx) == ["r3"]
    with known_by(ANNA):
        assert sorted(clearable(ctx)) == ["r0", "r2"]
        assert rail_value(ctx, None, most=1).clearable == 2


def test_the_header_says_the_quantisation_and_why_the_dtype() -> None:
    why = {
        "device": "no GPU found",
        "dtype": "small model: float32 is exact and fast enough",
        "weights": "dequantised exactly from Q4_1 (a.gguf)",
    }
    host = {"name": "a", "params": 135e6, "device": "cpu", "dtype": "float32", "why": why}
    service: Any = SimpleNamespace(loaded=lambda: [host], current=None, waiting=0)
    (line,) = header_value(cast("Ctx", SimpleNamespace(service=service))).hosts
    assert line.summary.endswith(
        "cpu float32 (no GPU found) · dequantised exactly from Q4_1 (a.gguf)"
    )
    assert line.dtype == f"float32: {why['dtype']}"
    with for_the_page():
        (told,) = header_value(cast("Ctx", SimpleNamespace(service=service))).hosts
    assert "精确反量化" in shown(told.summary, "zh") and "小模型" in shown(told.dtype, "zh")
