"""The experiments of the Mixture-of-Agents lab, as data; see `lab.experiments.registry` for what a module must offer."""

from __future__ import annotations

from lab.experiments.registry import Entry

ENTRIES: tuple[Entry, ...] = ()
