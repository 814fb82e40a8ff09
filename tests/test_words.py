"""What Python says for the page is a key with values, in every place where a text can stand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from lab.files import ASSETS, EXPERIMENTS, PRESETS
from lab.records.results import ResultTable
from lab.ui.tabs.break_it.break_choices import BREAKS
from lab.words import called, for_the_page, known, say, shown


def test_a_text_is_english_and_for_the_page_a_key_with_its_values() -> None:
    assert say("said.queue.next", seconds=3) == "You are next, about 3 s."
    with for_the_page():
        told = say("said.queue.next", seconds=3)
        with for_the_page(on=False):
            assert say("said.queue.next", seconds=3) == "You are next, about 3 s."
    assert "next" not in told.replace("said.queue.next", "")
    assert shown(told, "en") == "You are next, about 3 s."
    assert shown(told, "zh") != told and "3" in shown(told, "zh")


def test_values_are_written_as_the_english_says_and_may_hold_texts() -> None:
    with for_the_page():
        inner = say("said.channel.kv")
        told = f"({say('said.map_tab.together_with', run_id=inner)} {say('said.unit.ms')})"
        dial = say("said.dial.fine_tune", x=0.5)
    assert shown(told, "en") == "(Together with cache. ms)"
    assert shown(dial, "en") == "α = 0.5 on the way from base to a fine-tune"
    assert "缓存" in shown(told, "zh")


def test_a_stray_sign_of_a_hostile_text_breaks_nothing() -> None:
    for text in ("\ue003", "a\ue003b", "\ue000\ue003", "\ue000no.such.key\ue001x\ue002\\1\ue003"):
        assert "\ue003" not in shown(text, "zh")


def test_a_text_of_a_record_is_known_by_its_english_and_others_stay() -> None:
    assert known("random vectors") == "random vectors"
    with for_the_page():
        assert shown(known("random vectors"), "zh") == "随机向量"
        assert shown(known("threshold 0.9"), "zh") == "阈值 0.9"
        assert known("Is it 7?") == "Is it 7?"
        assert called("metric", "my_own") == "my_own"


def _unknown(texts: list[str]) -> list[str]:
    """Those in which a word stands and that the lab has no words for."""
    return [text for text in texts if re.search("[A-Za-z]{2}", text) and known(text) == text]


def _titles(experiment: str) -> list[str]:
    table = ResultTable.open(EXPERIMENTS / experiment)
    specs = [c for c in table.meta.get("conditions", []) if isinstance(c, dict)]
    if specs:
        return [str(c.get("title") or c["name"]) for c in specs if not c.get("curve")]
    return [str(name) for name in table.rows["condition"].unique()]


@pytest.mark.parametrize("folder", sorted(p.parent.name for p in EXPERIMENTS.glob("*/record.json")))
def test_every_condition_of_a_shipped_result_has_words(folder: str) -> None:
    with for_the_page():
        assert _unknown(_titles(folder)) == []


def test_every_condition_of_a_preset_and_every_break_has_words() -> None:
    titles = list(BREAKS)
    for file in (PRESETS / "experiments").glob("*.yaml"):
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        blocks = [c for block in data.get("constraints", []) for c in block["conditions"]]
        titles += [c.get("title") or c["name"] for c in [*data.get("conditions", []), *blocks]]
    with for_the_page():
        assert _unknown(titles) == []


def test_what_the_models_cards_say_has_words() -> None:
    with for_the_page():
        for file in (ASSETS / "models").glob("*/card.json"):
            card = json.loads(file.read_text(encoding="utf-8"))
            told = [card.get("breaks", ""), *card.get("notes", ())]
            assert [text for text in told if text and known(text) == text] == [], Path(file).parent


@pytest.mark.parametrize("name", ["LatentMAS", "TextMAS", "Mixture-of-Agents", "In words"])
def test_a_lane_is_called_in_english_as_its_record_calls_it(name: str) -> None:
    with for_the_page():
        told = known(name)
    assert shown(told, "en") == name
