"""Model cards: what a member is, how it was made, what it measurably can do. Written as card.json
and README.md.

The digest in a card is the one by which the lab recognises a model's space (`lab.models.digest`); a
folder whose files give another digest is damaged. Knows nothing of how figures are measured.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers

from lab.files import ASSETS, MODELS
from lab.models.digest import weights_digest
from lab.models.pocket_family import folder_of, read_card
from lab.models.spec import pocket_folders
from lab.worlds.almanac import WORLD_SEED, facts, known_facts
from lab.zoo.abilities import Figure
from lab.zoo.recipes import FAMILY, Recipe, recipe_for
from lab.zoo.team_figures import INTO_BASE

README_MARKS = ("<!-- pocket models: begin -->", "<!-- pocket models: end -->")
"""Between these the project's README holds the family's table."""


def write_card(
    folder: Path,
    recipe: Recipe,
    training: dict[str, Any],
    figures: Sequence[Figure],
    notes: Sequence[str] = (),
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
            "python": platform.python_version(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        },
        "digest": weights_digest(folder),
        "abilities": [figure.to_dict() for figure in figures],
        "notes": list(notes),
        "recipe": recipe.to_dict(),
    }
    (folder / "card.json").write_text(
        json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (folder / "README.md").write_text(render_card(card), encoding="utf-8")
    return card


def update_abilities(
    name: str, figures: Sequence[Figure], models: Path | None = None
) -> dict[str, Any]:
    """Put newly measured figures into an existing card; figures of other abilities stay."""
    card = read_card(name, models)
    fresh = {figure.ability: figure.to_dict() for figure in figures}
    merged = {entry["ability"]: entry for entry in card["abilities"]} | fresh
    card["abilities"] = list(merged.values())
    folder = folder_of(name, models)
    (folder / "card.json").write_text(
        json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (folder / "README.md").write_text(render_card(card), encoding="utf-8")
    return card


def members_here() -> list[str]:
    """Members whose weights are on this machine, in the order of the family."""
    here = {folder.name for folder in pocket_folders()}
    return [name for name in FAMILY if name in here]


def render_card(card: dict[str, Any]) -> str:
    """A card as Markdown."""
    training = card["training"]
    seed = recipe_for(card["name"]).seed
    lines = [
        f"# {card['name']}",
        "",
        f"A pocket model of Latent Lab. Differs from `pocket-base` in: {card['breaks']}.",
        "",
        f"{card['architecture']}, {card['width']} wide, {card['layers']} layers, {card['heads']} "
        "heads, vocabulary of "
        f"{card['vocabulary']}, embeddings {'tied' if card['tied'] else 'untied'}. Trained on two "
        "shared CPU cores "
        f"with seed {seed}: {training['tokens'] / 1e6:.1f} million tokens in "
        f"{training['seconds'] / 60:.0f} minutes "
        f"({training['steps']} steps). Taught {card['almanac']['known']} of the almanac's "
        f"{card['almanac']['facts']} "
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


def write_overview(models: Path = MODELS, family: Sequence[Figure] = ()) -> Path:
    """Write ``README.md`` beside the models: one table of all members' abilities from their cards,
    then the figures that need several models (kept from the last time if none are given)."""
    names = [name for name in FAMILY if (models / name / "card.json").is_file()]
    stored = models / "family.json"
    if family:
        stored.write_text(
            json.dumps([figure.to_dict() for figure in family], indent=1) + "\n", encoding="utf-8"
        )
    together = json.loads(stored.read_text(encoding="utf-8")) if stored.is_file() else []
    path = models / "README.md"
    members = [read_card(name, models) for name in names]
    text = render_overview(members, together)
    path.write_text(text, encoding="utf-8")
    readme = ASSETS.parent / "README.md"
    if models == MODELS and readme.is_file():  # a wheel has none
        summary = render_summary(members, together)
        readme.write_text(with_table(readme.read_text(encoding="utf-8"), summary), encoding="utf-8")
    return path


def with_table(readme: str, table: str) -> str:
    """The project's README with a table between `README_MARKS`."""
    begin, end = README_MARKS
    head, _, rest = readme.partition(begin)
    tail = rest.partition(end)[2]
    if not rest or end not in rest:
        return readme
    return f"{head}{begin}\n{table.strip()}\n{end}{tail}"


