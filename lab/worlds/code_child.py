"""Runs one program in a process of its own, under limits; `lab.worlds.code_run` starts it.

It gets JSON on standard input (``program``, ``folder``, ``word``, ``seconds``, ``megabytes``) and
says on standard output what came of it: the word that it was given when the program came to its
end, else a line that starts with ``!`` and names what was refused. It imports nothing of the lab.
"""

import contextlib
import json
import os
import resource
import signal
import sys
from typing import Any

FILE_BYTES = 1_000_000
"""Longest file that a program may write into its own folder."""
_PROCESSES = (
    *("os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.spawn", "os.system"),
    *("subprocess.Popen", "pty.spawn"),
)
_CALLS = {"fork": "process", "vfork": "process", "clone": "process", "system": "process"} | {
    "execve": "process",
    "syscall": "process",
    "socket": "socket",
    "kill": "signal",
}
"""Functions of the C library that do the same past Python."""
_CHANGES = {
    **dict.fromkeys(("os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod"), 1),
    **dict.fromkeys(("os.chown", "shutil.rmtree"), 1),
    **dict.fromkeys(("os.rename", "os.link", "os.symlink"), 2),
}
"""Changes of the file system, and how many of their first arguments are paths."""


class Refused(BaseException):
    """Something that a program under test may not do; no ``except Exception`` swallows it."""


def _limit(seconds: int, megabytes: int) -> None:
    """What the system itself holds a program to."""
    for what, most in (
        (resource.RLIMIT_AS, megabytes * 1024 * 1024),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        with contextlib.suppress(ValueError, OSError):  # a system without this limit
            resource.setrlimit(what, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


def _watch(folder: str, refused: list[str]) -> None:
    """Refuse processes, sockets and changes outside the folder, and remember what was refused."""
    own = os.path.realpath(folder) + os.sep

    def outside(path: Any) -> bool:
        if isinstance(path, int):
            return False
        real = os.path.realpath(os.fsdecode(path))
        return not f"{real}{os.sep}".startswith(own) and real != os.devnull

    def refuse(what: str) -> None:
        refused.append(what)
        raise Refused(what)

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in _PROCESSES:
            refuse("process")
        elif event.startswith("socket."):
            refuse("socket")
        elif event in ("os.kill", "signal.pthread_kill"):
            refuse("signal")
        elif event == "ctypes.dlsym" and args[1] in _CALLS:
            refuse(_CALLS[args[1]])
        elif event == "open":
            path, mode, flags = args
            writes = set(mode or "") & set("wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if writes and outside(path):
                refuse("file")
        elif event in _CHANGES and any(outside(p) for p in args[: _CHANGES[event]]):
            refuse("file")

    sys.addaudithook(hook)


def main() -> None:
    """Read the task, run it, say how it ended."""
    task = json.load(sys.stdin)
    out = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    refused: list[str] = []
    said = ""

    def on_time(*_: object) -> None:
        os.write(out, b"!time")
        os._exit(0)

    signal.signal(signal.SIGXCPU, on_time)
    try:
        program = compile(task["program"], "answer.py", "exec")
        _limit(task["seconds"], task["megabytes"])
        _watch(task["folder"], refused)
        exec(program, {"__name__": "answer"})  # what this process is for
        said = task["word"]
    except SystemExit:
        said = "!exit"
    except MemoryError:
        said = "!memory"
    except BaseException as error:  # noqa: BLE001 - whatever a stranger's program raises is told
        text = " ".join(str(error).split())[:160]
        said = f"!error {type(error).__name__}{': ' if text else ''}{text}"
    if refused:
        said = f"!{refused[0]}"
    os.write(out, said.encode("utf-8", "replace"))
    os._exit(0)  # no thread or exit handler of the program may go on


if __name__ == "__main__":
    main()
