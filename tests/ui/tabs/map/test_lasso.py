"""Moments that a lasso chose, as text of an address."""

import pytest

from lab.records import Record
from lab.ui.frame.address import LONGEST_RANGES, parse
from lab.ui.tabs.map.lasso import moments_of, written


@pytest.mark.parametrize(
    ("moments", "text"),
    [((), None), ((7,), "7"), ((9, 3, 4, 5, 20), "3-5.9.20"), (tuple(range(100)), "0-99")],
)
def test_moments_are_written_as_ranges(moments, text):
    assert written(moments) == text


def test_too_many_pieces_are_not_written():
    assert written(range(0, 2 * LONGEST_RANGES, 2)) is None


def test_an_address_brings_the_moments_of_the_record_back(record: Record):
    known = record.points["moment"].unique().tolist()
    chosen = (*known[2:6], known[-1])
    assert moments_of(record, written(chosen)) == tuple(sorted(chosen))
    assert moments_of(record, "999999") == ()


@pytest.mark.parametrize("text", ["1-", "-3", "1..2", "a", "1-2-3", "٣", "9" * 500])
def test_other_texts_are_ignored_with_a_sentence(text):
    arrival = parse({"map.only": text})
    assert arrival.address.map.only is None
    assert arrival.ignored
