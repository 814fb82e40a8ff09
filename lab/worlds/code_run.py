"""Code answers: the code is found in a text and run against its tests, in a process of its own.

The process has limits of time, memory and files, an empty folder, no environment and, where the
system lets an ordinary user have one, a network and process space of its own, so that nothing of it
stays behind. That keeps the mistakes of models harmless; it is no prison for an attacker who knows
the system, so tasks are run by those who start them, never for visitors of the page.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from functools import lru_cache
from pathlib import Path

from lab.errors import BadInput
from lab.worlds.problem import Verdict

SECONDS = 5
"""Seconds of processor that a program may use."""
WAIT = SECONDS + 5
"""Seconds on the clock, for one that sleeps."""
MEGABYTES = 1024
_CHILD = Path(__file__).with_name("code_child.py")
_FENCE = re.compile(r"```[ \t]*(?P<tag>[\w+-]*)[^\n]*\n(?P<code>.*?)(?:```|\Z)", re.DOTALL)
_STARTS = re.compile(r"^(?:def |class |import |from \w|@|async def )", re.MULTILINE)
_OWN_SPACE = ("--user", "--map-root-user", "--net", "--pid", "--fork", "--kill-child")
WHY = {
    "exit": "it ended the program before its tests were over",
    "memory": f"it asked for more than {MEGABYTES} MB of memory",
    "process": "it tried to start a process, which is not allowed",
    "socket": "it tried to open a network connection, which is not allowed",
    "signal": "it tried to send a signal to a process, which is not allowed",
    "file": "it tried to change a file outside its own folder, which is not allowed",
}
"""What a program did that its tests cannot judge."""


def code_in(answer: str, stub: str = "") -> str | None:
    """The program that an answer gives; None if there is none.

    That is its last fenced block of Python, else what follows its first line that looks like
    Python, else (where there is a stub to be completed) all of it as the body of the function.

    Args:
        stub: what the answer was asked to complete, for example a function's head.
    """
    fenced = [m for m in _FENCE.finditer(answer) if m["tag"].lower() in ("", "python", "py", "py3")]
    if fenced:
        code = fenced[-1]["code"]
    else:
        plain = textwrap.dedent(answer)
        start = _STARTS.search(plain)
        code = plain[start.start() :] if start else answer if stub else ""
    code = textwrap.dedent(code).strip("\n")
    if not code.strip():
        return None
    if not stub:
        return code
    wanted = re.findall(r"^(?:async )?def (\w+)", stub, re.MULTILINE)
    if wanted and re.search(rf"^(?:async )?def {wanted[-1]}\b", code, re.MULTILINE):
        head = stub[: stub.rindex(f"def {wanted[-1]}")]
        return f"{head.rstrip()}\n\n{code}".strip("\n")
    return f"{stub.rstrip()}\n{textwrap.indent(code, '    ')}"


def run_tests(tests: str, answer: str, stub: str = "") -> Verdict:
    """Whether the code of an answer passes its tests.

    Args:
        tests: Python that follows the code and raises where it is wrong.
        stub: what the answer was asked to complete.

    Raises:
        BadInput: if the tests are no Python, or this system cannot limit a process.
    """
    try:
        compile(tests, "tests", "exec")
    except (SyntaxError, ValueError) as error:
        raise BadInput(
            f"The tests are no Python ({error}): expected statements such as assert f(1) == 2; "
            "correct them."
        ) from error
    code = code_in(answer, stub)
    if code is None:
        return Verdict(False, None, "no code in the answer")
    trouble = _trouble(f"{code}\n\n{tests}\n")
    if trouble:
        return Verdict(False, code, trouble)
    return Verdict(True, code, "the code passes its tests")


def _trouble(program: str) -> str:
    """What is wrong with a program that carries its own tests, as a clause; empty if nothing is."""
    if sys.platform == "win32":
        raise BadInput(
            "Code answers cannot be judged on Windows: expected a system that limits a process "
            "(Linux, macOS); run this task there."
        )
    word = secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="latent-lab-code-") as folder:
        task = {"program": program, "folder": folder, "word": word}
        child = subprocess.Popen(
            [*_own_space(), sys.executable, "-I", "-B", str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={
                "HOME": folder,
                "TMPDIR": folder,
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
            },
            start_new_session=True,
        )
        limits, began = {"seconds": SECONDS, "megabytes": MEGABYTES}, time.monotonic()
        try:
            out, _ = child.communicate(json.dumps(task | limits).encode(), timeout=WAIT)
        except subprocess.TimeoutExpired:
            out = b"!time"
        finally:
            _end(child)
        spent = time.monotonic() - began
    said = out.decode("utf-8", "replace")
    if said == word:
        return ""
    kind, _, detail = said.removeprefix("!").partition(" ")
    if kind == "error":
        return f"its tests fail: {detail}"
    if kind in WHY:
        return WHY[kind]
    if kind == "time" or spent >= SECONDS:
        return f"it did not end within {SECONDS} seconds"
    return "it broke down before its tests were over"


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a program with everything that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.communicate()


@lru_cache(maxsize=1)
def _own_space() -> tuple[str, ...]:
    """The command that gives a process a network and process space of its own; nothing where the
    system does not let us."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    command = (unshare, *_OWN_SPACE)
    try:
        tried = subprocess.run([*command, "true"], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return command if tried.returncode == 0 else ()
