"""Code answers run against their tests; what a program may not do ends in a sentence, and nothing
of it stays behind.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from pathlib import Path

import pytest

from lab.errors import BadInput
from lab.worlds import code_run
from lab.worlds.code_run import code_in, run_tests
from lab.worlds.judge import judge

SQUARE = "assert f(3) == 9"
HEAD = 'from typing import List\n\n\ndef f(x: List[int]) -> int:\n    """Sum."""\n'


@pytest.mark.parametrize(
    ("answer", "stub", "right"),
    [
        ("def f(x):\n    return x * x", "", True),
        ("```\nf = lambda x: x * x\n```", "", True),
        ("```bash\npip install x\n```\n```python\ndef f(x):\n    return x**2\n```", "", True),
        (
            "First a wrong one:\n```python\ndef f(x): return 1\n```\nBetter:\n```python\ndef f(x): "
            "return x * x\n```",
            "",
            True,
        ),
        ("```python\ndef f(x):\n    return x + x\n```", "", False),
        ("    def f(x):\n        return x * x", "", True),
        ("```python\nimport math\ndef f(x):\n    return math.prod([x, x])", "", True),
        ("```python\ndef f(x:\n```", "", False),
    ],
)
def test_the_code_of_an_answer_is_found_and_judged(answer: str, stub: str, right: bool) -> None:
    assert run_tests(SQUARE, answer, stub).correct is right


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("    return sum(x)", True),
        ("return sum(x)", True),
        ("```python\ndef f(x: List[int]) -> int:\n    return sum(x)\n```", True),
        ("    return len(x)", False),
    ],
)
def test_an_answer_may_complete_a_stub_or_repeat_it(answer: str, right: bool) -> None:
    verdict = judge("assert f([1, 4]) == 5", answer, "code", stub=HEAD)
    assert verdict.correct is right
    again = judge("assert f([1, 4]) == 5", verdict.value or "", "code", stub=HEAD)
    assert again.correct is right, "the value is judged as the answer was"


def test_an_answer_without_code_has_no_value() -> None:
    assert code_in("I do not know.") is None
    assert run_tests(SQUARE, "I do not know.").value is None


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("while True: pass", "did not end within"),
        ("import time\ntime.sleep(600)", "did not end within"),
        ("x = bytearray(4_000_000_000)", "memory"),
        ("import os\nos.fork()", "start a process"),
        ("import subprocess\nsubprocess.run(['true'])", "start a process"),
        ("import os\nos.system('true')", "start a process"),
        ("import ctypes\nctypes.CDLL(None).fork()", "start a process"),
        ("import socket\nsocket.socket()", "network"),
        ("import urllib.request as u\nu.urlopen('http://127.0.0.1:9')", "network"),
        ("open('{outside}', 'w').write('x')", "outside its own folder"),
        ("import os\nos.open('{outside}', os.O_CREAT | os.O_WRONLY)", "outside its own folder"),
        ("import os\nos.remove('{mine}')", "outside its own folder"),
        ("open('a', 'w')\nimport os\nos.rename('a', '{outside}')", "outside its own folder"),
        ("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)", "signal"),
        ("raise SystemExit(0)", "ended the program"),
        ("import os\nos._exit(0)", "broke down"),
        ("import ctypes\nctypes.string_at(1)", "broke down"),
        ("open('own', 'w').write('x' * 3_000_000)", "its tests fail: OSError"),
        ("1 / 0", "its tests fail: ZeroDivisionError: division by zero"),
    ],
)
def test_what_a_program_may_not_do_is_told(
    code: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_run, "SECONDS", 1)
    monkeypatch.setattr(code_run, "WAIT", 3)
    outside, mine = tmp_path / "outside", tmp_path / "mine"
    mine.write_text("kept")
    code = code.replace("{outside}", str(outside)).replace("{mine}", str(mine))
    verdict = run_tests("pass", f"```python\n{code}\n```")
    assert not verdict.correct
    assert why in verdict.why, verdict.why
    assert not outside.exists() and mine.read_text() == "kept"


def test_a_refusal_cannot_be_swallowed() -> None:
    code = "import os\ntry:\n    os.fork()\nexcept BaseException:\n    pass\n"
    assert "start a process" in run_tests("pass", code).why


def test_it_may_use_its_own_folder_and_the_standard_library() -> None:
    code = "import json, tempfile\n" + (
        "with open('a', 'w') as f: f.write('1')\n"
        "with tempfile.NamedTemporaryFile() as t: t.write(b'x')\n"
        "def f(): return json.load(open('a'))"
    )
    assert run_tests("assert f() == 1", code) == code_run.Verdict(
        True, code, "the code passes its tests"
    )


def test_nothing_of_a_program_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that slips past Python's own hooks ends with the program."""
    monkeypatch.setattr(code_run, "SECONDS", 1)
    monkeypatch.setattr(code_run, "WAIT", 2)
    if not code_run._own_space():
        pytest.xfail("this system gives an ordinary user no process space of its own")
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as ear:
        ear.bind(str(tmp_path / "ear"))
        code = (
            "import _posixsubprocess, os, sys, time\n"
            "r, w = os.pipe()\n"
            "_posixsubprocess.fork_exec([b'/bin/sleep', b'77123'], [b'/bin/sleep'], True, (w,), "
            "None, None, -1, -1, -1, -1, -1, -1, r, w, True, True, -1, None, None, None, -1, None, "
            "False)\n"
            "time.sleep(600)\n"
        )
        run_tests("pass", f"```python\n{code}\n```")
    ended = time.monotonic() + 10
    while _running("77123") and time.monotonic() < ended:
        os.sched_yield()
    assert not _running("77123")


def _running(argument: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if argument.encode() in path.read_bytes().split(b"\0"):
                return True
    return False


def test_tests_that_are_no_python_are_refused() -> None:
    with pytest.raises(BadInput, match="The tests are no Python"):
        run_tests("assert f(", "def f(): return 1")
