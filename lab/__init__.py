"""Latent Lab: see two ways for language models to work together, by hidden states and by text.

The names below are the whole face of the lab in Python; each is loaded when it is first used, so
that ``import lab`` is quick and needs no torch. Wrong use raises a `lab.errors.LabError`, one
sentence.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lab.version import __version__

if TYPE_CHECKING:
    from lab.face.agents import Answer, load, speak, think
    from lab.face.measure import Results, experiment
    from lab.face.runs import RecordView, open_record, run
    from lab.face.tasks import judge, problem

_HOME = {
    "load": "lab.face.agents",
    "problem": "lab.face.tasks",
    "think": "lab.face.agents",
    "speak": "lab.face.agents",
    "judge": "lab.face.tasks",
    "run": "lab.face.runs",
    "open_record": "lab.face.runs",
    "experiment": "lab.face.measure",
    "Answer": "lab.face.agents",
    "RecordView": "lab.face.runs",
    "Results": "lab.face.measure",
}
"""Every name of the face and the module that holds it."""

__all__ = [
    "Answer",
    "RecordView",
    "Results",
    "__version__",
    "experiment",
    "judge",
    "load",
    "open_record",
    "problem",
    "run",
    "speak",
    "think",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(
            f"lab has no {name!r}: expected one of {', '.join(_HOME)}; everything else is imported "
            "from its own module."
        )
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
