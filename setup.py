"""The one thing that pyproject.toml cannot say: a wheel carries `assets` and `presets` inside.

In a checkout both stand at the top; in a wheel they lie under ``lab/_data``, where `lab.files`
looks first. Everything else about the package stands in pyproject.toml.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
DATA = ("assets", "presets")
LEFT_OUT = ("screenshots", "__pycache__", "*.part")
"""Pictures of the README, and what is no data."""


class BuildWithData(build_py):
    """Copies the data folders into the build, never into the checkout."""

    def run(self) -> None:
        if self.editable_mode:  # an editable install runs from the checkout, which has the data
            super().run()
            return
        package = Path(self.build_lib) / "lab"
        shutil.rmtree(package, ignore_errors=True)  # else modules that are gone come back
        super().run()
        for name in DATA:
            left_out = shutil.ignore_patterns(*LEFT_OUT)
            shutil.copytree(ROOT / name, package / "_data" / name, ignore=left_out)


setup(cmdclass={"build_py": BuildWithData})
