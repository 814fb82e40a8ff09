"""Which tabs the page has, in which order. A tab whose module is absent is left out."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

ORDER = ("side_by_side", "map", "lens", "memory", "break", "drafts", "models", "lessons")


def tab_modules() -> dict[str, ModuleType]:
    """The modules ``lab.ui.tab_NAME`` that exist, by NAME, in the order of the page."""
    return {
        name: import_module(f"lab.ui.tab_{name}")
        for name in ORDER
        if find_spec(f"lab.ui.tab_{name}")
    }
