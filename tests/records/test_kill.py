"""A writer that dies at any moment leaves a record that can be read, with nothing that was promised
missing.
"""

import errno
import os
import signal
import subprocess
import sys

import pytest

import lab.records.writer as writer_module
from lab import events as ev
from lab.errors import RecordDamaged
from lab.records import Record, Writer
from lab.records import tensors as tensors_module
from tests import REPOSITORY
from tests.make_record import make_record, plan, steps


class Killed(BaseException):
    """Stands for the end of the process: nothing after it runs."""


def check_readable(folder, whole):
    """Every reader's question gets an answer, and the answers are a prefix of the whole run."""
    record = Record.open(folder)
    events = record.events
    assert events == whole.events[: len(events)] or events[1:] == whole.events[1 : len(events)]
    n = len(record.points)
    assert list(record.points["point_id"]) == list(range(n))
    columns = ["moment", "agent", "layer", "token", "host", "state_row"]
    assert record.points[columns].equals(whole.points[columns].iloc[:n].reset_index(drop=True))
    assert (record.states(slice(None)) == whole.states(slice(0, n))).all()
    ids, _, _ = record.lens(slice(None))
    assert len(ids) == n
    for host in set(record.points["host"]):
        assert not record.token(host, 4).startswith("#")
    return record


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return Record.open(make_record(tmp_path_factory.mktemp("whole") / "r"))


def test_killed_at_every_file_operation(tmp_path, monkeypatch, whole):
    """The run is broken off before its k-th write or rename: every k at both ends, every fourth one
    between."""
    real = {
        "replace": os.replace,
        "save": tensors_module.save,
        "rmtree": writer_module.shutil.rmtree,
    }
    append = Writer._append
    left = [0]

    def count():
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    def counted(name):
        def call(*args, **kwargs):
            count()
            return real[name](*args, **kwargs)

        return call

    def torn_append(self, line):
        try:
            count()
        except Killed:
            append(self, line[: len(line) // 2])  # half a line reaches the disk
            raise
        append(self, line)

    monkeypatch.setattr(os, "replace", counted("replace"))
    monkeypatch.setattr(tensors_module, "save", counted("save"))
    monkeypatch.setattr(writer_module.shutil, "rmtree", counted("rmtree"))
    monkeypatch.setattr(Writer, "_append", torn_append)

    def attempt(moment):
        left[0] = moment
        p = plan()
        writer = None
        try:
            writer = Writer.create(tmp_path / str(moment), p, p.problem)
            for _ in steps(writer):
                pass
            writer.finish("finished")
        except Killed:
            writer._lock.close()  # the operating system would drop the lock
        return check_readable(tmp_path / str(moment), whole).status

    assert attempt(10_000) == "finished"
    operations = 10_000 - left[0]
    assert operations > 90
    moments = [k for k in range(1, operations) if k < 8 or k > operations - 16 or k % 4 == 0]
    assert {attempt(k) for k in moments} == {"interrupted", "finished"}


SCRIPT = """
import sys, itertools
from tests.make_record import plan, steps
from lab.records import Writer
p = plan()
writer = Writer.create(sys.argv[1], p, p.problem)
for word in steps(writer):
    print(word, flush=True)
    if word == sys.argv[2]:
        sys.stdin.read()
writer.finish("finished")
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("moment", ["started", "latentmas", "moa"])
def test_a_process_killed_hard_leaves_an_interrupted_record(tmp_path, whole, moment):
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "r"), moment],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    while process.stdout.readline().strip() != moment:
        assert process.poll() is None
    assert Record.open(tmp_path / "r").status == "running"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert check_readable(tmp_path / "r", whole).status == "interrupted"


def test_a_cut_in_any_byte_of_the_event_file_loses_only_the_last_line(tmp_path):
    folder = make_record(tmp_path / "r")
    path = folder / "events.jsonl"
    data = path.read_bytes()
    for cut in range(len(data) - 400, len(data) + 1, 7):
        path.write_bytes(data[:cut])
        got = Record.open(folder).events
        assert len(got) == data[:cut].count(b"\n")


def test_a_full_disk_is_one_sentence_and_leaves_whole_lines(tmp_path):
    p = plan()
    writer = Writer.create(tmp_path / "r", p, p.problem)
    writer.event(ev.Note("", 0.0, "first"))

    class Full:
        def __init__(self, file):
            self.file, self.room = file, 10

        def write(self, data):
            if self.room == 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            written = self.file.write(data[: self.room])
            self.room = 0
            return written

        def close(self):
            self.file.close()

    real = writer._events
    writer._events = Full(real)
    with pytest.raises(
        RecordDamaged, match="No space left on device; what was written so far can be read"
    ):
        writer.event(ev.Note("", 0.0, "second"))
    assert not (tmp_path / "r" / "reserve").exists()  # its room is for the last words
    writer._events = real
    writer.event(ev.RunFailed("", 0.0, "The disk is full."))
    writer.finish("failed", "The disk is full.")
    record = Record.open(tmp_path / "r")
    assert [e.type for e in record.events] == ["note", "run_failed"]
    assert record.status == "failed" and record.meta["message"] == "The disk is full."


def test_an_error_inside_marks_the_record_failed(tmp_path):
    p = plan()

    def broken():
        with Writer.create(tmp_path / "r", p, p.problem) as writer:
            writer.event(ev.Note("", 0.0, "first"))
            raise ValueError("a defect")

    with pytest.raises(ValueError, match="a defect"):
        broken()
    record = Record.open(tmp_path / "r")
    assert record.status == "failed" and record.meta["message"] == "a defect"
