"""Where the lab's own data lies: ``assets`` and ``presets``, in a checkout or in a wheel.

A wheel carries both folders inside the package, under ``lab/_data``; in a checkout they stand at
the top, beside ``lab``. Nobody else counts parent folders.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from lab.errors import LabError

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
