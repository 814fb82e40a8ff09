"""The stage of “Break it” in a link."""

from __future__ import annotations

import pytest

from lab.ui.frame.address import Address, Arrival, BreakAddress
from lab.ui.tabs.break_it import break_address, break_run
from lab.ui.tabs.break_it.break_parts import FIGURES, METRICS
from lab.ui.tabs.break_it.break_values import START

FIRST = START | {"seed": 1, "depth": 2, "steps": 36}


def opened(part: BreakAddress) -> tuple[break_address.Case, list[str]]:
    arrival = Arrival(Address(break_it=part))
    return break_address.opened(arrival, FIGURES, METRICS), list(arrival.ignored)


def written(case: break_address.Case, result: object = None) -> BreakAddress:
    return break_address.written(
        case.setting, case.layers, result, case.card, case.figure, case.metric, case.models
    )


def test_the_stage_as_it_opens_says_nothing() -> None:
    assert break_address.written(FIRST, {}, None, None, "bars", "accuracy") == BreakAddress()
    case, ignored = opened(BreakAddress())
    assert (case.setting, case.layers, ignored) == (FIRST, {}, [])


@pytest.mark.parametrize(
    "part",
    [
        BreakAddress(sender="pocket-reseed", channel="latent", change="repair: ridge map"),
        BreakAddress(layer_read=5, layer_written=1, channel="latent", seed=77, depth=4),
        BreakAddress(sender="pocket-base:int8", card=3, figure="layers", metric="nll"),
        BreakAddress(receiver="pocket-base~pocket-reseed@0.3", steps=0),
        BreakAddress(card=5, figure="probe", models="public"),
    ],
)
def test_a_case_comes_back(part: BreakAddress) -> None:
    case, ignored = opened(part)
    assert not ignored
    assert written(case) == part
    assert written(case, {"question": "?"}) == part.model_copy(update={"answered": True})


def test_a_figure_of_an_older_link_is_found_under_its_new_name() -> None:
    case, ignored = opened(BreakAddress(figure="probe-smollm2"))
    assert (case.figure, case.models, ignored) == ("probe", "public", [])


def test_a_cards_line_comes_back_as_its_preset_states_it() -> None:
    line = break_run.preset_lines()[3]
    part = BreakAddress(line=line["name"], channel=line["channel"])
    case, ignored = opened(part)
    assert not ignored
    assert case.layers == {"preset": line}
    assert written(case) == part


@pytest.mark.parametrize(
    ("part", "ignored"),
    [
        (BreakAddress(sender="someone/a-model"), ["break.sender"]),
        (BreakAddress(receiver="/etc/passwd"), ["break.receiver"]),
        (BreakAddress(sender="pocket-base@main"), ["break.sender"]),
        (BreakAddress(sender="pocket-base~x/y@0.5"), ["break.sender"]),
        (BreakAddress(change="<script>"), ["break.change"]),
        (BreakAddress(channel="radio"), ["break.channel"]),
        (BreakAddress(depth=9), ["break.depth"]),
        (BreakAddress(card=99, figure="no", metric="no"), ["card", "figure", "metric"]),
        (BreakAddress(line="no such"), ["break.line"]),
    ],
)
def test_what_the_stage_does_not_know_is_left_out(part: BreakAddress, ignored: list[str]) -> None:
    case, told = opened(part)
    assert told == [key if "." in key else f"break.{key}" for key in ignored]
    assert written(case) == BreakAddress()
