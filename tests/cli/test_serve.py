"""`lab.cli.serve`: where the page listens, and what it says when it cannot."""

import os
import socket
import subprocess
import sys

import pytest

from lab.cli import main
from lab.cli.serve import port_number
from lab.errors import BadInput
from tests import REPOSITORY


@pytest.mark.parametrize("given", ["7860", 7860, " 7860 "])
def test_a_port_may_be_text_or_number(given: int | str) -> None:
    assert port_number(given) == 7860


@pytest.mark.parametrize("given", ["x", "", "0", "65536", "-1", "80.5"])
def test_a_wrong_port_is_one_sentence(given: str) -> None:
    with pytest.raises(BadInput, match="expected a number from 1 to 65535"):
        port_number(given)


def test_the_command_refuses_a_wrong_port_before_anything_is_loaded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["serve", "--port", "many"]) == 2
    assert capsys.readouterr().err.startswith("Port 'many': expected")


def test_a_taken_port_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        env = os.environ | {"PORT": str(taken.getsockname()[1])}
        done = subprocess.run(
            [sys.executable, "app.py"],
            cwd=REPOSITORY,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "expected a free port" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
