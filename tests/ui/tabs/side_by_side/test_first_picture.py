"""A record, the address that brought it, and a question not yet run: each fills the first tab."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from lab.panels.value import ErrorValue
from lab.presets import load_preset
from lab.ui.frame.address import Address
from lab.ui.frame.context import Ctx
from lab.ui.frame.page_words import Words
from lab.ui.tabs.side_by_side import setup_panel
from lab.ui.tabs.side_by_side.first_picture import (
    RECORD_PARTS,
    asked_picture,
    linked_picture,
    on_page,
    record_picture,
)
from lab.ui.tabs.side_by_side.plan_address import OnStage
from tests.make_record import QUESTION, make_record

ELSEWHERE = Address()


@pytest.fixture(scope="module")
def ctx(tmp_path_factory: pytest.TempPathFactory) -> Ctx:
    folder: Path = tmp_path_factory.mktemp("records")
    make_record(folder / "r")
    return Ctx(None, [folder], Words())


def said(picture: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(picture).items() if name != "stage"}


def test_a_record_fills_every_part_and_its_own_form(ctx: Ctx) -> None:
    shown, record = record_picture(ctx, "r"), ctx.open("r")
    assert shown.lanes.question == QUESTION and shown.lanes.record == "r"
    assert shown.shown == len(record.events) and shown.player.at is None
    assert shown.stage == OnStage("r", asked=False)
    assert shown.form == setup_panel.show(record.plan)
    fields = setup_panel.read(list(shown.form))
    assert shown.asked == on_page(shown.preset, fields)
    assert len(shown.values()) == len(RECORD_PARTS) and gr.skip() not in shown.values()
    assert said(linked_picture(ctx, "r", ELSEWHERE, play=False)) == said(shown)


def test_an_address_opens_a_record_at_one_of_its_events(ctx: Ctx) -> None:
    whole = record_picture(ctx, "r")
    shown = linked_picture(ctx, "r", Address(record="r", at=3), play=False)
    assert shown.shown == 3 and shown.player != whole.player
    assert (shown.lanes, shown.form, shown.asked) == (whole.lanes, whole.form, whole.asked)


def test_an_address_with_a_question_puts_that_on_the_stage_and_keeps_the_record_s_events(
    ctx: Ctx,
) -> None:
    shown = linked_picture(ctx, "r", Address(record="r", preset="relay"), play=False)
    fields = setup_panel.read(setup_panel.show(load_preset("relay")))
    asked = asked_picture("relay", fields, "r")
    assert (shown.lanes, shown.command, shown.asked) == (asked.lanes, asked.command, asked.asked)
    assert shown.preset == "relay" and shown.stage == OnStage("r", asked=True)
    assert shown.lanes.status == "ready" and shown.lanes.question == fields["question"]
    assert shown.shown == record_picture(ctx, "r").shown


def test_a_record_that_is_not_there_is_a_sentence_and_the_rest_stays(ctx: Ctx) -> None:
    shown = linked_picture(ctx, "none", Address(record="none", at=3), play=False)
    assert isinstance(shown.lanes, ErrorValue)
    assert shown.values()[4:] == [gr.skip()] * 4
    assert shown.form == [gr.skip()] * len(setup_panel.FIELDS)
