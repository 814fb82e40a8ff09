"""What can be done with a model's memory, found out once when the model is loaded: what a family
cannot do is said with the reason, and everything else stays available.
"""

from __future__ import annotations

from typing import Literal, get_args

from lab.engine.rotary import require_rotary
from lab.errors import BadInput
from lab.models.host import Host
from lab.words import say

Ability = Literal["crop", "merge", "move", "attention"]
"""``crop``: slots dropped, hidden or rewritten; ``merge``: caches that were written apart joined;
``move``: keys turned to other positions; ``attention``: its weights told."""


def limits(host: Host) -> dict[str, str]:
    """Ability → why this model lacks it; those it has are left out, and it is tried out once."""
    return host.once("limits", lambda: _found(host))


def require(host: Host, ability: Ability) -> None:
    """Refuse what a model with running states has no slots for.

    Args:
        ability: what is about to be done.

    Raises:
        BadInput: with the reason.
    """
    if host.state_kinds and ability != "attention":
        raise BadInput(_running(host))


def _found(host: Host) -> dict[str, str]:
    if host.state_kinds:
        found = dict.fromkeys(("crop", "merge", "move"), _running(host))
    else:
        found = {}
        try:
            require_rotary(host)
        except BadInput as error:
            found = {"merge": str(error), "move": str(error)}
    if host.config._attn_implementation != "eager" and not _can_switch(host):
        found["attention"] = say(
            "error.attention.cannot_switched_attention_tells",
            name=host.name,
            name2=type(host.model).__name__,
        )
    assert set(found) <= set(get_args(Ability))
    return found


def _can_switch(host: Host) -> bool:
    return bool(host.model._can_set_attn_implementation())


def _running(host: Host) -> str:
    return say(
        "error.memory_verbs.running_state",
        name=host.name,
        model_type=host.config.model_type,
        kinds=", ".join(host.state_kinds),
    )
