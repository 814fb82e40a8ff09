"""Which tabs the page has, in which order: a name in the address, the folder of its tab."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

ORDER = {
    "side_by_side": "lab.ui.tabs.side_by_side.side_by_side_tab",
    "map": "lab.ui.tabs.map.map_tab",
    "lens": "lab.ui.tabs.lens.lens_tab",
    "memory": "lab.ui.tabs.memory.memory_tab",
    "break": "lab.ui.tabs.break_it.break_tab",
    "drafts": "lab.ui.tabs.drafts.drafts_tab",
    "lessons": "lab.ui.tabs.lessons.lessons_tab",
    "models": "lab.ui.tabs.models.models_tab",
}
FIRST = next(iter(ORDER))
"""In front when nothing else is asked for."""


def tab_modules() -> dict[str, ModuleType]:
    """The tabs' modules by name, in the order of the page."""
    return {name: import_module(module) for name, module in ORDER.items()}
