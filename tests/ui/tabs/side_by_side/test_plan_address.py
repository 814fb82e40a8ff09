"""The plan in a link: what is written from the form brings the same plan back; what no plan has is
left out.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.presets import load_preset
from lab.records import Record
from lab.ui.frame.address import Address
from lab.ui.tabs.side_by_side import plan_address, setup_panel
from lab.ui.tabs.side_by_side.plan_address import OnStage
from lab.ui.tabs.side_by_side.setup_panel import FIELDS
from tests.make_record import make_record

ASKED = OnStage("r", asked=True)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    folder = tmp_path_factory.mktemp("records") / "r"
    make_record(folder)
    return Record.open(folder)


def form(name: str, **changes: object) -> list[object]:
    values = dict(zip(FIELDS, setup_panel.show(load_preset(name)), strict=True))
    return list((values | changes).values())


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("side-by-side", {}),
        ("relay", {"seed": 77, "depth": "3"}),
        ("side-by-side", {"steps": 7, "methods": ["latentmas"]}),
        (
            "side-by-side",
            {"source": "own", "facts": "Tom has 3.", "question": "How <many>?", "truth": "3"},
        ),
    ],
)
def test_the_form_comes_back_from_the_link(
    record: Record, name: str, changes: dict[str, object]
) -> None:
    said = plan_address.written(record.plan, ASKED, name, form(name, **changes))
    assert bool(said.get("settings")) is bool(changes)
    plan = plan_address.linked(Address(**said), record.plan)
    assert plan is not None
    again = plan_address.written(record.plan, ASKED, name, setup_panel.show(plan))
    assert again == said
    for field, value in changes.items():
        assert dict(zip(FIELDS, setup_panel.show(plan), strict=True))[field] == value


def test_a_record_with_its_own_form_says_nothing(record: Record) -> None:
    stage = OnStage("r", asked=False)
    name = plan_address.base_of(record.plan).name
    shown = dict(zip(FIELDS, setup_panel.show(record.plan), strict=True))
    assert plan_address.written(record.plan, stage, name, list(shown.values())) == {
        "settings": None
    }
    changed = plan_address.written(
        record.plan, stage, name, list((shown | {"max_tokens": 9}).values())
    )
    assert changed["settings"]
    assert "preset" not in changed


@pytest.mark.parametrize(
    ("address", "ignored"),
    [
        (Address(preset="no-such"), ["preset"]),
        (Address(preset="../presets/relay.yaml"), ["preset"]),
        (Address(preset="relay", settings={"nothing.here": 1}), ["preset", "settings"]),
        (Address(settings={"lanes": "<script>"}), ["settings"]),
        (Address(settings={"lanes.0.steps": 10**12}), ["settings"]),
        (Address(at=10**6), ["at"]),
    ],
)
def test_what_no_plan_has_is_left_out(record: Record, address: Address, ignored: list[str]) -> None:
    fine, told = plan_address.checked(address, record)
    assert told == ignored
    assert fine == Address()


def test_what_fits_stays(record: Record) -> None:
    address = Address(preset="relay", settings={"problem.seed": 5}, at=3)
    assert plan_address.checked(address, record) == (address, [])


def test_a_link_names_no_file(record: Record, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text((Path("presets") / "relay.yaml").read_text(encoding="utf-8"))
    assert plan_address.checked(Address(preset=str(own)[:120]), record)[1] == ["preset"]
