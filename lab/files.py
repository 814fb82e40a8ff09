"""Where the lab's own data lies (``assets`` and ``presets``, in a checkout or in a wheel), and
what it fetches.

A wheel carries both folders inside the package, under ``lab/_data``; in a checkout they stand at
the top, beside ``lab``. Nobody else counts parent folders.
"""

from __future__ import annotations

import contextlib
import os
from importlib import resources
from pathlib import Path

import platformdirs

from lab.errors import LabError

CACHE_ENV = "LATENT_LAB_CACHE"
"""Environment variable that names another folder for what is fetched and converted."""
_PACKAGE = Path(str(resources.files("lab")))


def _data(name: str) -> Path:
    for folder in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise LabError(
        f"The lab's own {name} were not found: expected {_PACKAGE / '_data' / name} or "
        f"{_PACKAGE.parent / name}; install the wheel anew, or run from a whole checkout."
    )


ASSETS = _data("assets")
PRESETS = _data("presets")
EXPERIMENTS = ASSETS / "experiments"
"""Results that come with the lab, a folder per experiment."""
MODELS = ASSETS / "models"
"""The pocket models, a folder each."""
IMPORT_ROOT = _PACKAGE.parent
"""Folder from which a process of its own can import the lab."""


def user_cache(name: str) -> Path:
    """A folder for what is fetched and converted: below ``LATENT_LAB_CACHE``, else below the user's
    cache.

    Args:
        name: of the folder.
    """
    named = os.environ.get(CACHE_ENV)
    return (Path(named) if named else platformdirs.user_cache_path("latent-lab")) / name


def folder_bytes(folder: Path) -> int:
    """Bytes of all files below a folder, also while they come and go; 0 where there is none."""
    total = 0
    for below, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):  # renamed or deleted in this moment
                total += os.stat(os.path.join(below, name)).st_size
    return total
