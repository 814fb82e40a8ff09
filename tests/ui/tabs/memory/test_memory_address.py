"""What the memory tab shows of a fresh record, and what of an address a record has."""

from __future__ import annotations

import pytest

from lab.errors import BadInput
from lab.records import Record
from lab.ui.frame.address import MemoryAddress
from lab.ui.tabs.memory.memory_address import agents_in, first_values, of_record
from lab.ui.tabs.memory.memory_tab import draw


def test_first_the_last_reader_of_the_first_lane_is_asked_about_its_first_writer(
    record: Record,
) -> None:
    assert agents_in(record, "latentmas") == ["planner", "refiner", "judger"]
    assert agents_in(record, None) == agents_in(record, "nobody's") == []
    first = {"lane": "latentmas", "reader": "judger", "writer": "planner"}
    assert first_values(record) == first_values(record, "nobody's") == first
    assert first_values(record, "moa") == {
        "lane": "moa",
        "reader": "aggregator",
        "writer": "proposer toy-a",
    }


def test_readers_and_writers_of_an_address_belong_to_its_lane(record: Record) -> None:
    said = MemoryAddress(lane="moa", reader="aggregator", writer="planner")
    assert of_record(record, said) == {"lane": "moa", "reader": "aggregator"}
    elsewhere = MemoryAddress(lane="nobody's", reader="refiner", writer="aggregator")
    assert of_record(record, elsewhere) == {"reader": "refiner"}


def test_a_record_without_a_lane_is_a_sentence(record: Record) -> None:
    with pytest.raises(BadInput, match="no lane yet"):
        draw(record, None, "at")
    assert len(draw(record, "latentmas", "at")) == 4
