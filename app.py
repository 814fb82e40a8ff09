"""The page's door in a checkout: ``python app.py``. Installed, it is ``latent-lab serve``.

HOST, PORT, LATENT_LAB_RECORDS and LATENT_LAB_MODELS set the rest.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from lab.cli.serve import ServeSettings, serve
from lab.errors import LabError


def main() -> int:
    """Serve the page; runs are kept beside this file."""
    try:
        serve(ServeSettings.read({}, os.environ, Path(__file__).parent / "records"))
    except LabError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
