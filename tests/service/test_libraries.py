"""`lab.service.libraries`: one thread imports, the others wait, so that nobody meets half of it; a
device without models works on.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from lab.service import Service
from lab.service import service as service_module
from lab.service.libraries import Libraries

WAIT = 60


def test_who_comes_while_it_is_imported_waits_and_nothing_is_imported_twice() -> None:
    began, whole, seen = threading.Event(), threading.Event(), []

    def load() -> None:
        seen.append("half")
        began.set()
        assert whole.wait(WAIT)
        seen.append("whole")

    libraries = Libraries(load)
    after = threading.Event()
    libraries.begin(after.set)
    assert began.wait(WAIT)

    def ask() -> None:
        libraries.settle()
        libraries.bring()
        seen.append("asked")

    others = [threading.Thread(target=ask) for _ in range(3)]
    for other in others:
        other.start()
    assert seen == ["half"]
    whole.set()
    for other in others:
        other.join(WAIT)
    assert after.wait(WAIT)
    assert seen == ["half", "whole", *["asked"] * 3]


def test_where_nobody_began_nobody_waits() -> None:
    libraries = Libraries(lambda: pytest.fail("nobody asked for it"))
    libraries.settle()


def test_an_import_that_fails_is_told_to_who_needs_it() -> None:
    def load() -> None:
        raise ImportError("half a library")

    libraries = Libraries(load)
    with pytest.raises(ImportError, match="half"):
        libraries.bring()
    libraries.settle()
    with pytest.raises(ImportError, match="half"):
        libraries.bring()


def test_a_job_without_models_fails_and_the_worker_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: list[Any] = []

    def load() -> None:
        if not whole:
            raise ImportError("half a library")

    monkeypatch.setattr(service_module, "LIBRARIES", Libraries(load))
    service = Service(tmp_path)
    service.admit = lambda _own: True  # only pocket models: the pool is told before the work
    first = service.submit_task("first", lambda *_: "never")
    assert first.wait(WAIT)
    whole.append(True)
    second = service.submit_task("second", lambda *_: "done")
    assert second.wait(WAIT)
    service.close()
    assert (first.state, second.state, second.result) == ("failed", "finished", "done")
