"""What a model is called and where it is found: pocket name, local folder or hub id; nothing is
loaded here.

A name may carry a revision (``Qwen/Qwen3-0.6B@abc123``) and, for pocket models, a twin made by
arithmetic on the fly: ``pocket-gauge`` and ``pocket-vocab`` (of pocket-base), ``NAME:gauge``,
``NAME:vocab``, ``NAME:int8``, ``NAME:int4`` and the interpolation ``A~B@alpha``. ``NAME:8bit``,
``NAME:4bit``, ``NAME:bfloat16`` … say in which numbers the weights are kept.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from lab.errors import BadInput, ModelUnavailable
from lab.files import MODELS
from lab.models.catalogue import CatalogueEntry, find_entry
from lab.models.gguf_file import is_gguf
from lab.words import say

Attention = Literal["auto", "sdpa", "eager"]
TWINS = ("gauge", "vocab", "int8", "int4")
KEPT_AS = {
    "8bit": "int8",
    "4bit": "int4",
    "float32": "float32",
    "bfloat16": "bfloat16",
    "float16": "float16",
}
"""What may stand behind a name → dtype; the first two are packed by bitsandbytes."""
ENV = "LATENT_LAB_MODELS"
POCKET = "pocket-"
"""How names of the pocket family begin."""
_SHORT = {"pocket-gauge": ("pocket-base", "gauge"), "pocket-vocab": ("pocket-base", "vocab")}


@dataclass(frozen=True)
class ModelSpec:
    """What to load and how."""

    name: str
    """Pocket name, path of a folder, or hub id; for twins the name of the model they are made
    from."""
    revision: str | None = None
    """Branch, tag or commit of a hub id."""
    dtype: str = "auto"
    """``auto``, ``float32``, ``bfloat16``, ``float16``, or packed: ``int8``, ``int4``."""
    device: str = "auto"
    """``auto``, ``cpu``, ``cuda`` (one, or all where one is too small), ``cuda:1``, ``mps``."""
    attention: Attention = "auto"
    twin: str | None = None
    """``gauge``, ``vocab``, ``int8``, ``int4``: made from ``name`` after loading."""
    other: str | None = None
    """Second model of an interpolation θ = (1 - α)·name + α·other."""
    alpha: float = 0.0

    @property
    def title(self) -> str:
        """The name under which the host is shown and found again."""
        if self.other is not None:
            return f"{self.name}~{self.other}@{self.alpha:g}"
        kept = next((k for k, dtype in KEPT_AS.items() if dtype == self.dtype), None)
        text = ":".join(part for part in (self.name, self.twin, kept) if part)
        if self.revision and kept:
            return f"{self.name}@{self.revision}:{kept}"
        return f"{text}@{self.revision}" if self.revision else text


def parse_spec(text: str) -> ModelSpec:
    """Read a model's name as people write it.

    Raises:
        BadInput: if the text is empty or an interpolation has no weight between 0 and 1.
    """
    text = text.strip()
    if not text:
        raise BadInput(say("error.spec.model_name_empty_pocket"))
    if text in _SHORT:
        name, twin = _SHORT[text]
        return ModelSpec(name, twin=twin)
    if "~" in text and not Path(text).exists():
        return _interpolation(text)
    name, colon, twin = text.rpartition(":")
    if colon and twin in TWINS:
        return ModelSpec(name, twin=twin)
    if colon and twin in KEPT_AS:
        return replace(parse_spec(name), dtype=KEPT_AS[twin])
    if "@" in text and not Path(text).exists():
        name, _, revision = text.rpartition("@")
        return ModelSpec(name, revision=revision)
    return ModelSpec(text)


def is_pocket(spec: ModelSpec) -> bool:
    """Whether a model is of the pocket family, or made of its members by arithmetic: no folder, no
    hub id, no endpoint."""
    names = [name for name in (spec.name, spec.other) if name]
    return all(re.fullmatch(rf"{POCKET}[\w-]+", name) for name in names)


def _interpolation(text: str) -> ModelSpec:
    match = re.fullmatch(r"([^~]+)~([^~@]+)@([0-9.]+)", text)
    if not match or not 0.0 <= float(match[3]) <= 1.0:
        raise BadInput(say("error.spec.model_b_alpha_alpha", text=text))
    return ModelSpec(match[1], other=match[2], alpha=float(match[3]))


def model_roots() -> list[Path]:
    """Folders that hold pocket models: those of ``LATENT_LAB_MODELS`` first, then ``assets/models``
    of the project."""
    named = [Path(part) for part in os.environ.get(ENV, "").split(os.pathsep) if part]
    return [*named, MODELS]


def find_local(name: str) -> Path | None:
    """The folder of a pocket name, catalogue name or path (or the GGUF file of one), or None if
    it is none of them.

    Raises:
        ModelUnavailable: if the name is a path that exists without being a model folder, or a
            pocket name nobody has.
    """
    for root in model_roots():
        if (root / name / "config.json").is_file():
            return root / name
    path = Path(name).expanduser()
    if (path / "config.json").is_file() or is_gguf(path):
        return path
    if path.exists():
        raise ModelUnavailable(say("error.spec.not_model_folder_config", name=name))
    if entry := find_entry(name):
        return _catalogue_folder(entry)
    if name.startswith(POCKET):
        have = ", ".join(entry.name for entry in pocket_folders()) or "none"
        raise ModelUnavailable(say("error.spec.pocket_model_not_on", name=name, have=have))
    if name.startswith((".", "/", "~")):
        raise ModelUnavailable(say("error.spec.there_no_folder_model", name=name))
    return None


def _catalogue_folder(entry: CatalogueEntry) -> Path:
    if entry.installed:
        return entry.folder
    raise ModelUnavailable(
        say(
            "error.spec.not_on_machine_yet",
            title=entry.title,
            download_mb=entry.download_mb,
            name=entry.name,
        )
    )


def pocket_folders() -> list[Path]:
    """All pocket model folders on this machine, by name; an earlier root wins."""
    found: dict[str, Path] = {}
    for root in model_roots():
        if root.is_dir():
            for folder in root.iterdir():
                if (folder / "config.json").is_file():
                    found.setdefault(folder.name, folder)
    return [found[name] for name in sorted(found)]
