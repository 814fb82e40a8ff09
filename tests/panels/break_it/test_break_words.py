"""A further constraint is one block of the preset and its words: cards, bars and command follow."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import yaml

from lab import words
from lab.experiments.harness import registry
from lab.files import EXPERIMENTS
from lab.panels.break_it import break_results, break_words, gallery_cards
from lab.panels.break_it.break_value import ConstraintCard
from lab.records.results import ResultTable

PRESET = yaml.safe_load(break_words.FILE.read_text(encoding="utf-8"))
NUMBER = 1 + max(block["number"] for block in PRESET["constraints"])
"""The next free one, however many constraints there are."""
NAME = f"another-{NUMBER}"
NEW = {
    "number": NUMBER,
    "name": NAME,
    "mark": "☾",
    "conditions": [{"name": "new moon", "title": "at new moon", "channels": ["kv", "latent"]}],
}
SAID = {
    f"constraint.{NAME}.title": "Same moon",
    f"constraint.{NAME}.rule": "Both must think at full moon.",
    f"constraint.{NAME}.why": "It is a test.",
}


@pytest.fixture
def with_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The lab with one block more in a copy of its presets, and three sentences more."""
    data = {**PRESET, "constraints": [*PRESET["constraints"], NEW]}
    (tmp_path / "experiments").mkdir()
    file = tmp_path / "experiments" / "constraints.yaml"
    file.write_text(yaml.safe_dump(data), encoding="utf-8")
    monkeypatch.setattr(break_words, "FILE", file)
    monkeypatch.setattr(registry, "PRESETS", tmp_path)
    for key, text in SAID.items():
        monkeypatch.setitem(words.texts_of("en"), key, text)
    break_words.constraints.cache_clear()
    yield
    break_words.constraints.cache_clear()


def card_of(name: str, shown: Iterable[ConstraintCard]) -> ConstraintCard:
    """The gallery's card of a constraint."""
    number = next(one.number for one in break_words.constraints().values() if one.name == name)
    return next(card for card in shown if card.number == number)


def measured() -> ResultTable:
    """Two problems of the new condition between floor and ceiling."""
    table = ResultTable.start("constraints", {"n": 2})
    table.meta["conditions"] = [
        {
            "name": "new moon",
            "channel": "kv",
            "title": "at new moon",
            "constraint": NUMBER,
            "curve": "",
        }
    ]
    for name, channel, control, right in (
        ("nothing", "none", "floor", 0.0),
        ("text", "text", "ceiling", 1.0),
        ("new moon", "kv", "", 1.0),
    ):
        rows = [{"problem": i, "accuracy": right} for i in range(2)]
        table.add(name, rows, channel, control)
    return table


def test_the_card_of_a_new_block_stands_in_the_gallery(with_another: None) -> None:
    shown = gallery_cards.cards(measured())
    assert len(shown) == len(PRESET["constraints"]) + 1
    card = card_of(NAME, shown)
    assert (card.number, card.mark, card.title) == (NUMBER, "☾", "Same moon")
    assert [card.rule, card.why] == list(SAID.values())[1:]
    assert [line.title for line in card.lines] == ["at new moon"]
    labels = break_results.bars(measured()).data[0].y
    assert any(label.startswith("☾") for label in labels)


def test_the_experiment_measures_the_conditions_of_a_new_block(with_another: None) -> None:
    settings = registry.load_settings(registry.find("constraints"))
    own = [c for c in settings.model_dump()["conditions"] if c["constraint"] == NUMBER]
    assert [(c["name"], c["channel"]) for c in own] == [("new moon", "kv"), ("new moon", "latent")]


def test_conditions_given_by_hand_come_without_the_blocks_of_the_file() -> None:
    one = {"name": "mine", "channel": "kv"}
    settings = registry.load_settings(registry.find("constraints"), {"conditions": [one]})
    assert [c["name"] for c in settings.model_dump()["conditions"]] == ["mine"]


def test_every_constraint_has_its_words_in_both_languages() -> None:
    wanted = {
        f"constraint.{block['name']}.{part}"
        for block in PRESET["constraints"]
        for part in ("title", "rule", "why")
    }
    for language in words.LANGUAGES:
        texts = words.read_texts(language)
        assert {key for key in texts if re.match(r"constraint\.", key)} == wanted


def test_a_card_that_another_experiment_measures_shows_checks_beside_their_false_alarms() -> None:
    tamper = ResultTable.open(EXPERIMENTS / "tamper")
    card = card_of("audit", gallery_cards.cards(None, {"tamper": tamper}.get))
    lines = {line.title: line for line in card.lines}
    found = lines["false cache: " + words.called("metric", "norm_alarm")]
    assert found.value == tamper.estimate("false cache", "norm_alarm").value
    false = tamper.estimate("untouched", "norm_alarm").value
    assert found.floor == false and found.how == f"false alarms {100 * false:.0f} %"
    assert not any(line.tried for line in card.lines)
    moved = [line for line in card.lines if line.name == "moved to later positions"]
    assert len(moved) == 4 and not any(line.light for line in moved)
    assert card_of("audit", gallery_cards.cards(None)).lines == ()


def test_bars_are_called_by_keys_on_the_page_and_a_stranger_s_name_is_escaped() -> None:
    """A label that was cut or escaped after its words were put together would show its keys."""
    shipped = ResultTable.open(EXPERIMENTS / "relay")
    with words.for_the_page():
        labels = [str(label) for label in break_results.bars(shipped).data[0].y]
    assert len(set(labels)) == len(labels)
    told = [words.shown(label, "zh") for label in labels]
    assert not any("⟨U+" in label or "…" in label for label in told)
    assert any("缓存" in label for label in told)
    hostile = measured()
    hostile.add("<b>moon</b>\ue000", [{"problem": 0, "accuracy": 1.0}], "kv")
    labels = list(break_results.bars(hostile).data[0].y)
    assert any("&lt;b&gt;moon&lt;/b&gt;⟨U+E000⟩" in label for label in labels)
