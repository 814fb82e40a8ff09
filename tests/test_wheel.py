"""The lab as a wheel: it carries its data, runs from any folder, and names what it needs."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests import REPOSITORY

SOURCES = ("lab", "presets", "assets", "pyproject.toml", "setup.py", "MANIFEST.in", "README.md")


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run a command to its good end; what it printed."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | (env or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the built wheel was installed; the checkout itself is not touched."""
    source = tmp_path_factory.mktemp("source")
    ignored = shutil.ignore_patterns("__pycache__")
    for name in (*SOURCES, "LICENSE"):
        path = REPOSITORY / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=ignored)
        else:
            shutil.copy(path, source / name)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")
    run(*pip, "wheel", ".", "--no-deps", "--no-build-isolation", "-w", "dist", cwd=source)
    target = tmp_path_factory.mktemp("site")
    (wheel,) = (source / "dist").glob("latent_lab-*.whl")
    run(*pip, "install", "--no-deps", "--target", target, wheel, cwd=source)
    return target


@pytest.mark.slow
def test_the_wheel_carries_the_data_and_no_screenshots(site: Path) -> None:
    def files(folder: Path) -> set[str]:
        return {
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }

    data = site / "lab" / "_data"
    shipped = {name for name in files(REPOSITORY / "assets") if not name.startswith("screenshots/")}
    assert files(data / "assets") == shipped
    assert files(data / "presets") == files(REPOSITORY / "presets")
    assert (site / "lab" / "py.typed").is_file()


@pytest.mark.slow
def test_an_installed_lab_runs_a_preset_from_any_folder(site: Path, tmp_path: Path) -> None:
    env = {"PYTHONPATH": str(site), "OMP_NUM_THREADS": "1"}
    where = run(sys.executable, "-c", "import lab; print(lab.__file__)", cwd=tmp_path, env=env)
    assert Path(where.strip()).is_relative_to(site)
    command = site / "bin" / "latent-lab"
    assert "side-by-side" in run(command, "presets", cwd=tmp_path, env=env)
    assert "pocket-base" in run(command, "models", cwd=tmp_path, env=env)
    assert "In hidden states  right" in run(
        command, "run", "relay", "--quiet", cwd=tmp_path, env=env
    )
    assert len(list((tmp_path / "records").glob("*/record.json"))) == 1


def test_every_tried_version_lies_in_the_range_of_the_wheel() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ranges = {r.name.lower(): r for r in map(Requirement, project["dependencies"])}
    pins = re.findall(r"^([\w-]+)==([^\s;]+)", (REPOSITORY / "requirements.txt").read_text(), re.M)
    assert {name.lower() for name, _ in pins} == set(ranges)
    for name, version in pins:
        assert ranges[name.lower()].specifier.contains(version), f"{name} {version}"


def test_import_lab_loads_nothing_until_a_name_is_used() -> None:
    code = "import sys; before = set(sys.modules); import lab; print(*set(sys.modules) - before)"
    loaded = set(run(sys.executable, "-c", code, cwd=REPOSITORY).split())
    heavy = {"torch", "transformers", "gradio", "plotly", "pandas", "numpy", "pydantic"}
    assert "lab" in loaded and not heavy & loaded
    assert len([name for name in loaded if name.startswith("lab.")]) <= 2, sorted(loaded)
