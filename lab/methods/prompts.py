"""Roles and their prompts as data: a YAML file per kind of model, filled with facts, question and
what was heard.

The pocket models' prompts are read by their trainer too, so filling must follow one rule: in a
template without line breaks, runs of blanks collapse to one; in a template with line breaks, blank
lines do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from lab.errors import BadInput
from lab.files import PRESETS
from lab.plan import Strict
from lab.presets import read_yaml


class RolePrompt(Strict):
    """How one role is addressed."""

    user: str
    system: str | None = None
    speaks: Literal["thought", "answer"] = "thought"
    """``answer``: says the answer and nothing else."""


class PromptSet(Strict):
    """All roles of one kind of model."""

    name: str
    about: str = ""
    roles: dict[str, RolePrompt]
    heard_item: str = "{role}: {text}"
    draft_item: str = "Draft {i}: {text}"
    confidence: dict[str, Any] = Field(default_factory=dict)
    """Words that state a proposer's certainty: ``high``, ``low``, ``threshold``."""
    chains: dict[str | int, tuple[str, ...]] = Field(default_factory=dict)
    """Sensible rows of roles by number of agents."""
    template: dict[str, Any] = Field(default_factory=dict)
    """Extra arguments of the chat template (for example ``enable_thinking: false``)."""

    def messages(
        self,
        role: str,
        question: str,
        facts: str = "",
        heard: Sequence[tuple[str, str]] = (),
        drafts: Sequence[str] = (),
    ) -> list[dict[str, str]]:
        """The messages that open an agent's turn.

        Args:
            heard: (role, text) of earlier agents, for a hand-over in text.
            drafts: proposers' texts, for a Mixture-of-Agents.

        Raises:
            BadInput: if the set has no such role.
        """
        if role not in self.roles:
            raise BadInput(
                f"Prompt set {self.name!r} has no role {role!r}: expected one of "
                f"{', '.join(self.roles)}; choose one, "
                f"or add it to presets/prompts/{self.name}.yaml."
            )
        prompt = self.roles[role]
        joint = "\n\n" if "\n" in prompt.user else " "
        values = {
            "facts": facts,
            "question": question,
            "heard": joint.join(fill(self.heard_item, {"role": r, "text": t}) for r, t in heard),
            "drafts": joint.join(
                fill(self.draft_item, {"i": str(i), "text": t}) for i, t in enumerate(drafts, 1)
            ),
        }
        user = {"role": "user", "content": tidy(prompt.user, fill(prompt.user, values))}
        if prompt.system is None:
            return [user]
        return [
            {"role": "system", "content": tidy(prompt.system, fill(prompt.system, values))},
            user,
        ]


def fill(template: str, values: dict[str, str]) -> str:
    """The template with its placeholders filled; braces in the values stay as they are."""
    return re.sub(r"\{(\w+)\}", lambda m: values.get(m[1], m[0]), template)


def tidy(template: str, text: str) -> str:
    """Blanks left by empty placeholders removed."""
    if "\n" not in template.strip():
        return " ".join(text.split())
    return re.sub(r"\n\s*\n\s*", "\n\n", text).strip()


def load_prompts(name: str, folder: Path = PRESETS / "prompts") -> PromptSet:
    """The prompt set of that name in ``presets/prompts``.

    Raises:
        BadInput: if there is none, or the file holds an unknown key.
    """
    path = folder / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.yaml"))) or "none"
        raise BadInput(f"Unknown prompt set {name!r}: expected one of {known}; choose one.")
    try:
        return PromptSet.model_validate(read_yaml(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "top level"
        raise BadInput(
            f"Prompt set {path.name}: {where}: {first['msg']}; correct this entry."
        ) from error
