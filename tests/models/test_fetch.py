"""Getting catalogue models: parts are joined, digests checked, a stop keeps what is whole.

The archives are real ones made here and put where a stopped download leaves them; pip is called
with its index switched off where a download has to fail.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from pathlib import Path

import pytest

from lab.errors import BadInput, Cancelled, ModelUnavailable
from lab.files import CACHE_ENV
from lab.models import catalogue as catalogue_module
from lab.models.catalogue import (
    CatalogueEntry,
    HubSource,
    PackageSource,
    catalogue,
    remove,
    require_entry,
)
from lab.models.fetch import get_gguf, get_model
from lab.models.fetch_job import FetchJob, fetch, was_stopped
from lab.models.pool import HostPool
from tests.models.package_server import index_here
from tests.models.tiny_gguf import write_tiny_gguf

PARTS = ("tiny-part1==1.0", "tiny-part2==1.0")


def entry_for(sha256: str) -> CatalogueEntry:
    source = PackageSource(packages=PARTS, member="tiny.gguf", sha256=sha256)
    return CatalogueEntry(
        name="tiny",
        title="Tiny",
        about="for tests",
        licence="none",
        params=1,
        download_mb=1,
        memory_mb=1,
        sources=(source,),
    )


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A GGUF file; the catalogue lists it, and no network is asked."""
    monkeypatch.setenv(CACHE_ENV, str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    path = tmp_path / "made.gguf"
    write_tiny_gguf(path)
    data = path.read_bytes()
    entry = entry_for(hashlib.sha256(data).hexdigest())
    monkeypatch.setattr(catalogue_module, "catalogue", lambda: (entry,))
    return data


def put_archive(tmp_path: Path, part: int, data: bytes) -> Path:
    store = tmp_path / "cache" / "models" / "downloads" / "tiny"
    store.mkdir(parents=True, exist_ok=True)
    archive = store / f"tiny_part{part}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("tiny/__init__.py", "raise SystemExit('nothing of this is executed')")
        packed.writestr(f"tiny/data/tiny.gguf.part0{part - 1}", data)
    return archive


def test_archives_that_are_here_are_joined_converted_and_cleared(
    tmp_path: Path, model: bytes
) -> None:
    half = len(model) // 2
    put_archive(tmp_path, 1, model[:half])
    put_archive(tmp_path, 2, model[half:])
    shares: list[float] = []
    folder = get_model("tiny", lambda _text, share: shares.append(share or 0.0))
    assert (folder / "config.json").is_file() and shares[-1] == 1.0
    assert not (tmp_path / "cache" / "models" / "downloads" / "tiny").exists()
    assert get_model("tiny") == folder, "offline afterwards"
    assert "Q8_0" in HostPool().get("tiny").why["weights"]
    assert remove("tiny") > 0 and not folder.exists()


def test_the_file_that_a_model_is_made_of_can_be_had_alone(tmp_path: Path, model: bytes) -> None:
    half = len(model) // 2
    put_archive(tmp_path, 1, model[:half])
    put_archive(tmp_path, 2, model[half:])
    store = tmp_path / "cache" / "models" / "downloads" / "tiny"
    assert get_gguf("tiny", store).read_bytes() == model
    assert not (tmp_path / "cache" / "models" / "tiny").exists()


def test_a_model_of_no_package_has_no_file_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = entry_for("0" * 64).model_copy(update={"sources": (HubSource(hub="org/open"),)})
    monkeypatch.setattr(catalogue_module, "catalogue", lambda: (entry,))
    with pytest.raises(ModelUnavailable, match="Tiny comes from no package"):
        get_gguf("tiny", tmp_path)


def test_parts_in_the_wrong_order_have_the_wrong_digest(tmp_path: Path, model: bytes) -> None:
    half = len(model) // 2
    archives = [put_archive(tmp_path, 1, model[half:]), put_archive(tmp_path, 2, model[:half])]
    with pytest.raises(
        ModelUnavailable, match=r"not the file the catalogue knows: expected SHA-256"
    ):
        get_model("tiny")
    assert not any(archive.exists() for archive in archives)


def test_a_download_that_fails_keeps_the_parts_that_are_whole(tmp_path: Path, model: bytes) -> None:
    first = put_archive(tmp_path, 1, model[:100])
    with pytest.raises(ModelUnavailable, match=r"tiny-part2==1.0 could not be fetched"):
        get_model("tiny")
    assert first.exists()


@pytest.mark.slow
def test_what_is_told_of_a_download_in_parts_is_of_the_whole_model(
    tmp_path: Path, model: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"tiny_part1": 6_000_000, "tiny_part2": 3_000_000}
    entry = entry_for("0" * 64).model_copy(update={"download_mb": 9})
    monkeypatch.setattr(catalogue_module, "catalogue", lambda: (entry,))
    told: list[tuple[str, float]] = []
    with index_here(sizes) as address:
        monkeypatch.setenv("PIP_FIND_LINKS", address)
        with pytest.raises(ModelUnavailable, match="SHA-256"):  # these bytes are no model
            get_model("tiny", lambda text, share: told.append((text, share or 0.0)))
    shares = [share for text, share in told if text.startswith("fetching")]
    have = [float(re.findall(r": (\d+) of about 9 MB", text)[0]) for text, _ in told[: len(shares)]]
    assert shares == sorted(shares) and shares[-1] > 0.6
    assert have == sorted(have) and 6 < have[-1] <= 9
    assert any(1 < mb < 5 for mb in have) and any(mb > 6 for mb in have)


def test_a_damaged_archive_is_deleted_and_said(tmp_path: Path, model: bytes) -> None:
    put_archive(tmp_path, 1, model[:100])
    second = put_archive(tmp_path, 2, model[100:])
    second.write_bytes(second.read_bytes()[:-50])
    with pytest.raises(ModelUnavailable, match="damaged"):
        get_model("tiny")
    assert not second.exists()


def test_a_stop_keeps_the_archives(tmp_path: Path, model: bytes) -> None:
    archives = [put_archive(tmp_path, 1, model[:100]), put_archive(tmp_path, 2, model[100:])]
    with pytest.raises(Cancelled):
        get_model("tiny", cancelled=lambda: True)
    assert all(archive.exists() for archive in archives)


def test_a_model_that_is_not_here_says_how_to_get_it(model: bytes) -> None:
    with pytest.raises(ModelUnavailable, match="python -m lab models get tiny"):
        HostPool().get("tiny")
    with pytest.raises(BadInput, match="expected one of tiny"):
        get_model("tinny")


def test_the_shipped_catalogue_is_valid_and_pins_what_comes_from_packages() -> None:
    names = [entry.name for entry in catalogue()]
    assert len(set(names)) == len(names) and "smollm2-135m" in names
    packaged = [s for e in catalogue() for s in e.sources if isinstance(s, PackageSource)]
    assert packaged and all("==" in package for s in packaged for package in s.packages)


def test_one_download_per_model_is_followed_stopped_and_gone_on_with(
    tmp_path: Path, model: bytes
) -> None:
    """As the page does it: two who press Get look at the same one; a stop keeps what is whole."""
    half = len(model) // 2
    archives = [put_archive(tmp_path, 1, model[:half])]
    first = fetch("tiny")  # the second part is missing, and no network is asked
    first.wait(60)
    assert first.over and "tiny-part2==1.0 could not be fetched" in str(first.error)
    assert all(archive.exists() for archive in archives) and not was_stopped(first)
    put_archive(tmp_path, 2, model[half:])
    again = fetch("tiny")
    assert again is not first
    assert fetch("tiny") is again or again.over
    again.wait(120)
    assert again.error is None and again.entry.installed
    with pytest.raises(BadInput, match="expected one of tiny"):
        fetch("tinny")


def test_a_stop_from_the_page_is_said_as_a_stop(tmp_path: Path, model: bytes) -> None:
    archives = [put_archive(tmp_path, 1, model[:100]), put_archive(tmp_path, 2, model[100:])]
    job = FetchJob(require_entry("tiny"))
    job.stop()
    job.start()
    job.wait(60)
    assert was_stopped(job) and not job.entry.installed
    assert all(archive.exists() for archive in archives)
