"""A student's record is neither compared with nor asked by another student, on either side of a
pair: not by a click and not by a link."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.errors import LabError
from lab.panels.run.given_value import GiveThought
from lab.rooms import Limit, RoomPerson, Rooms
from lab.ui.frame.context import Ctx
from lab.ui.frame.page_words import Words
from lab.ui.frame.waiting import acting_for
from lab.ui.tabs.side_by_side.give_panel import work_for
from lab.ui.tabs.side_by_side.pair_panel import compared
from tests.make_record import QUESTION, make_record

HERS = "of-ada"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ctx, RoomPerson, RoomPerson]:
    folder: Path = tmp_path_factory.mktemp("records")
    for name in ("open", HERS):
        make_record(folder / name)
    rooms = Rooms(folder, key="k")
    room = rooms.open_room("k", Limit(), 3, 24)
    ada, bob = (
        rooms.person({}, {room.code: rooms.store.join(room.code, name).secret})
        for name in ("Ada", "Bob")
    )
    rooms.keep_record(ada, HERS)
    return Ctx(None, [folder], Words(), rooms), ada, bob


def test_a_pair_needs_both_records(people: tuple[Ctx, RoomPerson, RoomPerson]) -> None:
    ctx, ada, bob = people
    with acting_for("ada", ada):
        both = compared(ctx, "open", HERS)
        assert (both.told, both.other, len(both.lanes)) == ("", HERS, 2)
        assert [choice.id for choice in both.choices] == [HERS]
    for name, person in (("bob", bob), ("stranger", RoomPerson())):
        with acting_for(name, person):
            refused = compared(ctx, "open", HERS)
            assert refused.told and not refused.lanes and refused.other is None
            assert refused.choices == () and QUESTION not in refused.model_dump_json()
            with pytest.raises(LabError):
                compared(ctx, HERS, "open")


def test_a_thought_is_given_only_within_ones_own_record(
    people: tuple[Ctx, RoomPerson, RoomPerson],
) -> None:
    ctx, ada, bob = people
    wanted = GiveThought(
        record=HERS, lane="latentmas", agent="planner", step=1, to_lane="moa", to_agent="x"
    )
    with acting_for("ada", ada):
        assert callable(work_for(ctx, wanted))
    with acting_for("bob", bob), pytest.raises(LabError):
        work_for(ctx, wanted)


@pytest.mark.parametrize("step", [0, -1, "x", None, 1.5])
def test_a_step_that_is_no_number_of_a_thought_is_refused(step: Any) -> None:
    sent: dict[str, Any] = {"record": "r", "lane": "a", "agent": "b", "to_lane": "c"}
    with pytest.raises(LabError):
        GiveThought.read(sent | {"to_agent": "d", "step": step})
