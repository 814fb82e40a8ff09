"""`lab.cli.serve`: where the page listens, and what it says when it cannot."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import gradio as gr
import pytest

from lab.cli import main
from lab.cli.serve import (
    IDLE_SECONDS,
    ServeSettings,
    greeting,
    keep_open,
    network_address,
    port_number,
    reached_at,
)
from lab.errors import BadInput
from tests import REPOSITORY


@pytest.mark.parametrize("given", ["7860", 7860, " 7860 "])
def test_a_port_may_be_text_or_number(given: int | str) -> None:
    assert port_number(given) == 7860


@pytest.mark.parametrize("given", ["x", "", "0", "65536", "-1", "80.5"])
def test_a_wrong_port_is_one_sentence(given: str) -> None:
    with pytest.raises(BadInput, match="expected a number from 1 to 65535"):
        port_number(given)


def test_an_option_goes_before_the_environment_and_that_before_the_lab() -> None:
    assert ServeSettings.read({}, {}) == ServeSettings()
    environment = {
        "PORT": "81",
        "LATENT_LAB_ROOM": "1",
        "LATENT_LAB_KEY": "oak",
        "LATENT_LAB_RECORDS": "there",
    }
    told = ServeSettings.read({"port": None, "key": None}, environment, Path("here"))
    assert told == ServeSettings("0.0.0.0", 81, Path("there"), room=True, key="oak")
    given = {"host": "::1", "port": 82, "records": Path("mine"), "room": False, "ray": "local:2"}
    asked = ServeSettings.read(given, environment | {"LATENT_LAB_ROOM": "0"})
    assert asked == ServeSettings("::1", 82, Path("mine"), key="oak", ray="local:2")
    assert ServeSettings.read({}, {}, Path("here")).records == Path("here")


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


def test_the_printed_address_is_one_that_a_browser_can_open() -> None:
    assert greeting("127.0.0.1", 7860, "", "") == [
        "Latent Lab is at http://127.0.0.1:7860  (Ctrl-C stops it)"
    ]
    (line,) = greeting("0.0.0.0", 7860, reached_at("0.0.0.0", 7860), "")
    assert f"http://{network_address()}:7860 " in line and "0.0.0.0" not in line
    assert reached_at("::1", 80) == "http://[::1]:80"


def test_a_class_is_told_the_students_address_and_the_teacher_the_key() -> None:
    lines = greeting("0.0.0.0", 7860, "https://lab.school/", "ab-cd")
    assert any("students open   https://lab.school/ " in line for line in lines)
    assert any(line.endswith("https://lab.school/#key=ab-cd") for line in lines)


def test_the_network_address_is_one_of_this_machine() -> None:
    with socket.socket() as probe:
        probe.bind((network_address(), 0))


def test_a_connection_rests_as_long_as_it_was_told_and_longer_than_a_proxys() -> None:
    with gr.Blocks() as page:
        gr.HTML()
    _, _, _ = page.launch(prevent_thread_lock=True, quiet=True)
    try:
        assert page.server.config.timeout_keep_alive < 60 < IDLE_SECONDS
        keep_open(page.server, 1)
        with socket.create_connection(("127.0.0.1", page.server_port), timeout=4) as line:
            line.sendall(b"GET /config HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            while line.recv(65536):
                """Until the server closes it: after its own five seconds it is too late."""
        keep_open(page.server)
        assert page.server.config.timeout_keep_alive == IDLE_SECONDS
    finally:
        page.close()
