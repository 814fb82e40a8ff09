"""``run`` from end to end on untrained pocket models: record, table, JSON, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys

import pytest

from lab.bench.result import at_least, at_most, median_seconds
from lab.cli import bench, main
from lab.cli.terminal import Live
from lab.records import Record
from tests import REPOSITORY
from tests.make_record import make_record
from tests.tiny_pocket import make_pockets


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    names = (
        "pocket-base",
        "pocket-scholar-1",
        "pocket-scholar-2",
        "pocket-scholar-3",
        "pocket-reseed",
    )
    return make_pockets(tmp_path_factory.mktemp("models"), *names)


@pytest.fixture(autouse=True)
def _models(models, monkeypatch):
    monkeypatch.setenv("LATENT_LAB_MODELS", str(models))


def test_run_writes_a_record_and_prints_the_comparison(tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["run", "relay", "--set", "lanes.latentmas.steps=3", "--out", str(out)]) == 0
    said = capsys.readouterr()
    record = Record.open(out)
    assert (
        record.status == "finished"
        and record.plan.name == "relay"
        and record.plan.lanes[1].steps == 3
    )
    assert (
        "In hidden states" in said.out
        and "In words" in said.out
        and f"Truth     {record.problem.truth}" in said.out
    )
    assert "solver => judger: kv, " in said.err and "solver => judger: text, " in said.err
    assert f"python -m lab show {out}" in said.err


def test_run_as_json_and_show_agree(tmp_path, capsys):
    out = str(tmp_path / "out")
    assert main(["run", "relay", "--set", "lanes.latentmas.steps=2", "--out", out, "--json"]) == 0
    ran = json.loads(capsys.readouterr().out)
    assert main(["show", out, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == ran


@pytest.mark.parametrize(
    "preset", ["side-by-side", "no-thought", "hierarchical", "almanac-coverage", "single-vs-all"]
)
def test_every_pocket_preset_runs(tmp_path, capsys, preset):
    assert (
        main(
            ["run", preset, "--set", "capture.layers=last", "--out", str(tmp_path / "r"), "--quiet"]
        )
        == 0
    )
    assert len(capsys.readouterr().out.splitlines()) > 4


def test_a_second_run_into_the_same_folder_is_refused(tmp_path, capsys):
    folder = make_record(tmp_path / "r")
    before = (folder / "events.jsonl").read_bytes()
    assert main(["run", "relay", "--set", "lanes.latentmas.steps=1", "--out", str(folder)]) == 2
    assert "already holds a record" in capsys.readouterr().err
    assert (folder / "events.jsonl").read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_stops_the_run_and_the_record_says_so(tmp_path):
    arguments = ["run", "relay", "--set", "lanes.latentmas.steps=200", "--out", str(tmp_path / "r")]
    process = subprocess.Popen(
        [sys.executable, "-m", "lab", *arguments],
        cwd=REPOSITORY,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    while "[latentmas]" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert f"What was done so far is in {tmp_path / 'r'}" in err and "Traceback" not in err
    assert Record.open(tmp_path / "r").status == "cancelled"


class Terminal:
    """A stream that says it is a terminal."""

    def __init__(self):
        self.text = ""

    def isatty(self):
        return True

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def test_a_terminal_shows_who_is_at_work_and_no_control_characters_of_models(tmp_path):
    from dataclasses import replace

    from lab import events as ev

    terminal = Terminal()
    live = Live(terminal)
    for event in Record.open(make_record(tmp_path / "r")).events:
        hostile = replace(event, token="\x1b[2Jbad") if isinstance(event, ev.TokenOut) else event
        live.event(hostile)
    live.close()
    assert "latentmas/planner: read 12 tokens" in terminal.text
    assert "\x1b[2J" not in terminal.text
    assert "[moa] answer: 6. (wrong)" in terminal.text
    assert terminal.text.endswith("\r\x1b[2K")


def test_a_bench_states_its_goals(capsys):
    assert "goal ≤ 5 MB met" in bench.line(at_most("size", 3.14159, 5, "MB"))
    assert "goal ≥ 5 × MISSED" in bench.line(at_least("speed", 4.0, 5, "×"))
    assert main(["bench", "nope"]) == 2
    assert "Unknown bench 'nope'" in capsys.readouterr().err
    quick, slow = median_seconds(lambda: None, lambda: sum(range(100_000)), rounds=3)
    assert quick < slow
