"""Models of the hub: progress, a stop that keeps whole files, and one sentence for what cannot be
had. The hub's own client asks a hub on this machine.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import Cancelled, ModelUnavailable
from lab.files import CACHE_ENV
from lab.models import catalogue as catalogue_module
from lab.models.catalogue import CatalogueEntry, HubSource
from lab.models.fetch import get_model
from tests.models.hub_server import FILES, hub_here

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_ENV, str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")


def catalogued(monkeypatch: pytest.MonkeyPatch, hub: str) -> None:
    entry = CatalogueEntry(
        name="tiny",
        title="Tiny",
        about="for tests",
        licence="none",
        params=1,
        download_mb=36,
        memory_mb=1,
        sources=(HubSource(hub=hub),),
    )
    monkeypatch.setattr(catalogue_module, "catalogue", lambda: (entry,))


def test_progress_and_a_stop_that_keeps_whole_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogued(monkeypatch, "org/open")
    shares: list[float] = []
    with hub_here(slow=0.06) as (address, asked):
        monkeypatch.setenv("HF_ENDPOINT", address)
        with pytest.raises(Cancelled, match="whole files are kept"):
            get_model(
                "tiny",
                lambda _text, share: shares.append(share or 0.0),
                lambda: bool(shares) and shares[-1] > 0.25,
            )
        assert 0.25 < shares[-1] < 1.0 and shares == sorted(shares)
        half = tmp_path / "cache" / "models" / "tiny.half"
        assert (half / "config.json").is_file() and list(half.rglob("*.incomplete"))
        folder = get_model("tiny")
    assert (folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    assert asked.count("config.json") == 1 and asked.count("model.safetensors") == 2
    assert not (folder.parent / "downloads" / "tiny").exists()
    assert not list(folder.rglob("*.incomplete")), "what was stopped leaves nothing behind"


@pytest.mark.parametrize(
    ("hub", "words"),
    [
        ("org/gated", "is gated"),
        ("org/none", "hub id that exists"),
        ("a/b/c", "hub id that exists"),
    ],
)
def test_what_the_hub_does_not_give_is_one_sentence(
    hub: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogued(monkeypatch, hub)
    with hub_here() as (address, _):
        monkeypatch.setenv("HF_ENDPOINT", address)
        with pytest.raises(ModelUnavailable) as refused:
            get_model("tiny")
    assert hub in str(refused.value) and words in str(refused.value)
