"""The constraints as cards: what must agree, why, and what one sees when it does not. Which there
are stands in ``presets/experiments/constraints.yaml``, their words in ``constraint.NAME.*``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lab.files import PRESETS
from lab.presets import AuditLine, constraint_blocks, read_yaml
from lab.words import say

FILE = PRESETS / "experiments" / "constraints.yaml"


@dataclass(frozen=True)
class Constraint:
    """One card of the gallery."""

    number: int
    name: str
    mark: str
    """What stands on the card and before its bars: the number, unless the preset says otherwise."""
    results: str = ""
    """The experiment that measures it; empty: “constraints”."""
    lines: tuple[AuditLine, ...] = ()
    """Of that experiment."""

    @property
    def title(self) -> str:
        """What must agree."""
        return say(f"constraint.{self.name}.title")

    @property
    def rule(self) -> str:
        """The same as one sentence."""
        return say(f"constraint.{self.name}.rule")

    @property
    def why(self) -> str:
        """Why, and what one sees."""
        return say(f"constraint.{self.name}.why")


@cache
def constraints() -> dict[int, Constraint]:
    """The constraints by number, in the preset's order."""
    return constraints_of(FILE)


def constraints_of(file: Path) -> dict[int, Constraint]:
    """The constraints of a preset.

    Args:
        file: its path.

    Raises:
        BadInput: if a block cannot be used, or stands for one that is there already.
    """
    return {
        block.number: Constraint(
            number=block.number,
            name=block.name,
            mark=block.mark or str(block.number),
            results=block.results,
            lines=block.lines,
        )
        for block in constraint_blocks(read_yaml(file).get("constraints"), file.name)
    }
