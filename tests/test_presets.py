"""A block of constraints that cannot be used is refused where the file is read, in one sentence."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.errors import BadInput
from lab.experiments.transfer.conditions import Conditions
from lab.panels.break_it.break_words import FILE, constraints_of
from lab.presets import constraint_blocks

LINE = {"name": "new moon", "channel": "kv"}
TIDE = {"number": 1, "name": "tide", "conditions": [LINE]}
MOON = {
    "number": 2,
    "name": "moon",
    "results": "tamper",
    "lines": [{"condition": "a", "metric": "b"}],
}

REFUSED: dict[str, tuple[Any, str]] = {
    "the same number": (
        [TIDE, MOON, {**TIDE, "name": "wind"}],
        "moon.yaml: the constraints 'tide' and 'wind' both have number 1, expected every number "
        "once; give the newer one 3.",
    ),
    "the same name": (
        [TIDE, {**MOON, "name": "tide"}],
        "moon.yaml: two constraints are called 'tide', expected every name once; rename one block "
        "and its words constraint.NAME.",
    ),
    "no name": (
        [TIDE, {"number": 2, "conditions": [LINE]}],
        "moon.yaml, constraints: 1.name: Field required; got {'number': 2, 'conditions': "
        "[{'name': 'new moon', 'channel': 'kv'}]}; correct this block.",
    ),
    "a number in quotes": (
        [{**TIDE, "number": "1"}],
        "moon.yaml, constraints: 0.number: Input should be a valid integer; got '1'; correct this "
        "block.",
    ),
    "a word that no block has": (
        [{**TIDE, "colour": "red"}],
        "moon.yaml, constraints: 0.colour: Extra inputs are not permitted; got 'red'; correct this "
        "block.",
    ),
    "nothing measures it": (
        [{"number": 1, "name": "tide", "results": "tamper"}],
        "moon.yaml: nothing measures the constraint 'tide', expected `conditions`, or `results` "
        "with `lines`; add them to the block.",
    ),
    "no blocks": (
        None,
        "moon.yaml, constraints: top level: Input should be a valid tuple; got None; correct this "
        "block.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_block_that_cannot_be_used_is_refused_by_gallery_and_experiment(
    case: str, tmp_path: Path
) -> None:
    blocks, sentence = REFUSED[case]
    file = tmp_path / "moon.yaml"
    file.write_text(yaml.safe_dump({"constraints": blocks}, sort_keys=False), encoding="utf-8")
    with pytest.raises(BadInput) as gallery:
        constraints_of(file)
    assert str(gallery.value) == sentence
    if blocks:  # an experiment may have no blocks
        with pytest.raises(BadInput) as experiment:
            Conditions.model_validate({"conditions": [LINE], "constraints": blocks})
        assert str(experiment.value) == sentence.replace("moon.yaml", "constraints", 1)


def test_blocks_keep_their_order_and_the_lab_s_own_are_read() -> None:
    assert [one.name for one in constraint_blocks([MOON, TIDE])] == ["moon", "tide"]
    shown = constraints_of(FILE)
    assert [one.number for one in shown.values()] == list(shown)
    assert shown[1].mark == "1" and shown[8].mark == "+"
