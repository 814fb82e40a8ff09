"""What can be broken on the stage, as data: a name, and what it does to each channel.

The same operations as in the presets; a choice that has no meaning in a channel says so when it is
tried.
"""

from __future__ import annotations

from typing import Any

from lab.errors import BadInput
from lab.words import say

CHANNELS = ("kv", "latent", "text", "ids")
BREAKS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "another problem's thoughts": {"ops": [{"op": "other_problem"}]},
    "random vectors of equal norm": {"ops": [{"op": "noise"}]},
    "steps shuffled": {"ops": [{"op": "shuffle_steps"}]},
    "each thought replaced by its top word": {
        "kv": {"think": {"alignment": "top_word"}},
        "latent": {"ops": [{"op": "top_word", "k": 1}]},
    },
    "layer L-1 fed back": {
        "kv": {"think": {"layer": -2}},
        "latent": {"ops": [{"op": "layer", "read": -2}]},
    },
    "cache one layer off": {"ops": [{"op": "shift_layers", "by": 1}]},
    "norm: rescaling skipped": {
        "kv": {"think": {"norm": "skipped"}},
        "latent": {"ops": [{"op": "norm", "how": "skipped"}]},
    },
    "norm: final norm twice": {
        "kv": {"think": {"norm": "doubled"}},
        "latent": {"ops": [{"op": "norm", "how": "doubled"}]},
    },
    "norm: three times as long": {
        "kv": {"think": {"norm": "scaled", "amount": 3}},
        "latent": {"ops": [{"op": "norm", "how": "scaled", "amount": 3}]},
    },
    "norm: moved": {
        "kv": {"think": {"norm": "shifted"}},
        "latent": {"ops": [{"op": "norm", "how": "shifted"}]},
    },
    "positions: 32 later, keys not turned": {"ops": [{"op": "shift_positions", "by": 32}]},
    "positions: 32 later, keys turned along": {
        "ops": [{"op": "shift_positions", "by": 32, "rerotate": True}]
    },
    "positions: half cropped, not carried": {
        "ops": [{"op": "crop", "keep": "nearest", "share": 0.5, "carry": False}]
    },
    "positions: half cropped, carried": {"ops": [{"op": "crop", "keep": "nearest", "share": 0.5}]},
    "positions: another rotary base": {"ops": [{"op": "rotary_base", "base": 500}]},
    "repair: ridge map": {"ops": [{"op": "map", "kind": "ridge", "pairs": 4000}]},
    "repair: Procrustes map": {"ops": [{"op": "map", "kind": "procrustes", "pairs": 4000}]},
    "repair: ridge map, fitted on pocket-reseed": {
        "ops": [{"op": "map", "kind": "ridge", "pairs": 4000, "fitted_from": "pocket-reseed"}],
    },
    "repair: shapes cut and filled": {"ops": [{"op": "project", "how": "pad"}]},
}
"""``ops`` or ``think`` for every channel, or under the channel's name for that one alone."""


DEMO: tuple[tuple[str, dict[str, Any]], ...] = (
    ("same", {"sender": "pocket-base", "change": "nothing"}),
    ("weights", {"sender": "pocket-reseed", "change": "nothing"}),
    ("layer", {"sender": "pocket-base", "change": "nothing", "layers": {"read": 5, "write": 1}}),
    ("map", {"sender": "pocket-reseed", "change": "repair: ridge map"}),
    ("third", {"sender": "pocket-retok", "change": "repair: ridge map, fitted on pocket-reseed"}),
)
"""The ninety-second demonstration, step by step; thoughts are handed over, the receiver is
pocket-base throughout."""


def condition(
    sender: str,
    receiver: str,
    channel: str,
    change: str,
    read: int | None = None,
    write: int | None = None,
) -> dict[str, Any]:
    """The stage's setting as the data of a condition.

    Args:
        read, write: layers clicked on the stage; None is the method's own (last layer into the
            embedding).

    Raises:
        BadInput: for a break that is not in the list.
    """
    if change not in BREAKS:
        raise BadInput(say("error.break_choices.unknown_break_list_choose", change=change))
    chosen = BREAKS.get(change, {})
    own = chosen.get(channel, {})
    if change == "positions: 32 later, keys turned along" and channel == "latent":
        own = {"ops": []}
    out: dict[str, Any] = {
        "name": "this",
        "title": change if change != "nothing" else "this hand-over",
        "sender": sender,
        "receiver": receiver,
        "channel": channel,
        "ops": list(own.get("ops", chosen.get("ops", []) if not own else [])),
    }
    if "think" in own:
        out["think"] = dict(own["think"])
    if sender.endswith("gauge"):
        out["think"] = {**out.get("think", {}), "alignment": "gauge"}
    if channel == "latent" and (read is not None or write):
        out["ops"] = [
            {"op": "layer", "read": -1 if read is None else read, "write": write or 0},
            *out["ops"],
        ]
    if channel == "kv" and read is not None and write is not None and read != write:
        out["ops"] = [*out["ops"], {"op": "shift_layers", "by": read - write}]
    return out


def companions(this: dict[str, Any], preset: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The conditions of a live measurement: floor, ceiling and controls first, then this one (or a
    preset's lines)."""
    sender, receiver = this["sender"], this["receiver"]
    both = {"sender": sender, "receiver": receiver}
    own = {"sender": receiver, "receiver": receiver}
    always = [
        {**both, "name": "nothing", "title": "no hand-over", "channel": "none", "control": "floor"},
        {
            **both,
            "name": "text",
            "title": "the same sender's words",
            "channel": "text",
            "control": "ceiling",
        },
    ]
    channels = dict.fromkeys(
        [c["channel"] for c in preset or [this] if c["channel"] in ("kv", "latent")]
    )
    for channel in channels:
        plain = {**own, "channel": channel}
        always += [
            {**plain, "name": "same model", "control": "method"},
            {
                **plain,
                "name": "another problem",
                "control": "control",
                "ops": [{"op": "other_problem"}],
            },
            {**plain, "name": "random vectors", "control": "control", "ops": [{"op": "noise"}]},
        ]
    taken = {(c["name"], c["channel"]) for c in always}
    return [*always, *(c for c in preset or [this] if (c["name"], c["channel"]) not in taken)]
