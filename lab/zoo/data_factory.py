"""The data factory: what a Mixture-of-Agents said to many questions becomes a set on which the next
single model is trained.

Questions → drafts and aggregate → filters, each of which can be switched off → lines of JSON in the
usual chat-message schema, every one with its provenance. The set does not know the truth; whether
it is right is measured by who looks at it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from lab.errors import BadInput
from lab.experiments.moa.team import Said, Team
from lab.plan import Strict
from lab.words import say
from lab.worlds import Problem, almanac, verify
from lab.worlds.prompts import pocket_prompts


class Filters(Strict):
    """What an answer must pass to be put into the set."""

    agreement: bool = True
    """At least half of the drafts state the aggregate's value."""
    rule: bool = True
    """It can be read, and is about what was asked; no truth is needed for that."""
    confidence: bool = True
    """The writer's probability of the value is at least ``least``."""
    least: float = Field(0.5, ge=0.0, le=1.0)


NOTHING = Filters(agreement=False, rule=False, confidence=False)


class Item(Strict):
    """One line of a set."""

    question: str
    answer: str
    provenance: dict[str, Any]

    def line(self) -> dict[str, Any]:
        """The chat-message schema that trainers of real models read."""
        messages = [
            {"role": "user", "content": self.question},
            {"role": "assistant", "content": self.answer},
        ]
        return {"messages": messages, "provenance": self.provenance}


def make_set(
    team: Team,
    writer: str,
    said: Said,
    drafts: Sequence[Said],
    filters: Filters,
    rows: Sequence[int],
    planted: Collection[int] = (),
) -> list[Item]:
    """What somebody said, as far as it passes.

    Args:
        team: whose questions they are.
        writer: name of the model that said it.
        said: what goes into the set.
        drafts: what it was made from, by proposer; none for a single model, which nobody can agree
            with.
        filters: what it must pass.
        rows: numbers of the questions that may go in.
        planted: of those whose drafts were exchanged for a false fact; their provenance says so.

    Raises:
        BadInput: if nothing passes.
    """
    names, items = team.settings.proposers, []
    for i in rows:
        passed = checks(team.problems[i], said, drafts, i, filters.least)
        asked = [name for name in passed if getattr(filters, name)]
        if not all(passed[name] for name in asked):
            continue
        heard = [
            {"model": name, "text": one.texts[i]} for name, one in zip(names, drafts, strict=False)
        ]
        provenance = {
            "world": team.problems[i].world,
            "seed": team.problems[i].seed,
            "writer": writer,
            "drafts": heard,
            "probability": round(said.probability[i], 4),
            "passed": asked,
            **({"planted": True} if i in planted else {}),
        }
        items.append(
            Item(question=team.problems[i].question, answer=said.texts[i], provenance=provenance)
        )
    if not items:
        raise BadInput(say("error.distill.empty_set", n=len(rows)))
    return items


def checks(
    problem: Problem, said: Said, drafts: Sequence[Said], i: int, least: float
) -> dict[str, bool]:
    """Whether an answer passes each of the filters, switched on or not.

    Args:
        problem: what was asked.
        said: by the writer.
        drafts: what it was made from; with none there is nobody to agree.
        i: number of the question.
        least: of the probability.
    """
    found = {}
    if drafts:
        same = sum(one.values[i] is not None and one.values[i] == said.values[i] for one in drafts)
        found["agreement"] = 2 * same >= len(drafts)
    found["rule"] = holds_for(problem, said.texts[i])
    found["confidence"] = said.probability[i] >= least
    return found


def holds_for(problem: Problem, text: str) -> bool:
    """Whether a text can be read as one answer to this question, by rule.

    Args:
        problem: what was asked.
        text: what was said.
    """
    verdict = verify(problem.world, text)
    if verdict is None or not verdict.correct:
        return False
    if problem.world != "almanac":
        return True
    about = {(claim.entity, claim.attribute) for claim in almanac.parse_claims(text)}
    return about == {(claim.entity, claim.attribute) for claim in problem.claims}


def as_lines(items: Sequence[Item]) -> str:
    """A set as lines of JSON."""
    return "".join(json.dumps(item.line(), ensure_ascii=False) + "\n" for item in items)


def save_set(items: Sequence[Item], file: Path) -> None:
    """Write a set as lines of JSON.

    Args:
        items: at least one.
        file: where to.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(as_lines(items), encoding="utf-8")


def read_set(file: Path) -> list[Item]:
    """The inverse of `save_set`.

    Raises:
        BadInput: if the file holds no such lines.
    """
    try:
        items = [_item(json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise BadInput(say("error.distill.bad_set", file=file, error=error)) from error
    if not items:
        raise BadInput(say("error.distill.empty_set", n=0))
    return items


def _item(line: dict[str, Any]) -> Item:
    user, assistant = line["messages"]
    return Item(
        question=user["content"],
        answer=assistant["content"],
        provenance=line.get("provenance", {}),
    )


def as_prompt(question: str, role: str) -> str:
    """How a pocket model is asked.

    Args:
        question: of the set.
        role: ``solo`` or ``proposer``.
    """
    return pocket_prompts().user(role, question)
