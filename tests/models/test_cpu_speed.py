"""Which dtype a processor gets, from what was measured on it."""

from __future__ import annotations

import json

import pytest
import torch

from lab.files import CACHE_ENV
from lab.models import cpu_speed


def times(one: float, many: float) -> dict[str, list[float]]:
    return {"float32": [10.0, 40.0], "bfloat16": [one, many]}


def test_bfloat16_is_taken_where_it_is_faster_for_one_row_and_for_many() -> None:
    dtype, why = cpu_speed.choose(times(6, 14))
    assert dtype == torch.bfloat16 and "6 ms in bfloat16 and 10 in float32" in why
    for slower in (times(9.5, 14), times(6, 80), times(60, 400)):
        assert cpu_speed.choose(slower)[0] == torch.float32


def test_it_is_measured_once_per_processor_and_kept(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model is the same at every start, whatever else the machine has to do."""
    monkeypatch.setenv(CACHE_ENV, str(tmp_path))
    found = {}
    for start in range(2):
        cpu_speed.cpu_dtype.cache_clear()
        found[start] = cpu_speed.cpu_dtype()
    assert found[0] == found[1]
    kept = json.loads((tmp_path / "cpu.json").read_text())
    [key] = kept
    assert cpu_speed.processor() in key and all(t > 0 for row in kept[key].values() for t in row)
    (tmp_path / "cpu.json").write_text(json.dumps({key: times(6, 14)}))
    cpu_speed.cpu_dtype.cache_clear()
    assert cpu_speed.cpu_dtype() == cpu_speed.choose(times(6, 14))
    (tmp_path / "cpu.json").write_text("broken")
    cpu_speed.cpu_dtype.cache_clear()
    assert cpu_speed.cpu_dtype()[1]
    cpu_speed.cpu_dtype.cache_clear()
