"""``python -m lab.models.hub_fetch NAME REVISION FOLDER``: a model of the hub into a folder.

In a process of its own, so that a download can be stopped; files that are whole are not fetched
again. Its last line on standard error is `kinds_of` what was raised.
Knows no torch.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from lab.words import say

WEIGHT_PATTERNS = [
    "*.safetensors",
    "*.safetensors.index.json",
    "*.json",
    "*.jinja",
    "*.model",
    "*.txt",
]


def kinds_of(error: Exception) -> list[str]:
    """Names of an error's class and of those it inherits from, the nearest first.

    Args:
        error: what the hub's client raised.
    """
    return [kind.__name__ for kind in type(error).__mro__]


def hub_sentence(name: str, kinds: Sequence[str]) -> str:
    """Why a model could not be had from the hub.

    Args:
        name: of the model, as the user wrote it.
        kinds: `kinds_of` what the hub's client raised.
    """
    if "GatedRepoError" in kinds:
        return say("error.loader.gated", name=name)
    if "RevisionNotFoundError" in kinds:
        return say("error.loader.no_revision", name=name)
    if {"RepositoryNotFoundError", "HFValidationError"} & set(kinds):
        return say("error.loader.no_such_name", name=name)
    return say("error.loader.hub_not_reached", name=name, error=next(iter(kinds), "no answer"))


def main(name: str, revision: str, folder: str) -> int:
    """Fetch weights, config and tokenizer.

    Args:
        name: hub id.
        revision: branch, tag or commit; empty means the newest.
        folder: where the files are put.
    """
    from huggingface_hub import snapshot_download

    try:
        snapshot_download(
            name, revision=revision or None, local_dir=folder, allow_patterns=WEIGHT_PATTERNS
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent makes a sentence of it
        print(" ".join(kinds_of(error)), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
