"""A condition is data: who sends, who receives, through which channel, and what is done to the
hand-over on its way.

A new condition is one line in a preset. This module only says what may be written there;
`lab.experiments.interventions.vectors` and `lab.experiments.interventions.caches` do it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from lab.plan import Alignment, Strict
from lab.presets import constraint_blocks

Control = Literal["", "ceiling", "floor", "control", "method"]
"""What a condition is for: the best one may hope for, the least, a placebo, or what is measured
unbroken."""

Channel = Literal["none", "alone", "solo", "text", "ids", "latent", "kv"]
"""``none``: the receiver gets nothing. ``alone``: the receiver sees the facts itself and answers at
once. ``solo``: the sender sees the facts, thinks in words and answers itself. ``text``: the
sender's words. ``ids``: the numbers of the sender's tokens, read with the receiver's vocabulary.
``latent``: the sender's thought vectors in place of words, as input embeddings. ``kv``: the
sender's cache."""
Part = Literal["both", "prompt", "latent"]
Rule = Literal[
    "receiver_attention",
    "sender_attention",
    "newest",
    "oldest",
    "random",
    "alike",
    "unlike",
    "neighbours",
    "neighbours_older",
]
"""By what slots are chosen, see `KeepSlots`."""


class Think(Strict):
    """How the sender thinks."""

    steps: int | None = Field(None, ge=0, le=200)
    """Latent steps; None means as many as the experiment says."""
    layer: int = -1
    """Hidden state that is fed back."""
    alignment: Alignment | Literal["top_word", "gauge"] = "auto"
    """``auto``: identity where the embeddings are tied, ridge where they are not. ``top_word``:
    each step feeds the embedding of the word that the head would say (with ``mixture`` > 1: of the
    k best words, weighted). ``gauge``: identity for the gauge twin, whose final gain was folded
    into its head."""
    mixture: int = Field(1, ge=1, le=50)
    norm: Literal["right", "skipped", "doubled", "scaled", "shifted"] = "right"
    """What happens to the length of a vector before it is fed: brought to the mean embedding norm
    (right), left as it is, sent through the final norm a second time, multiplied by ``amount``, or
    moved by ``amount`` embedding norms."""
    amount: float = 1.0


class OtherProblem(Strict):
    """Hand over what the sender thought about another problem with another answer."""

    op: Literal["other_problem"]


class Noise(Strict):
    """Random directions, every vector (key, value) with the norm it had."""

    op: Literal["noise"]


class ShuffleSteps(Strict):
    """The latent steps in random order (keys turned to their new positions)."""

    op: Literal["shuffle_steps"]


class TopWord(Strict):
    """Each latent replaced, on its way, by the receiver's embedding of the words it stands for (k
    best, weighted)."""

    op: Literal["top_word"]
    k: int = Field(1, ge=1, le=50)


class Norm(Strict):
    """The length of vectors or of a side of the cache changed on the way."""

    op: Literal["norm"]
    how: Literal["skipped", "doubled", "scaled", "shifted"]
    amount: float = 1.0
    side: Literal["keys", "values", "both"] = "values"
    """For the cache."""


class ReadLayer(Strict):
    """Latents read at another layer, and, for ``write`` > 0, written into the receiver at that
    layer's input."""

    op: Literal["layer"]
    read: int = -1
    write: int = 0


class ShiftLayers(Strict):
    """Layer l of the receiver gets the keys and values of layer l + by (the ends wrap)."""

    op: Literal["shift_layers"]
    by: int


class ShiftPositions(Strict):
    """The whole cache (or, for latents, what follows them) at positions ``by`` later."""

    op: Literal["shift_positions"]
    by: int
    rerotate: bool = False
    """True turns the keys along, which must repair it exactly."""


class Crop(Strict):
    """Keep only a share of the slots."""

    op: Literal["crop"]
    keep: Literal["nearest", "farthest", "random"]
    share: float = Field(ge=0.0, le=1.0)
    carry: bool = True
    """False: the next position is counted from the shortened length, as if the keys were not
    rotated."""
    of: Literal["all", "latent"] = "all"


