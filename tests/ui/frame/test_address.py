"""A link says everything and is read back as it was; whatever else stands in it is left out, and
told.
"""

from __future__ import annotations

import json
from urllib.parse import quote

import gradio as gr
import pytest

from lab.ui.frame.address import (
    DEEPEST,
    LONGEST_NAME,
    LONGEST_PLAN,
    STEPS,
    Address,
    Arrival,
    BreakAddress,
    DraftsAddress,
    LensAddress,
    MapAddress,
    MemoryAddress,
    keys,
    link,
    parse,
)
from lab.ui.frame.controls import changed, fits, linked

STAGE = BreakAddress(sender="pocket-reseed", receiver="pocket-base~pocket-wide@0.5", channel="kv")
FULL = Address(
    tab="break",
    record="2026-11-26 run & more=1",
    point=0,
    at=12,
    preset="relay",
    settings={"problem": {"question": "Wie viele?\n<b>5 & 6</b>", "facts": "", "truth": None}},
    break_it=STAGE.model_copy(update={"layer_read": 5, "layer_written": 0, "answered": True}),
    map=MapAddress(
        method="umap",
        dims=3,
        arrows=False,
        lanes=("a, b", "%2C", "é"),
        layer=0,
        min_dist=0.1,
        neighbors=7,
    ),
    lens=LensAddress(who="planner · latentmas", word="␣Ivy", kinds="prompt,latent,token"),
    memory=MemoryAddress(lane="latentmas", by="nth", reader="judger", writer="planner"),
    drafts=DraftsAddress(lane="moa", reader="aggregator", left="proposer 1", right="proposer 2"),
    dial=0,
    claim="selfmoa",
    knobs={"sizes": [1, 2.5]},
    lang="zh",
    theme="dark",
    numbers="exact",
)


@pytest.mark.parametrize(
    "address",
    [
        Address(),
        FULL,
        Address(tab="map", map=MapAddress(kinds=("latent",), upto=1, seed=10**9)),
        Address(break_it=BreakAddress(line="ids:1", channel="ids", card=7, figure="layers")),
        Address(settings={"lanes.0.steps": 7, "lanes": [{"a": [1.5, True, None]}]}),
        Address(theme="light", lang="en", at=0),
    ],
)
def test_a_link_is_read_back_as_it_was_written(address: Address) -> None:
    arrival = parse(link(address))
    assert arrival.address == address
    assert not arrival.ignored


def test_every_field_has_a_key_of_its_own_and_steps_are_keys() -> None:
    known = keys()
    assert len(known) == len(set(known)) > 35
    # a step may be a part of a key's value: settings.problem.seed
    assert all(any(step == key or step.startswith(f"{key}.") for key in known) for step in STEPS)


@pytest.mark.parametrize(
    ("key", "bad"),
    [
        ("record", "x" * 10_000),
        ("tab", "a\x00b"),
        ("preset", "a\u202eb"),
        ("lens.who", "a\nb"),
        ("break.sender", "\x1b[31m"),
        ("point", "-1"),
        ("point", "99999999999999999999999"),
        ("point", "<script>alert(1)</script>"),
        ("point", "1.5"),
        ("at", "../../etc/passwd"),
        ("map.layer", "-3"),
        ("map.layer", "NaN"),
        ("map.min_dist", "inf"),
        ("map.min_dist", "1.01"),
        ("map.arrows", "perhaps"),
        ("map.lanes", ",".join(["a"] * 500)),
        ("map.agents", "a,,b"),
        ("settings", "[1]"),
        ("settings", "{}"),
        ("settings", "{"),
        ("settings", '{"a":NaN}'),
        ("settings", '{"a":"\\ud800"}'),
        ("settings", "[" * 5000),
        ("settings", '{"a":' + "[" * DEEPEST + "]" * DEEPEST + "}"),
        ("settings", json.dumps({"a": "x" * LONGEST_PLAN})),
        ("break.card", "one"),
        ("claim", "x" * (LONGEST_NAME + 1)),
        ("lang", "fr"),
        ("theme", "javascript:alert(1)"),
        ("numbers", "many"),
        ("dial", "-1"),
        ("memory.reader", "a\nb"),
        ("drafts.left", "\x1b[31m"),
    ],
)
def test_a_hostile_value_is_left_out_and_its_key_told_and_the_rest_stays(
    key: str, bad: str
) -> None:
    arrival = parse(f"?map.color=kind&{key}={quote(bad)}")
    assert list(arrival.ignored) == [key]
    assert arrival.address == Address(map=MapAddress(color="kind"))


def test_other_keys_belong_to_others() -> None:
    arrival = parse("?room=blue-fox&__theme=dark&utm_source=x&tab=map")
    assert (arrival.address, arrival.ignored) == (Address(tab="map"), {})


def test_controls_take_only_what_fits_and_say_only_what_was_changed() -> None:
    controls = {
        "method": gr.Radio(["pca", "umap"], value="pca"),
        "neighbors": gr.Slider(2, 100, value=15),
        "arrows": gr.Checkbox(True),
    }
    assert not fits(controls["method"], "tsne")
    assert not fits(controls["neighbors"], 1)
    arrival = Arrival(Address(map=MapAddress(method="tsne", neighbors=50, arrows=False)))
    assert linked(controls, arrival.address.map, "map", arrival) == ["pca", 50, False]
    assert list(arrival.ignored) == ["map.method"]
    assert changed(controls, {"method": "pca", "neighbors": 50, "arrows": True}) == {
        "neighbors": 50
    }
