"""Which experiments a model can take part in: pocket models in their worlds, others in English."""

from __future__ import annotations

import pytest

from lab.errors import BadInput
from lab.experiments.harness.registry import find, load_settings, require_readers
from lab.words import shown


@pytest.mark.parametrize("name", ["relay", "layers", "growth", "geometry", "compress", "tasks"])
def test_a_model_that_reads_english_gets_problems_in_english(name: str) -> None:
    entry = require_readers(find(name), {"receiver": "someone/model"})
    assert entry.name == f"{name}-real" and entry.load() is find(name).load()
    settings = load_settings(entry, {"n": 2}).model_dump()
    assert settings.get("written") == "english" or settings["task"] == "english"
    assert shown(entry.title, "zh") and "experiment." not in shown(entry.title, "en")


def test_pocket_models_keep_their_worlds() -> None:
    for given in ({"sender": "pocket-reseed"}, {"sender": "runs/pocket-mine"}, {"n": 3}):
        assert require_readers(find("relay"), given).name == "relay"
    assert require_readers(find("relay"), {"sender": "other", "written": "mine"}).name == "relay"


@pytest.mark.parametrize("name", ["coverage", "tamper", "plane", "forks", "kvmoa"])
def test_where_there_is_nothing_in_english_it_is_said(name: str) -> None:
    with pytest.raises(BadInput, match=r"someone/model.*relay"):
        require_readers(find(name), {"proposers": ("pocket-base", "someone/model")})
