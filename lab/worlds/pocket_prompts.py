"""The pocket models' prompts as the trainer and the evaluation read them: one file,
`presets/prompts/pocket.yaml`.

Knows nothing of models; a prompt is a format string whose runs of spaces are collapsed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import yaml

from lab.files import PRESETS

PROMPT_FILE = PRESETS / "prompts" / "pocket.yaml"


@dataclass(frozen=True)
class PocketPrompts:
    """The prompt set of the pocket models."""

    users: dict[str, str]
    """Role to format string."""
    speaks: dict[str, str]
    """Role to ``thought`` or ``answer``."""
    heard_item: str
    draft_item: str
    sure: str
    guess: str
    threshold: float
    """Probability of a whole draft from which on it counts as sure."""
    chains: dict[str, tuple[str, ...]]
    """Number of agents (as text), or ``fan_in``, to the roles in order."""

    def user(
        self,
        role: str,
        question: str,
        facts: str = "",
        heard: Sequence[tuple[str, str]] = (),
        drafts: Sequence[str] = (),
    ) -> str:
        """The user message of a role. ``heard``: (role, text) of the earlier agents; ``drafts``:
        texts in order."""
        said = " ".join(self.heard_item.format(role=name, text=text) for name, text in heard)
        listed = " ".join(
            self.draft_item.format(i=i, text=text) for i, text in enumerate(drafts, start=1)
        )
        filled = self.users[role].format(facts=facts, question=question, heard=said, drafts=listed)
        return " ".join(filled.split())


@lru_cache(maxsize=1)
def pocket_prompts() -> PocketPrompts:
    """The prompt set as it stands in the file."""
    data = yaml.safe_load(PROMPT_FILE.read_text(encoding="utf-8"))
    roles = data["roles"]
    return PocketPrompts(
        users={name: role["user"] for name, role in roles.items()},
        speaks={name: role["speaks"] for name, role in roles.items()},
        heard_item=data["heard_item"],
        draft_item=data["draft_item"],
        sure=data["confidence"]["high"],
        guess=data["confidence"]["low"],
        threshold=data["confidence"]["threshold"],
        chains={str(key): tuple(value) for key, value in data["chains"].items()},
    )
