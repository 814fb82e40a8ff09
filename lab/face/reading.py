"""A prompt as one model reads it: the role's own wording around the question, as token ids.

The pocket models read nothing but the words of their two worlds; a word that was in no training
text is refused here by name, because the model would answer it with nonsense.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

from lab.errors import BadInput
from lab.models.host import Host
from lab.models.hosts import local
from lab.models.remote import RemoteHost
from lab.plan import PlanProblem
from lab.worlds import Problem as WorldProblem
from lab.worlds.prompts import PromptSet, load_prompts
from lab.zoo.tokenizer import CHAT_TEMPLATE, pieces, world_words

Prompt: TypeAlias = str | WorldProblem | PlanProblem
"""A question; or a problem, which is read with its facts."""
MOST_NAMED = 8
"""Unknown words that a sentence names."""


def is_pocket(host: Host) -> bool:
    """Whether a model is of the pocket family (or a twin of one): it reads their chat template."""
    return getattr(host.tokenizer, "chat_template", None) == CHAT_TEMPLATE


def prompts_of(host: Host) -> PromptSet:
    """The prompt set that a model is addressed with: ``pocket`` for the family, else ``chat``."""
    return load_prompts("pocket" if is_pocket(host) else "chat")


def prompt_ids(
    host: Host,
    prompt: Prompt,
    role: str | None,
    *,
    thinks: bool,
    heard: Mapping[str, str] | None = None,
    drafts: Sequence[str] = (),
) -> list[int]:
    """The token ids of an agent's prompt.

    Args:
        prompt: a question, or a problem with its facts.
        role: a role of the model's prompt set; None reads the text as it stands.
        thinks: whether the agent is to think in latents, for which pocket models need a role that
            was taught to think.
        heard: role → text of earlier agents.
        drafts: texts of proposers.

    Raises:
        BadInput: for an empty prompt, a role that the prompt set does not have or that was taught
            to answer only, words of others that are empty or no text, a role that edits drafts
            without any, or (pocket models) words that were in no training text.
    """
    question, facts = question_and_facts(prompt)
    prompts = prompts_of(host)
    told = _told(heard or {}, drafts)
    wanted = prompts.roles[role].user if role in prompts.roles else ""
    if "{drafts}" in wanted and not drafts:
        raise BadInput(
            f"The role {role!r} edits drafts, and got none: expected drafts=[…]; give some, or "
            "choose another role."
        )
    if is_pocket(host):
        strangers = [name for name in heard or {} if name not in prompts.roles]
        if strangers:
            raise BadInput(
                f"{host.name} never heard a {strangers[0]!r} speak: expected one of "
                f"{', '.join(prompts.roles)}; choose one of these roles in heard."
            )
        _require_known_words(host, " ".join((facts, question, *told)))
        if thinks and role in prompts.roles and prompts.roles[role].speaks == "answer":
            able = ", ".join(name for name, r in prompts.roles.items() if r.speaks == "thought")
            raise BadInput(
                f"{host.name} was not taught to think as {role!r}, only to answer: expected one of "
                f"{able}; choose one of these roles."
            )
    if role is None:
        messages = [{"role": "user", "content": f"{question} {facts}".strip()}]
    else:
        said = list((heard or {}).items())
        messages = prompts.messages(role, question, facts, said, list(drafts))
    return host.render(messages, **prompts.template)


def question_and_facts(prompt: Prompt) -> tuple[str, str]:
    """The two parts of a prompt; a text is a question without facts.

    Raises:
        BadInput: if it is empty, or neither a text nor a problem.
    """
    if not isinstance(prompt, (str, WorldProblem, PlanProblem)):
        raise BadInput(
            f"The prompt is a {type(prompt).__name__}: expected a text or a problem (lab.problem); "
            "give one of them."
        )
    question, facts = (prompt, "") if isinstance(prompt, str) else (prompt.question, prompt.facts)
    if not question.strip():
        raise BadInput("The prompt is empty: expected a question; write one.")
    return question.strip(), facts.strip()


def _told(heard: Mapping[str, str], drafts: Sequence[str]) -> list[str]:
    """What others said in words, checked."""
    if isinstance(drafts, str) or not isinstance(heard, Mapping):
        raise BadInput(
            "What others said: expected heard={role: text} and drafts=[text, …], got "
            f"heard={heard!r}, drafts={drafts!r}; give them so."
        )
    named = [("drafts", text) for text in drafts]
    named += [(f"heard[{role!r}]", text) for role, text in heard.items()]
    for place, text in named:
        if not isinstance(text, str) or not text.strip():
            raise BadInput(
                f"{place} holds {text!r}: expected what an agent said; leave it out where nobody "
                "said anything."
            )
    return [text for _, text in named]


def unknown_words(text: str) -> list[str]:
    """The words of a text that were in no training text of the pocket models, each once, in
    order."""
    known = _known()
    return list(
        dict.fromkeys(
            word.strip(".,;:?!\"'()") or word
            for word in text.split()
            if any(piece not in known for piece in pieces(f" {word}"))
        )
    )


@cache
def _known() -> frozenset[str]:
    return frozenset(world_words())


def _require_known_words(host: Host, text: str) -> None:
    unknown = unknown_words(text)
    if not unknown:
        return
    named = ", ".join(map(repr, unknown[:MOST_NAMED]))
    more = f" and {len(unknown) - MOST_NAMED} more" if len(unknown) > MOST_NAMED else ""
    raise BadInput(
        f"{host.name} cannot read {named}{more}: expected only words of its two worlds (as they "
        "are written there, numbers from 0 to 40); take a problem from lab.problem, or load "
        "another model."
    )


def require_local(model: Any) -> Host:
    """The model as one whose hidden states are here.

    Raises:
        BadInput: for a remote endpoint, which can only be asked in words, or something that is no
            model.
    """
    if not isinstance(model, (Host, RemoteHost)):
        raise BadInput(
            f"The model is a {type(model).__name__}: expected a name or what lab.load returns; "
            "give one of them."
        )
    return local(model)
