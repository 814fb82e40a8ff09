"""How every trained member of the zoo is made, as data: architecture, tokenizer, seeds, phases,
parents.

`RECIPE_VERSION` goes into checkpoints and cards; a checkpoint of another version is refused. Knows
nothing of torch.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from lab.errors import BadInput
from lab.models.pocket_family import POCKETS

RECIPE_VERSION = 1


@dataclass(frozen=True)
class Architecture:
    """Shape of a model; ``family`` is the transformers class (``qwen3`` or ``llama``)."""

    family: str = "qwen3"
    width: int = 128
    layers: int = 5
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 32
    inner: int = 384
    tied: bool = True
    rope_theta: float = 10_000.0


@dataclass(frozen=True)
class Phase:
    """One stretch of training."""

    name: str
    tokens: int
    mix: dict[str, float]
    """Skill to share of documents; the skill ``copy`` is random tokens, repeated."""
    latent: float = 0.0
    """Share of chain documents whose thoughts are latent."""
    passes: tuple[int, ...] = (0,)
    """Most Jacobi passes, as the phase goes on (equal stretches)."""
    depths: tuple[tuple[int, ...], ...] = ((1, 2, 3, 4),)
    """Depths of ledger problems, as the phase goes on (equal stretches)."""
    distractors: tuple[tuple[int, ...], ...] = ((0, 1, 2, 3),)
    """Events on other boxes, as the phase goes on."""
    lr: float = 3e-3
    lr_end: float = 3e-4
    alignments: dict[str, float] = field(default_factory=lambda: {"identity": 0.8, "softmax": 0.2})
    batch_tokens: int = 4096


@dataclass(frozen=True)
class Recipe:
    """One member of the family."""

    name: str
    breaks: str
    """What differs from `pocket-base`, in a phrase."""
    seed: int
    mask_seed: int = 0
    tokenizer: str = "words"
    arch: Architecture = Architecture()
    phases: tuple[Phase, ...] = ()
    parent: str | None = None
    """Start from the weights of this member; tensors of another shape (embeddings of other tokens)
    start anew."""
    embed_from: str | None = None
    """Take the embeddings of this member and freeze them."""
    match: str | None = None
    """Train to match the states of this member too."""

    def to_dict(self) -> dict[str, Any]:
        """The recipe as plain data, for cards and checkpoints."""
        return {"version": RECIPE_VERSION, **asdict(self)}


CHOOSE_MIX = {"plan": 6.0, "solo": 3.0, "recall": 0.5}
TEXT_MIX = {
    "plan": 1.5,
    "solo": 4.0,
    "at_once": 0.6,
    "relay": 3.0,
    "relay_long": 1.5,
    "chain": 1.5,
    "fan_in": 0.5,
    "heard": 1.5,
    "recall": 2.0,
    "profile": 0.8,
    "almanac_chain": 0.6,
    "aggregate_facts": 1.5,
    "aggregate_profiles": 0.5,
    "aggregate_ledger": 0.8,
}
LATENT_MIX = {
    **TEXT_MIX,
    "plan": 0.3,
    "solo": 1.2,
    "relay": 4.0,
    "framed": 0.6,
    "relay_long": 3.0,
    "chain": 2.0,
    "fan_in": 0.8,
    "heard": 1.5,
    "recall": 2.0,
}
CORE_TEXT_MIX = {
    "plan": 1.0,
    "solo": 4.0,
    "at_once": 0.4,
    "relay": 4.0,
    "heard": 0.7,
    "recall": 1.2,
}
CORE_LATENT_MIX = {
    "solo": 1.0,
    "at_once": 0.2,
    "relay": 5.0,
    "framed": 0.5,
    "heard": 0.6,
    "recall": 0.8,
}
RECALL_MIX = {
    "recall": 6.0,
    "profile": 2.0,
    "solo": 1.0,
    "relay": 0.5,
    "relay_long": 0.3,
    "almanac_chain": 0.6,
    "heard": 0.5,
}
GROWING = ((1,), (1, 2), (1, 2, 3, 4))
CROWDING = ((1,), (0, 1, 2), (0, 1, 2, 3))
ALL_PASSES = (1, 3, 6, 6, 8)
CHAINS = Phase("chains", 3_000_000, LATENT_MIX, 0.85, (8,), lr=1.5e-3, lr_end=1e-4)
"""What turns a sibling that can solve, relay and recall into one with every skill of the base."""


def _core_phases(text: float, latent: float) -> tuple[Phase, ...]:
    """The phases of a sibling: to solve, to relay and to recall first, everything else last;
    millions of tokens."""
    return (
        Phase("copy", 400_000, {"copy": 1.0}, lr_end=3e-3),
        Phase("choose", 1_400_000, CHOOSE_MIX, depths=GROWING, distractors=CROWDING, lr_end=3e-3),
        Phase("text", int(text * 1e6), CORE_TEXT_MIX, lr_end=6e-4),
        Phase("latent", int(latent * 1e6), CORE_LATENT_MIX, 0.85, ALL_PASSES, lr=2e-3, lr_end=1e-4),
        CHAINS,
    )


BASE = Recipe(
    "pocket-base",
    "nothing; the reference",
    seed=1,
    phases=(
        Phase("copy", 500_000, {"copy": 1.0}, lr_end=3e-3),
        Phase("choose", 2_000_000, CHOOSE_MIX, depths=GROWING, distractors=CROWDING, lr_end=3e-3),
        Phase("text", 8_000_000, TEXT_MIX, lr_end=6e-4),
        Phase("latent", 9_000_000, LATENT_MIX, 0.85, ALL_PASSES, lr=2e-3, lr_end=1e-4),
    ),
)
FAMILY: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        BASE,
        replace(
            BASE,
            name="pocket-textonly",
            breaks="latent fluency",
            phases=(*BASE.phases[:3], Phase("critic", 1_200_000, TEXT_MIX, lr=1e-3, lr_end=1e-4)),
        ),
        *(
            Recipe(
                f"pocket-scholar-{i}",
                "little: a fine-tune of base with other almanac facts",
                seed=10 + i,
                mask_seed=POCKETS[f"pocket-scholar-{i}"].mask_seed,
                parent="pocket-base",
                phases=(Phase("facts", 1_600_000, RECALL_MIX, 0.5, (6,), lr=1.5e-3, lr_end=1e-4),),
            )
            for i in (1, 2, 3)
        ),
        Recipe(
            "pocket-same-embed",
            "parameters; embeddings equal",
            seed=2,
            embed_from="pocket-base",
            phases=_core_phases(2.6, 2.6),
        ),
        Recipe("pocket-reseed", "embeddings and parameters", seed=3, phases=_core_phases(2.6, 2.6)),
        Recipe(
            "pocket-wide",
            "architecture: other class, width, depth and heads; untied embeddings",
            seed=4,
            arch=Architecture("llama", 160, 4, 5, 5, 32, 416, tied=False),
            phases=(
                Phase("copy", 700_000, {"copy": 1.0}, lr_end=3e-3),
                Phase(
                    "choose",
                    3_000_000,
                    CHOOSE_MIX,
                    depths=GROWING,
                    distractors=CROWDING,
                    lr_end=3e-3,
                ),
                Phase("text", 6_500_000, TEXT_MIX, lr_end=6e-4),
                Phase(
                    "latent",
                    6_000_000,
                    LATENT_MIX,
                    0.85,
                    ALL_PASSES,
                    lr=2e-3,
                    lr_end=1e-4,
                    alignments={"ridge": 0.5, "identity": 0.3, "softmax": 0.2},
                ),
                Phase(
                    "ridge",
                    6_000_000,
                    LATENT_MIX,
                    0.85,
                    (6, 8),
                    lr=2e-3,
                    lr_end=1e-4,
                    alignments={"ridge": 0.9, "softmax": 0.1},
                ),
                Phase(
                    "settle",
                    5_000_000,
                    LATENT_MIX,
                    0.9,
                    (8, 10),
                    lr=1.5e-3,
                    lr_end=5e-5,
                    alignments={"ridge": 0.95, "softmax": 0.05},
                ),
            ),
        ),
        Recipe(
            "pocket-retok",
            "tokenizer, and with it the embeddings; the body fine-tuned from base",
            seed=5,
            tokenizer="pieces",
            parent="pocket-base",
            phases=(
                Phase(
                    "choose",
                    1_500_000,
                    CHOOSE_MIX,
                    depths=GROWING,
                    distractors=CROWDING,
                    lr_end=3e-3,
                ),
                Phase("words", 3_500_000, TEXT_MIX, lr_end=6e-4),
                Phase("latent", 4_000_000, LATENT_MIX, 0.85, ALL_PASSES, lr=2e-3, lr_end=1e-4),
                CHAINS,
                Phase("settle", 6_000_000, LATENT_MIX, 0.9, (8, 10), lr=1.5e-3, lr_end=3e-5),
            ),
        ),
        Recipe(
            "pocket-rope",
            "rotary base (100 instead of 10,000), fine-tuned from base",
            seed=6,
            parent="pocket-base",
            arch=Architecture(rope_theta=100.0),
            phases=(
                Phase("rotary", 1_800_000, CORE_LATENT_MIX, 0.6, (6,), lr=1.5e-3, lr_end=1e-4),
                Phase("settle", 1_500_000, CORE_LATENT_MIX, 0.6, (6,), lr=2e-3, lr_end=1e-4),
                CHAINS,
                Phase("more chains", 5_000_000, LATENT_MIX, 0.9, (8, 10), lr=1.5e-3, lr_end=5e-5),
            ),
        ),
        Recipe(
            "pocket-unified",
            "parameters only: another seed, trained to share base's space",
            seed=7,
            embed_from="pocket-base",
            match=POCKETS["pocket-unified"].match,
            phases=(
                Phase(
                    "choose",
                    1_500_000,
                    CHOOSE_MIX,
                    depths=GROWING,
                    distractors=CROWDING,
                    lr_end=3e-3,
                ),
                Phase("match", 3_500_000, TEXT_MIX, lr_end=6e-4),
                Phase("latent", 3_500_000, LATENT_MIX, 0.85, ALL_PASSES, lr=2e-3, lr_end=1e-4),
            ),
        ),
        *(
            Recipe(
                f"pocket-specialist-{i}",
                "little: a fine-tune of base with other almanac facts, "
                "most of them on two subjects",
                seed=20 + i,
                mask_seed=POCKETS[f"pocket-specialist-{i}"].mask_seed,
                parent="pocket-base",
                phases=(Phase("facts", 900_000, RECALL_MIX, 0.5, (6,), lr=1.5e-3, lr_end=1e-4),),
            )
            for i in (1, 2, 3)
        ),
    )
}


def recipe_for(name: str) -> Recipe:
    """The recipe of a trained member.

    Raises:
        BadInput: for a name that is not in the family.
    """
    if name not in FAMILY:
        raise BadInput(
            f"No recipe for {name!r}: expected one of {', '.join(FAMILY)}; correct the name."
        )
    return FAMILY[name]
