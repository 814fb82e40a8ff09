"""Whether somebody is still writing a record: a file lock that the operating system drops when the
writer dies.

It knows nothing of records. The lock tells a running record from one whose writer was killed, which
no time stamp can. Not the filelock package: that one only takes whole locks, so that two who look
would see each other as writers, and a look would turn a writer away.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt

    def _take(file: BinaryIO, _shared: bool) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(file: BinaryIO, shared: bool) -> None:
        fcntl.flock(file.fileno(), (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


def acquire(path: Path, shared: bool = False) -> BinaryIO | None:
    """Take the lock; None if a writer holds it. Closing the returned file releases it.

    Args:
        shared: only look: those who look do not stand in each other's way (where the system can
            tell them apart).
    """
    file = open(path, "ab")  # noqa: SIM115  (held open on purpose)
    try:
        _take(file, shared)
    except OSError:
        file.close()
        return None
    return file


def held(path: Path) -> bool:
    """True while a living writer holds the lock. A folder that may not be written to counts as not
    held."""
    if not path.exists() or not os.access(path, os.W_OK):
        return False
    file = acquire(path, shared=True)
    if file is None:
        return True
    file.close()
    return False
