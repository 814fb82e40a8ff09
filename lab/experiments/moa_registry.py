"""The experiments of the Mixture-of-Agents lab, as data; `lab.experiments.registry` says what a module must offer."""

from __future__ import annotations

from lab.experiments.registry import Entry

ENTRIES: tuple[Entry, ...] = ()
