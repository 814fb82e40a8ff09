"""The course of a Mixture-of-Agents by hand: who reads what, who drops out, what is cut."""

from __future__ import annotations

import pytest

from lab.methods.mixture import Proposal, passed_on, prompt_for, room_for, rounds
from lab.worlds.prompts import pocket_prompts


def words(messages: list[dict[str, str]]) -> list[int]:
    """A token per word."""
    return list(range(len(messages[-1]["content"].split())))


def test_every_layer_reads_the_layer_before_it() -> None:
    course = rounds([["a", "b"], ["a", "b"], ["last"]], questions=2)
    turn = next(course)
    assert turn.agents == ("a", "b") and turn.drafts == ((), ())
    first = [[Proposal("a", "a0"), Proposal("a", "a1")], [Proposal("b", "b0"), Proposal("b", "")]]
    turn = course.send(first)
    assert [[d.text for d in row] for row in turn.drafts] == [["a0", "b0"], ["a1"]]
    second = [
        [Proposal("a", "A0"), Proposal("a", "\x00 ")],
        [Proposal("b", "B0", True), Proposal("b", "")],
    ]
    turn = course.send(second)
    assert turn.agents == ("last",)
    assert [[d.text for d in row] for row in turn.drafts] == [["A0"], []]
    with pytest.raises(StopIteration):
        course.send([[Proposal("last", "yes")] * 2])


def test_faults() -> None:
    assert Proposal("a", "text").fault == ""
    assert Proposal("a", "text", failed=True).fault == "failed"
    assert Proposal("a", "").fault == "said nothing"
    assert Proposal("a", "\x07\x1b").fault == "said control characters only"
    assert passed_on([Proposal("a", ""), Proposal("b", "x")]) == (Proposal("b", "x"),)


def test_the_longest_draft_is_cut_first_and_nothing_that_fits() -> None:
    drafts = [Proposal("long", "w " * 40), Proposal("short", "v " * 8)]
    free = prompt_for(pocket_prompts(), "aggregator", "Q?", "", drafts, render=words, room=999)
    assert free.cuts == () and free.needed == len(free.ids) == 1 + 2 + 40 + 2 + 8 + 3
    tight = prompt_for(pocket_prompts(), "aggregator", "Q?", "", drafts, render=words, room=40)
    assert len(tight.ids) <= 40 and tight.needed == free.needed
    assert [(c.writer, c.words, c.kept) for c in tight.cuts] == [("long", 40, 22)]
    remote = prompt_for(pocket_prompts(), "aggregator", "Q?", "", drafts)
    assert remote.messages == free.messages and remote.ids == ()


def test_room_keeps_an_answer_or_a_quarter() -> None:
    assert (room_for(1000, 64), room_for(1000, 600)) == (936, 750)
