"""What is known about the members of the pocket family without training or loading any: their
order, which facts each was taught, whose states one was trained to share, and their cards.

How they are trained is the recipes' business (`lab.zoo.recipes`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.errors import BadInput, ModelUnavailable
from lab.files import MODELS
from lab.models.digest import weights_digest
from lab.models.spec import find_local
from lab.words import say


@dataclass(frozen=True)
class PocketMember:
    """Facts about one member."""

    mask_seed: int = 0
    """Which almanac facts it was taught (`lab.worlds.almanac.known_facts`)."""
    match: str | None = None
    """The member whose states it was trained to share."""


POCKETS: dict[str, PocketMember] = {
    "pocket-base": PocketMember(),
    "pocket-textonly": PocketMember(),
    "pocket-scholar-1": PocketMember(mask_seed=1),
    "pocket-scholar-2": PocketMember(mask_seed=2),
    "pocket-scholar-3": PocketMember(mask_seed=3),
    "pocket-same-embed": PocketMember(),
    "pocket-reseed": PocketMember(),
    "pocket-wide": PocketMember(),
    "pocket-retok": PocketMember(),
    "pocket-rope": PocketMember(),
    "pocket-unified": PocketMember(match="pocket-base"),
    "pocket-specialist-1": PocketMember(mask_seed=11),
    "pocket-specialist-2": PocketMember(mask_seed=12),
    "pocket-specialist-3": PocketMember(mask_seed=13),
}
"""In the order in which the family is listed."""


def read_card(name: str, models: Path | None = None) -> dict[str, Any]:
    """The card of a model on this machine, its digest checked against the files.

    Args:
        name: a member of `POCKETS`.
        models: folder of model folders; by default the places where the lab looks for pocket
            models.

    Raises:
        BadInput: for a name outside the family.
        ModelUnavailable: if the model is not there or its files do not give the card's digest.
    """
    if name not in POCKETS:
        raise BadInput(
            say("error.pocket_family.no_pocket_model_called", name=name, names=", ".join(POCKETS))
        )
    folder = folder_of(name, models)
    if not (folder / "card.json").is_file():
        raise ModelUnavailable(
            say("error.pocket_family.no_card_make_python", name=name, value=folder / "card.json")
        )
    card: dict[str, Any] = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    found = weights_digest(folder)
    if found != card["digest"]:
        raise ModelUnavailable(
            say(
                "error.pocket_family.damaged_was_changed_its",
                name=name,
                card=card["digest"][:12],
                found=found[:12],
            )
        )
    return card


def folder_of(name: str, models: Path | None = None) -> Path:
    """The folder of a pocket model: in ``models``, else wherever the lab finds it.

    Args:
        name: a member of `POCKETS`.
        models: folder of model folders; None looks where the lab keeps pocket models.
    """
    found = models / name if models else find_local(name)
    if found is None or not (found / "config.json").is_file():
        raise ModelUnavailable(
            say(
                "error.pocket_family.not_on_machine_make",
                name=name,
                value=(models or MODELS) / name,
            )
        )
    return found
