"""`lab.files`: what lies on the disk, also while others write there."""

from __future__ import annotations

import threading
from pathlib import Path

from lab.files import folder_bytes


def test_a_folder_weighs_what_its_files_weigh(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "below" / "b").write_bytes(b"123")
    assert folder_bytes(tmp_path) == 8
    assert folder_bytes(tmp_path / "missing") == 0


def test_it_is_weighed_while_files_are_renamed_and_folders_go(tmp_path: Path) -> None:
    """As a record is written: each new part is renamed over the one before."""
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            part, kept, below = tmp_path / "x.part", tmp_path / "x", tmp_path / "below"
            part.write_bytes(b"12345")
            part.replace(kept)
            below.mkdir()
            below.rmdir()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        found = {folder_bytes(tmp_path) for _ in range(3000)}
    finally:
        over.set()
        writer.join()
    assert found <= {0, 5, 10}
