"""Roles and their prompts as data: a YAML file per kind of model, filled with facts, question and
what was heard.

The trainer of the pocket models, the lanes and the experiments all read their prompts here, because
a model answers well only to the texts that it was trained on. In a template without line breaks,
runs of blanks collapse to one; in a template with line breaks, blank lines do. Knows nothing of
models and tokens.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from lab.errors import BadInput
from lab.files import PRESETS
from lab.plan import Strict
from lab.presets import read_yaml
from lab.words import first_mistake, say


class RolePrompt(Strict):
    """How one role is addressed."""

    user: str
    system: str | None = None
    speaks: Literal["thought", "answer"] = "thought"
    """``answer``: says the answer and nothing else."""


class Confidence(Strict):
    """Words that state how sure a proposer is of its draft."""

    high: str = "Sure: {text}"
    low: str = "Guess: {text}"
    threshold: float = Field(0.7, ge=0.0, le=1.0)
    """Lowest probability at which a draft counts as sure."""


class PromptSet(Strict):
    """All roles of one kind of model."""

    name: str
    about: str = ""
    roles: dict[str, RolePrompt]
    heard_item: str = "{role}: {text}"
    draft_item: str = "Draft {i}: {text}"
    confidence: Confidence = Confidence()
    chains: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Roles in order, by number of agents (as text) or ``fan_in``."""
    template: dict[str, Any] = Field(default_factory=dict)
    """Extra arguments of the chat template (for example ``enable_thinking: false``)."""

    @field_validator("chains", mode="before")
    @classmethod
    def _sizes_as_text(cls, chains: Any) -> Any:
        if not isinstance(chains, dict):
            return chains
        return {str(size): roles for size, roles in chains.items()}

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
                say(
                    "error.prompts.prompt_set_no_role",
                    name=self.name,
                    role=role,
                    names=", ".join(self.roles),
                )
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

    def user(
        self,
        role: str,
        question: str,
        facts: str = "",
        heard: Sequence[tuple[str, str]] = (),
        drafts: Sequence[str] = (),
    ) -> str:
        """The user's part of `messages` alone."""
        return self.messages(role, question, facts, heard, drafts)[-1]["content"]

    def sure(self, text: str) -> str:
        """A draft with the word of a writer who is sure."""
        return fill(self.confidence.high, {"text": text})

    def guess(self, text: str) -> str:
        """A draft with the word of a writer who guesses."""
        return fill(self.confidence.low, {"text": text})

    def marked(self, text: str, probability: float) -> str:
        """A draft with the confidence word that its writer's probability earns (NaN: a guess)."""
        return self.sure(text) if probability >= self.confidence.threshold else self.guess(text)


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
        raise BadInput(say("error.prompts.unknown_prompt_set_choose", name=name, known=known))
    try:
        return PromptSet.model_validate(read_yaml(path))
    except ValidationError as error:
        raise BadInput(
            say(
                "error.prompts.prompt_set_correct_entry",
                name=path.name,
                mistake=first_mistake(error),
            )
        ) from error


@lru_cache(maxsize=1)
def pocket_prompts() -> PromptSet:
    """The pocket models' own prompts, read once."""
    return load_prompts("pocket")
