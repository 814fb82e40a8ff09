"""Tests mirror `lab`: the tests of ``lab/a/b.py`` stand in ``tests/a``."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
