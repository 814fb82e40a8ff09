"""A signed manifest of a hand-over: what was handed over, by whom, about what, under a key that
sender and receiver share (HMAC-SHA256, RFC 2104).

It says whether a memory is number for number the one that was signed, and where it is not. It
cannot say whether what was signed is true.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass

import torch
from torch import Tensor

from lab.engine.memory import LatentMemory


@dataclass(frozen=True)
class Manifest:
    """One row of a memory, as it was when it was signed."""

    parts: dict[str, str]
    """What is vouched for by name: ``model``, ``about``, ``words``, ``positions``, ``keys 0`` …,
    each as a SHA-256 in hexadecimal."""
    signature: str
    """HMAC-SHA256 of the parts, in hexadecimal."""


def sign(
    memory: LatentMemory, key: bytes, about: str = "", words: str = "", row: int = 0
) -> Manifest:
    """Vouch for one row of a memory.

    Args:
        memory: what is handed over; only the slots that can be seen count.
        key: secret of sender and receiver.
        about: what it is a reply to; a manifest of another question then does not fit.
        words: visible text that goes with it, bound to this very memory.
        row: number of the row.
    """
    parts = _parts(memory, about, words, row)
    return Manifest(parts, _signature(parts, key))


def disagreements(
    memory: LatentMemory,
    manifest: Manifest,
    key: bytes,
    about: str = "",
    words: str = "",
    row: int = 0,
) -> tuple[str, ...]:
    """What of a memory is not as its manifest says; empty where all is. ``signature`` where the
    manifest itself was not signed with this key.

    Args:
        memory: what arrived.
        manifest: what came with it.
        key, about, words, row: as in `sign`, from the receiver's side.
    """
    if not hmac.compare_digest(manifest.signature, _signature(manifest.parts, key)):
        return ("signature",)
    here = _parts(memory, about, words, row)
    names = sorted(here.keys() | manifest.parts.keys())
    return tuple(name for name in names if here.get(name) != manifest.parts.get(name))


def _parts(memory: LatentMemory, about: str, words: str, row: int) -> dict[str, str]:
    real = memory.mask[row]
    parts = {
        "model": _digest(memory.host.digest.encode()),
        "about": _digest(about.encode()),
        "words": _digest(words.encode()),
        "positions": _digest(_bytes(memory.positions[row, real])),
    }
    for i, (k, v) in enumerate(memory.cache.pairs()):
        for name, x in ((f"keys {i}", k), (f"values {i}", v)):
            kind = f"{x.dtype} {tuple(x.shape[1:])} ".encode()
            parts[name] = _digest(kind + _bytes(x[row][:, real]))
    return parts


def _bytes(x: Tensor) -> bytes:
    return x.detach().contiguous().cpu().view(torch.uint8).numpy().tobytes()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _signature(parts: dict[str, str], key: bytes) -> str:
    return hmac.new(key, json.dumps(parts, sort_keys=True).encode(), hashlib.sha256).hexdigest()
