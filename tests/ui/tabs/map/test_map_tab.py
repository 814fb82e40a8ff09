"""What the map's controls show of a fresh record, and what of an address a record has."""

from __future__ import annotations

from lab.panels.value import Selection
from lab.records import Record
from lab.ui.frame.address import MapAddress
from lab.ui.tabs.map.map_tab import (
    IN_RECORD,
    choice_of,
    choice_updates,
    first_values,
    map_settings,
    of_record,
)


def test_a_fresh_record_shows_its_most_captured_model_whole_at_the_last_layer(
    record: Record,
) -> None:
    first = first_values(record)
    assert first == {
        "host": "toy-a",  # five agents of six
        "lanes": [],
        "agents": [],
        "kinds": [],
        "layer": 4,
        "upto": 8,
        "only": (),
    }
    assert tuple(first) == IN_RECORD


def test_a_selected_moment_of_this_record_chooses_the_layer(record: Record) -> None:
    chosen = Selection(record="r", layer=2)
    assert first_values(record, chosen, "r")["layer"] == 2
    assert first_values(record, chosen, "another")["layer"] == 4


def test_of_an_address_only_what_the_record_has_is_shown(record: Record) -> None:
    part = MapAddress(
        host="toy-b",
        lanes=("moa", "nobody"),
        agents=("planner",),
        layer=9,
        upto=3,
        kinds=("latent",),
    )
    assert of_record(record, part) == {
        "host": "toy-b",
        "agents": ["planner"],
        "kinds": ["latent"],
        "upto": 3,
    }
    assert of_record(record, MapAddress(layer=0, upto=9)) == {"layer": 0}


def test_controls_offer_what_the_record_has_by_the_names_of_the_page(record: Record) -> None:
    values = first_values(record) | {"lanes": ["moa"], "layer": 1}
    host, lanes, agents, kinds, layer, upto, only, alone = choice_updates(record, values)
    assert host["visible"] and host["choices"] == ["toy-a", "toy-b"]
    assert lanes["choices"] == [("LatentMAS", "latentmas"), ("Mixture-of-Agents", "moa")]
    assert lanes["value"] == ["moa"] and agents["value"] == [] and len(agents["choices"]) == 6
    assert [value for _, value in kinds["choices"]] == ["prompt", "latent", "token"]
    assert (layer["minimum"], layer["maximum"], layer["value"]) == (0, 4, 1)
    assert (upto["minimum"], upto["maximum"], upto["value"]) == (1, 8, 8)
    assert only == () and not alone["interactive"]


def test_controls_become_a_choice_and_settings() -> None:
    values = {"lanes": ["moa"], "agents": None, "kinds": [], "host": "toy-a", "only": [3, 4]}
    choice = choice_of(values)
    assert (choice.lanes, choice.agents, choice.host, choice.moments) == (
        ("moa",),
        (),
        "toy-a",
        (3, 4),
    )
    how = {"method": "umap", "norm": "l2", "dims": 3.0, "seed": None, "neighbors": 15.0}
    settings = map_settings(how | {"min_dist": 0, "one_word": 1})
    assert (settings.dims, settings.seed, settings.umap().n_neighbors) == (3, 0, 15)