class KeepSlots(Strict):
    """Keep so many slots of every row, chosen by a rule; positions stay as they were written."""

    op: Literal["keep"]
    by: Rule
    """``receiver_attention``: most looked at by the receiver's question. ``sender_attention``: by
    the sender's own last steps. ``alike``, ``unlike``: keys (rotation undone) with the highest or
    lowest mean cosine to the row's other slots. ``neighbours``: of the two slots that are nearest
    to each other the older one goes, until so many are left; ``neighbours_older``: the newer."""
    slots: int = Field(ge=1)
    of: Literal["all", "latent"] = "all"
    """``latent``: only the latents' slots are chosen from, the others are left out."""


class LowRank(Strict):
    """Keys (rotation undone) and values of every layer replaced by their best approximation of a
    rank, row by row."""

    op: Literal["low_rank"]
    rank: int = Field(ge=1)


class RotaryBase(Strict):
    """Keys rotated with another base, as a model with that base would have written them."""

    op: Literal["rotary_base"]
    base: float = Field(gt=1)


class Project(Strict):
    """Make shapes fit without learning: cut or fill with zeros, or a random orthogonal map."""

    op: Literal["project"]
    how: Literal["pad", "random"] = "pad"


class Fitted(Strict):
    """A map fitted on pairs of both models' states on the same training texts."""

    op: Literal["map"]
    kind: Literal["ridge", "procrustes"] = "ridge"
    pairs: int = Field(2000, ge=2)
    rank: int | None = Field(None, ge=1)
    fitted_from: str | None = None
    """The sender it was fitted on, when another one uses it: the third model."""


class UndoGauge(Strict):
    """Undo the known rotation of the gauge twin."""

    op: Literal["undo_gauge"]


class UndoVocab(Strict):
    """Undo the known permutation of the vocabulary twin."""

    op: Literal["undo_vocab"]


Op = Annotated[
    OtherProblem
    | Noise
    | ShuffleSteps
    | TopWord
    | Norm
    | ReadLayer
    | ShiftLayers
    | ShiftPositions
    | Crop
    | KeepSlots
    | LowRank
    | RotaryBase
    | Project
    | Fitted
    | UndoGauge
    | UndoVocab,
    Field(discriminator="op"),
]


class Condition(Strict):
    """One way to hand over."""

    name: str = Field(min_length=1)
    title: str = ""
    """How it is called on the page; the name if empty."""
    channel: Channel
    sender: str = ""
    """Model's name; empty means the experiment's own sender (receiver likewise)."""
    receiver: str = ""
    part: Part = "both"
    """Which slots of the cache are handed over."""
    think: Think = Think()
    ops: tuple[Op, ...] = ()
    control: Control = ""
    constraint: int | None = None
    """Number of the constraint that it breaks, None for the others."""
    expect: Literal["", "exact", "works", "fails"] = ""
    """What theory says; the page shows it beside what was measured."""
    x: float | None = None
    """Place on the axis, where conditions form a curve (steps, α, share, shift)."""
    curve: str = ""
    """Name of that curve."""

    @property
    def unbroken(self) -> bool:
        """Whether the sender's thoughts or words are handed over whole, by the method."""
        handed = self.channel in ("kv", "latent", "text")
        return handed and not self.ops and self.part == "both" and self.think == Think()


class Conditions(Strict):
    """Settings that hold conditions.

    In a preset one line may name several channels (``channels: [latent, kv]``), and conditions that
    break the same constraint may stand in a block of ``constraints`` (``number``, ``name``,
    ``conditions``; see ``presets/experiments/constraints.yaml``).
    """

    sender: str = "pocket-base"
    receiver: str = "pocket-base"
    conditions: tuple[Condition, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _one_per_channel(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("conditions"), (list, tuple)):
            return data
        blocks = constraint_blocks(data.get("constraints") or ())
        data = {key: value for key, value in data.items() if key != "constraints"}
        broken = [
            {**line, "constraint": block.number} for block in blocks for line in block.conditions
        ]
        lines: list[Any] = []
        for line in [*data["conditions"], *broken]:
            if isinstance(line, dict) and "channels" in line:
                plain = {key: value for key, value in line.items() if key != "channels"}
                lines += [{**plain, "channel": channel} for channel in line["channels"]]
            else:
                lines.append(line)
        return {**data, "conditions": lines}

    def resolved(self) -> list[Condition]:
        """The conditions with every model named."""
        return [
            c.model_copy(
                update={"sender": c.sender or self.sender, "receiver": c.receiver or self.receiver}
            )
            for c in self.conditions
        ]
