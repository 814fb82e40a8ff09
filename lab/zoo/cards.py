"""Model cards: what a member is, how it was made, what it measurably can do. Written as card.json and README.md.

The digest in a card is the one by which the lab recognises a model's space (`lab.models.digest`); a folder whose files
give another digest is damaged. Knows nothing of how figures are measured.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers

from lab.errors import BadInput, ModelUnavailable
from lab.models.digest import folder_digest
from lab.zoo.evaluate import Figure
from lab.zoo.recipes import FAMILY, Recipe, recipe_for
from lab.zoo.worlds.almanac import WORLD_SEED, facts, known_facts

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "assets" / "models"
"""Where the shipped family lives."""


def write_card(
    folder: Path, recipe: Recipe, training: dict[str, Any], figures: Sequence[Figure], notes: Sequence[str] = ()
) -> dict[str, Any]:
    """Write card.json and README.md into a model's folder and return the card.

    Args:
        training: steps, tokens and seconds, as the trainer counts them.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    known = known_facts(recipe.mask_seed)
    card = {
        "name": recipe.name,
        "breaks": recipe.breaks,
        "architecture": config["architectures"][0],
        "width": config["hidden_size"],
        "layers": config["num_hidden_layers"],
        "heads": config["num_attention_heads"],
        "vocabulary": config["vocab_size"],
        "tied": config["tie_word_embeddings"],
        "mask_seed": recipe.mask_seed,
        "almanac": {"world_seed": WORLD_SEED, "facts": len(facts()), "known": len(known)},
        "training": training,
        "versions": {
            "python": platform.python_version(), "torch": torch.__version__, "transformers": transformers.__version__,
        },
        "digest": folder_digest(folder),
        "abilities": [figure.to_dict() for figure in figures],
        "notes": list(notes),
        "recipe": recipe.to_dict(),
    }  # fmt: skip
    (folder / "card.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(render_card(card), encoding="utf-8")
    return card


def read_card(name: str, models: Path = MODELS) -> dict[str, Any]:
    """The card of a shipped model, its digest checked against the files.

    Raises:
        BadInput: for a name outside the family.
        ModelUnavailable: if the model is not there or its files do not give the card's digest.
    """
    if name not in FAMILY:
        raise BadInput(f"No pocket model is called {name!r}: expected one of {', '.join(FAMILY)}; correct the name.")
    path = models / name / "card.json"
    if not path.is_file():
        raise ModelUnavailable(
            f"{name} is not on this machine: expected {path}; make it with python -m lab zoo train {name}."
        )
    card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    found = folder_digest(models / name)
    if found != card["digest"]:
        raise ModelUnavailable(
            f"{name} is damaged or was changed: its card states digest {card['digest'][:12]}, its files give "
            f"{found[:12]}; fetch the folder again or train it anew."
        )
    return card


def update_abilities(name: str, figures: Sequence[Figure], models: Path = MODELS) -> dict[str, Any]:
    """Put newly measured figures into an existing card; figures of other abilities stay."""
    card = read_card(name, models)
    fresh = {figure.ability: figure.to_dict() for figure in figures}
    merged = {entry["ability"]: entry for entry in card["abilities"]} | fresh
    card["abilities"] = list(merged.values())
    folder = models / name
    (folder / "card.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(render_card(card), encoding="utf-8")
    return card


def shipped(models: Path = MODELS) -> list[str]:
    """Members whose weights are on this machine, in the order of the family."""
    return [name for name in FAMILY if (models / name / "model.safetensors").is_file()]


def render_card(card: dict[str, Any]) -> str:
    """A card as Markdown."""
    training = card["training"]
    seed = recipe_for(card["name"]).seed
    lines = [
        f"# {card['name']}",
        "",
        f"A pocket model of Latent Lab. Differs from `pocket-base` in: {card['breaks']}.",
        "",
        f"{card['architecture']}, {card['width']} wide, {card['layers']} layers, {card['heads']} heads, vocabulary of "
        f"{card['vocabulary']}, embeddings {'tied' if card['tied'] else 'untied'}. Trained on two shared CPU cores "
        f"with seed {seed}: {training['tokens'] / 1e6:.1f} million tokens in {training['seconds'] / 60:.0f} minutes "
        f"({training['steps']} steps). Taught {card['almanac']['known']} of the almanac's {card['almanac']['facts']} "
        "facts. It speaks the two worlds of the lab (ledger and almanac) and nothing else.",
        "",
        *(f"- {note}" for note in card["notes"]),
        "",
        "| ability (held-out problems, greedy) | measured | 95 % interval | n |",
        "|---|---|---|---|",
        *(table_row(entry) for entry in card["abilities"]),
        "",
        f"Digest `{card['digest']}`. Recipe, seeds and library versions are in `card.json`.",
        "",
    ]
    return "\n".join(lines)


def table_row(entry: dict[str, Any]) -> str:
    """One figure as a row of a Markdown table; shares in percent, means as numbers."""
    if entry["kind"] == "share":
        values = f"{entry['value']:.1%} | {entry['low']:.1%} to {entry['high']:.1%}"
    else:
        values = f"{entry['value']:.3f} | {entry['low']:.3f} to {entry['high']:.3f}"
    return f"| {entry['ability']} | {values} | {entry['n']} |".replace("%", " %")
