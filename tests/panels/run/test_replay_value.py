"""A replay: the pictures are those of the events, whoever comes later waits, and the axes stay."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab.files import ASSETS
from lab.panels.run.lanes import Lanes, lanes_state, live_line
from lab.panels.run.lanes_ahead import ready_lanes, with_waiting
from lab.panels.run.lanes_value import LanesValue
from lab.panels.run.replay_value import replay_pictures, replay_value
from lab.plan import Plan
from lab.presets import load_preset
from lab.records import Record
from lab.roster import roster, roster_of_run
from lab.words import OPEN, for_the_page
from tests.panels.run.test_lanes import latent_run
from tests.panels.test_export_html import applied


@pytest.fixture(scope="module")
def relay() -> Record:
    return Record.open(ASSETS / "records" / "relay")


class Running(Record):
    """A record whose run goes on."""

    @property
    def status(self) -> Any:
        """Always the same."""
        return "running"


def pictures(record: Record) -> list[dict[str, Any]]:
    stored, _ = replay_pictures(record, "relay")
    out = [stored[0]]
    for change in stored[1:]:
        out.append(applied(out[-1], change))
    return out


def test_every_picture_has_everybody_and_the_axes_of_the_end(relay: Record) -> None:
    shown = pictures(relay)
    last = shown[-1]
    names = [[a["name"] for a in lane["agents"]] for lane in last["lanes"]]
    for one in shown:
        assert [[a["name"] for a in lane["agents"]] for lane in one["lanes"]] == names
        assert one["cache_max"] == last["cache_max"]
        assert one["timeline"]["max"] == last["timeline"]["max"]
        assert [row["title"] for row in one["table"]["rows"]] == [
            row["title"] for row in last["table"]["rows"]
        ]
        assert {len(row["cells"]) for row in one["table"]["rows"]} == {
            len(last["table"]["columns"])
        }
    phases = {a["phase"] for lane in shown[0]["lanes"] for a in lane["agents"]}
    assert phases == {"waiting"}
    assert shown[0]["question"] == last["question"]


def test_a_picture_shows_what_had_happened_and_the_last_one_all(relay: Record) -> None:
    shown = pictures(relay)
    _, events = replay_pictures(relay, "relay")
    assert events[-1] == len(relay.events) and events[0] == 1
    for i in (10, len(shown) // 2):
        thought = sum(e.type == "latent_step" for e in relay.events[: events[i]])
        assert sum(len(a["dots"]) for lane in shown[i]["lanes"] for a in lane["agents"]) == thought
    assert all(lane["done"] for lane in shown[-1]["lanes"])
    assert not any(a["phase"] == "waiting" for lane in shown[-1]["lanes"] for a in lane["agents"])


def test_a_run_that_goes_on_is_not_replayed(relay: Record) -> None:
    assert replay_value(Running(relay.folder, relay.meta), "x").pictures == ""
    assert replay_value(relay, "x", at=3, play=True).at == 3


def test_the_page_is_given_the_pictures_as_text_in_which_nothing_is_filled_in(
    relay: Record,
) -> None:
    with for_the_page():
        value = replay_value(relay, "paged")
        stored, events = replay_pictures(relay, "paged")
    assert value.events == events
    assert json.loads(value.pictures) == json.loads(json.dumps(stored))
    assert OPEN in json.dumps(stored, ensure_ascii=False)
    assert value.pictures.isascii()


def test_before_a_run_all_of_its_plan_wait_where_they_will_stand() -> None:
    plan: Plan = load_preset("relay")
    before = ready_lanes(plan, "Facts.", "How many?", "2")
    cards = roster(plan).cards
    told = [(a.name, a.host, a.stage, a.sees_facts) for lane in before.lanes for a in lane.agents]
    assert told == [(c.name, c.host, c.stage, c.sees_facts) for c in cards]
    assert {a.phase for lane in before.lanes for a in lane.agents} == {"waiting"}
    assert before.relay and before.question == "How many?"


def test_who_waits_is_not_at_work() -> None:
    run = latent_run()
    lanes = Lanes(roster_of_run(run))
    for event in run[:4]:
        lanes.add(event)
    end: LanesValue = lanes_state(run)
    now = with_waiting(lanes.state(), end)
    assert [a.phase for a in now.lanes[0].agents] == ["reading", "waiting"]
    assert [one.agent for one in live_line(now)] == ["planner"]
