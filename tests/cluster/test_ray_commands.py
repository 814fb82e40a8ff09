"""The commands with ``--ray``, as they are typed: the figures of the same command without it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from lab.files import IMPORT_ROOT
from tests.tiny_pocket import make_loud_pockets

CLOCKS = ["ms", "seconds"]
RELAY = ("experiment", "relay", "--n", "4", "--set", "steps=2", "--set", "batch=2")
FEW = ("--steps", "2", "--max-tokens", "4", "--samples", "2")
EVAL = ("eval", "--task", "ledger", "--limit", "3", *FEW, "--json")
TOKENS = 4096


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    names = ("pocket-base", "pocket-reseed", *(f"pocket-scholar-{i}" for i in (1, 2, 3)))
    folder = make_loud_pockets(tmp_path / "models", *names)
    monkeypatch.setenv("LATENT_LAB_MODELS", str(folder))
    return folder


def typed(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lab", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(IMPORT_ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def rows(folder: Path) -> pd.DataFrame:
    """All figures but the clocks."""
    found = pd.read_csv(folder / "results.csv")
    return found[~found["metric"].isin(CLOCKS)].reset_index(drop=True)


@pytest.mark.slow
@pytest.mark.usefixtures("models")
@pytest.mark.parametrize("words", [RELAY, EVAL], ids=["experiment", "eval"])
def test_a_command_makes_the_rows_that_it_makes_without_a_cluster(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    here = typed(tmp_path, *words, "--out", "here")
    there = typed(tmp_path, *words, "--out", "there", "--ray", "local:2")
    assert (here.returncode, there.returncode) == (0, 0), there.stderr
    assert len(rows(tmp_path / "here"))
    assert_frame_equal(rows(tmp_path / "here"), rows(tmp_path / "there"), check_exact=True)


@pytest.mark.slow
def test_members_are_trained_beside_each_other_and_each_is_said(tmp_path: Path) -> None:
    names = ("pocket-scholar-1", "pocket-scholar-2")
    budget = ("--tokens", str(TOKENS), "--precision", "fp32", "--no-compile", "--ray", "local:2")
    done = typed(tmp_path, "zoo", "train", *names, *budget)
    assert done.returncode == 0, done.stderr
    for name in names:
        assert f"{name}: 0.0 M tokens" in done.stdout
        made = tmp_path / "runs" / "zoo" / "models" / name
        assert json.loads((made / "card.json").read_text())["name"] == name
        assert (made / "model.safetensors").exists()


@pytest.mark.parametrize(
    "words",
    [RELAY, EVAL, ("zoo", "train", "pocket-base", "--tokens", "4096"), ("serve", "--port", "1024")],
    ids=["experiment", "eval", "train", "serve"],
)
def test_a_cluster_that_is_not_there_is_one_sentence(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    done = typed(tmp_path, *words, "--ray", "127.0.0.1:1")
    assert done.returncode == 2 and not done.stdout
    assert "nobody answers at 127.0.0.1:1" in done.stderr and done.stderr.count("\n") == 1
