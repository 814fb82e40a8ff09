"""Meet the models: cards and abilities of the pocket family, as plain data for the page.

Every figure comes from a model's card (`python -m lab zoo eval --all --write` measures it anew).
Knows nothing of weights or of how figures are measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab.panels.model_values import (
    AbilityFigure,
    AbilityGroup,
    AbilityRow,
    FamilyModel,
    FamilyTwin,
    FamilyValue,
    TogetherRow,
)
from lab.words import known, say

GROUPS: dict[str, tuple[str, ...]] = {
    "Alone": (
        "ledger, single with thought",
        "ledger, answer at once",
        "almanac, known facts",
        "almanac, guesses",
        "almanac, probability of known facts",
        "almanac, probability of guesses",
    ),
    "Together in words": (
        "TextMAS, 2 agents",
        "TextMAS, 3 agents",
        "TextMAS, 4 agents",
        "relay, text",
    ),
    "Together in latents": (
        "relay, latent, identity",
        "relay, latent, ridge",
        "relay, latent, softmax",
        "relay, latent, m = 0",
        "LatentMAS, 2 agents",
        "LatentMAS, 3 agents",
        "LatentMAS, 4 agents",
    ),
    "Controls: must be at chance": (
        "relay, no hand-over",
        "relay, another problem's hand-over",
        "relay, random vectors",
    ),
}
"""Abilities of the table by group, in order; what no card states is left out."""
INTO_BASE = (
    ("its latents, as input embeddings", "latents as input embeddings from "),
    ("its KV cache", "KV cache from "),
)
"""Rows of the group “Handed to pocket-base”, each with the name of its figures, to which the
sender's is added."""
TWINS = (
    (
        "pocket-gauge",
        "the hidden-state space only: residual stream rotated, norms folded; same words, same KV "
        "cache",
    ),
    (
        "pocket-vocab",
        "the tokenizer only: rows of the vocabulary permuted; same function, ids that name other "
        "words",
    ),
    ("pocket-base:int8", "the precision of the weights: rounded to 8 bits"),
    ("pocket-base:int4", "the precision of the weights: rounded to 4 bits"),
    ("pocket-base~pocket-reseed@0.3", "the parameters by a dial: 0 is base, 1 the other model"),
)
"""Members that are made by arithmetic when asked for."""


def family_view(
    models: Sequence[dict[str, Any]], together: Sequence[dict[str, Any]] = ()
) -> FamilyValue:
    """The value of the “Meet the models” widget.

    Args:
        models: summaries of the models on disk, with their cards (`lab.service.meet.family`).
        together: figures that several models make together (`lab.service.meet.together`).
    """
    cards = [m for m in models if m.get("card")]
    tables = [{a["ability"]: a for a in m["card"].get("abilities", ())} for m in cards]
    handed = _handed([m["name"] for m in cards], together)
    shown = {f"{title}{m['name']}" for _, title in INTO_BASE for m in cards}
    groups = [handed, *(_group(title, names, tables) for title, names in GROUPS.items())]
    return FamilyValue(
        models=tuple(_card(m) for m in cards),
        groups=tuple(group for group in groups if group),
        together=tuple(
            TogetherRow(ability=known(figure["ability"]), cell=_drawn(figure))
            for figure in together
            if figure["ability"] not in shown
        ),
        twins=tuple(FamilyTwin(name=name, breaks=known(breaks)) for name, breaks in TWINS),
    )


def cell(figure: dict[str, Any] | None) -> AbilityFigure | None:
    """One figure for drawing: its value and the text with half its interval (percent for shares);
    None where there is none."""
    return None if figure is None else _drawn(figure)


def _drawn(figure: dict[str, Any]) -> AbilityFigure:
    scale, unit = (100, " %") if figure["kind"] == "share" else (1, "")
    half = (figure["high"] - figure["low"]) / 2 * scale
    digits = 0 if scale == 100 else 2
    return AbilityFigure(
        value=figure["value"],
        text=f"{figure['value'] * scale:.{digits}f}{unit}",
        half=f"± {half:.{digits}f}{unit}",
        n=figure["n"],
    )


def _card(model: dict[str, Any]) -> FamilyModel:
    card, training = model["card"], model["card"].get("training", {})
    tokens, minutes = training.get("tokens", 0) / 1e6, training.get("seconds", 0) / 60
    return FamilyModel(
        name=model["name"],
        breaks=known(card.get("breaks", "")),
        facts=(
            say("said.models_panel.m_parameters", x=model["params"] / 1000000.0),
            say(
                "said.models_panel.wide_layers",
                x=model["architecture"].removesuffix("ForCausalLM"),
                d_model=model["d_model"],
                n_layers=model["n_layers"],
            ),
            say(
                "said.models_panel.embeddings",
                x=say("said.cards.tied" if model["tied"] else "said.cards.untied"),
            ),
            say("said.models_panel.m_tokens_min", tokens=tokens, minutes=minutes),
            say("said.models_panel.digest", x=card.get("digest", "")[:12]),
        ),
        notes=tuple(known(note) for note in card.get("notes", ())),
    )


def _handed(names: Sequence[str], together: Sequence[dict[str, Any]]) -> AbilityGroup | None:
    """What `pocket-base` answers from each model's thoughts, a row per channel; an empty cell
    cannot be handed over."""
    found = {figure["ability"]: figure for figure in together}
    rows = [
        AbilityRow(
            ability=known(title), cells=tuple(cell(found.get(f"{figure}{name}")) for name in names)
        )
        for title, figure in INTO_BASE
    ]
    if not any(one for row in rows for one in row.cells):
        return None
    return AbilityGroup(title=say("said.models_panel.handed_to_pocket_base_the"), rows=tuple(rows))


def _group(
    title: str, names: Sequence[str], tables: Sequence[dict[str, Any]]
) -> AbilityGroup | None:
    rows = [
        AbilityRow(ability=known(name), cells=tuple(cell(table.get(name)) for table in tables))
        for name in names
        if any(name in table for table in tables)
    ]
    return AbilityGroup(title=known(title), rows=tuple(rows)) if rows else None
