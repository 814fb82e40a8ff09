"""The fingerprint of a model's weights and config: two hosts with one digest live in one space."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

_IGNORED = {
    "transformers_version",
    "_name_or_path",
    "dtype",
    "torch_dtype",
    "use_cache",
    "architectures",
}
"""Config keys that do not change the function."""


def folder_digest(folder: Path) -> str:
    """SHA-256 over the config (without bookkeeping keys) and `weights_digest`."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kept = {key: value for key, value in config.items() if key not in _IGNORED}
    return derived_digest(weights_digest(folder), json.dumps(kept, sort_keys=True))


def weights_digest(folder: Path) -> str:
    """SHA-256 over the bytes of all safetensors files, in name order; for one file, that file's
    own. Cards state it."""
    sha = hashlib.sha256()
    for file in sorted(folder.glob("*.safetensors")):
        with open(file, "rb") as stream:
            while chunk := stream.read(1 << 22):
                sha.update(chunk)
    return sha.hexdigest()


def derived_digest(base: str, how: str) -> str:
    """Digest of something that was computed from another digest (twin, interpolation, hub commit,
    config).

    Args:
        base: digest of what it was made from.
        how: everything the computation depends on besides.
    """
    return hashlib.sha256(f"{base}|{how}".encode()).hexdigest()