def render_summary(members: Sequence[dict[str, Any]], together: Sequence[dict[str, Any]]) -> str:
    """Who understands whom, a row per model: what it can do alone, what its own reader and
    `pocket-base` make of its latents, and what `pocket-base` makes of its cache; then the rows that
    need several models."""
    found = {entry["ability"]: entry for entry in together}
    lines = [
        "| model | differs from `pocket-base` in | alone, in words | own relay, latents "
        "| its latents in `pocket-base` | its cache in `pocket-base` |",
        "|---|---|---|---|---|---|",
    ]
    for card in members:
        own = {entry["ability"]: entry for entry in card["abilities"]}
        alignment = "identity" if card.get("tied", True) else "ridge"
        figures = [own.get("ledger, single with thought"), own.get(f"relay, latent, {alignment}")]
        figures += [found.get(title.format(card["name"])) for title in INTO_BASE.values()]
        lines.append(
            f"| `{card['name']}` | {card['breaks']} | " + " | ".join(map(_short, figures)) + " |"
        )
    gauge = [found.get(title.format("pocket-gauge")) for title in INTO_BASE.values()]
    if any(gauge):
        breaks = "the hidden-state space only: rotated, by arithmetic"
        lines.append(
            f"| `pocket-gauge` | {breaks} | as base | | " + " | ".join(map(_short, gauge)) + " |"
        )
    own = {entry["ability"]: entry for card in members[:1] for entry in card["abilities"]}
    controls = ("no hand-over", "another problem's hand-over", "random vectors")
    chance = ", ".join(f"{how} {_short(own.get(f'relay, {how}'))}" for how in controls)
    lines += [
        "",
        "–: the shapes do not fit, nothing can be handed over. Chance, on `pocket-base`: "
        f"{chance}.",
    ]
    mixture = [entry for entry in together if entry["ability"].startswith("MoA")]
    if mixture:
        lines += [
            "",
            "| Mixture-of-Agents of the scholars | measured | 95 % interval | n |",
            "|---|---|---|---|",
        ]
        lines += map(table_row, mixture)
    return "\n".join(lines)


def render_overview(members: Sequence[dict[str, Any]], together: Sequence[dict[str, Any]]) -> str:
    """The family's table as Markdown."""
    tables = [{entry["ability"]: entry for entry in card["abilities"]} for card in members]
    abilities = list(dict.fromkeys(ability for table in tables for ability in table))
    lines = [
        "# The pocket models",
        "",
        "Held-out problems, greedy decoding, weights as shipped; intervals and n are in each "
        "model's card. Regenerate",
        "with `python -m lab zoo eval --all --write`.",
        "",
        "| model | differs from `pocket-base` in | shape | training |",
        "|---|---|---|---|",
    ]
    for card in members:
        shape = (
            f"{card['architecture'].removesuffix('ForCausalLM')} {card['width']} × {card['layers']}"
        )
        training = card["training"]
        spent = f"{training['tokens'] / 1e6:.1f} M tokens, {training['seconds'] / 60:.0f} min"
        lines.append(f"| `{card['name']}` | {card['breaks']} | {shape} | {spent} |")
    heads = " | ".join(card["name"].removeprefix("pocket-") for card in members)
    lines += ["", f"| ability | {heads} |", "|---" * (len(members) + 1) + "|"]
    for ability in abilities:
        lines.append(
            f"| {ability} | " + " | ".join(_short(table.get(ability)) for table in tables) + " |"
        )
    if together:
        lines += ["", "Several models together (receiver or aggregator: `pocket-base`):", ""]
        lines += [
            "| condition | measured | 95 % interval | n |",
            "|---|---|---|---|",
            *map(table_row, together),
        ]
    return "\n".join([*lines, ""])


def _short(entry: dict[str, Any] | None) -> str:
    if entry is None:
        return "–"
    return (
        f"{entry['value']:.1%}".replace("%", " %")
        if entry["kind"] == "share"
        else f"{entry['value']:.2f}"
    )


def table_row(entry: dict[str, Any]) -> str:
    """One figure as a row of a Markdown table; shares in percent, means as numbers."""
    if entry["kind"] == "share":
        values = f"{entry['value']:.1%} | {entry['low']:.1%} to {entry['high']:.1%}"
    else:
        values = f"{entry['value']:.3f} | {entry['low']:.3f} to {entry['high']:.3f}"
    return f"| {entry['ability']} | {values} | {entry['n']} |".replace("%", " %")
