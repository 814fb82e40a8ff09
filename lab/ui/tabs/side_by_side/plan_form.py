"""Between a plan and the form's fields, both ways, and the command line that repeats a plan. No
Gradio here.

A form shows the first lane of each method. Whoever leaves the method fields of a preset as they are
runs the preset's own lanes; whoever changes one changes it in every lane of its method, and what
sets those lanes apart (controls, other steps) stays.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import Any

from lab.errors import BadInput
from lab.plan import MethodName, Plan, PlanProblem, ProblemSpec, lane_classes, plan_from_dict
from lab.words import say

METHODS = tuple(lane_classes())
CHAIN = ("host", "agents", "steps", "layer", "alignment", "cache", "topology")
"""Settings of the form that a lane takes over where its method has one of that name."""
WORLDS = ("ledger", "almanac")
OWN = "own"
MENUS = ("source", "seed", "depth", "distractors")
"""Fields that choose the problem."""
OWN_FIELDS = ("facts", "question", "truth")
"""Fields of an own question."""


def fields_of(plan: Plan) -> dict[str, Any]:
    """The form's values for a plan: `problem_fields` and `lane_fields`."""
    return problem_fields(plan.problem) | lane_fields(plan)


def problem_fields(problem: PlanProblem | ProblemSpec) -> dict[str, Any]:
    """``source`` (a world or ``own``), its parameters, and the words of the question."""
    fields: dict[str, Any] = {
        "source": OWN,
        "seed": 0,
        "depth": None,
        "distractors": None,
        "facts_for": problem.facts_for,
        "facts": "",
        "question": "",
        "truth": "",
    }
    if isinstance(problem, ProblemSpec):
        return fields | {
            "source": problem.world,
            "seed": problem.seed,
            "depth": problem.depth,
            "distractors": problem.distractors,
        }
    return fields | {
        "facts": problem.facts,
        "question": problem.question,
        "truth": problem.truth or "",
    }


def lane_fields(plan: Plan) -> dict[str, Any]:
    """Methods and their settings, each taken from the first lane of a method that has it; defaults
    where none has."""
    latent = _first(plan, "steps")
    chain = latent or _first(plan, "agents") or _first(plan, "host")
    moa = (
        _first(plan, "proposers")
        or _first(plan, "moa").get("moa")
        or _default_moa(chain.get("host", "pocket-base"))
    )
    plain = ("steps", "moa")
    talking = _first(plan, "agents", but=plain) or _first(plan, "decoding", but=plain) or chain
    return {
        "methods": [m for m in METHODS if any(lane.method == m for lane in plan.lanes)],
        "host": chain.get("host", moa["aggregator"]["host"]),
        "agents": list(chain.get("agents", ("planner", "refiner", "judger"))),
        "steps": latent.get("steps", 40),
        "layer": latent.get("layer", -1),
        "alignment": latent.get("alignment", "auto"),
        "cache": latent.get("cache", "keep_all"),
        "topology": latent.get("topology", "sequential"),
        "proposers": [
            [p["host"], p["decoding"]["temperature"], p["decoding"]["seed"]]
            for p in moa["proposers"]
        ],
        "aggregator": moa["aggregator"]["host"],
        "moa_layers": moa["layers"],
        "max_tokens": talking.get("decoding", moa["aggregator"]["decoding"])["max_tokens"],
        "schedule": plan.schedule,
    }


def _first(plan: Plan, setting: str, but: Sequence[str] = ()) -> dict[str, Any]:
    """The first lane, in the order of the methods, of a method with this setting and none of the
    others; empty where there is none."""
    known = lane_classes()
    fitting = [
        lane
        for method in METHODS
        for lane in plan.lanes
        if lane.method == method
        and setting in known[method].model_fields
        and not any(other in known[method].model_fields for other in but)
    ]
    return fitting[0].model_dump(mode="json") if fitting else {}


def plan_of(fields: dict[str, Any], base: Plan) -> Plan:
    """The plan that a form describes.

    Args:
        fields: as `fields_of` gives them.
        base: the preset it started from: what the form does not show is taken from there.

    Raises:
        BadInput: for an empty question, no method, no proposer, or a value out of range.
    """
    data = base.model_dump(mode="json") | {
        "problem": _problem(fields),
        "schedule": fields["schedule"],
    }
    known = lane_fields(base)
    if any(fields[name] != value for name, value in known.items() if name != "schedule"):
        data["lanes"] = _lanes(fields, base)
    return plan_from_dict(data, source=say("said.setup_tab.set_up"))


def _problem(fields: dict[str, Any]) -> dict[str, Any]:
    if fields["source"] == OWN:
        question = str(fields["question"] or "").strip()
        if not question:
            raise BadInput(say("error.plan_form.question_empty_some_words"))
        facts, truth = str(fields["facts"] or "").strip(), str(fields["truth"] or "").strip()
        return {
            "question": question,
            "facts": facts,
            "truth": truth or None,
            "facts_for": fields["facts_for"],
        }
    names = ("seed", "depth", "distractors", "facts_for")
    spec = {"world": fields["source"]} | {name: fields[name] for name in names}
    if fields["source"] == "almanac":
        spec["distractors"] = None
    return spec


def _lanes(fields: dict[str, Any], base: Plan) -> list[dict[str, Any]]:
    if not fields["methods"]:
        raise BadInput(say("error.plan_form.no_method_chosen_least"))
    shown = lane_fields(base)
    changed = {name: value for name, value in fields.items() if shown.get(name) != value}
    lanes = []
    for method in (m for m in METHODS if m in fields["methods"]):
        own = [lane for lane in base.lanes if lane.method == method]
        if not own:
            lanes.append(_lane(method, fields, {}))
        for number, lane in enumerate(own):
            of_lane = lane_fields(base.model_copy(update={"lanes": (lane,)})) | changed
            given = of_lane if number else fields
            lanes.append(_lane(method, given, lane.model_dump(mode="json")))
    return lanes


def _lane(method: MethodName, fields: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    """A lane's data with those settings of the form that its method has; the rest as it was."""
    known = lane_classes()[method].model_fields
    lane = base | {"method": method} | {name: fields[name] for name in CHAIN if name in known}
    if "decoding" in known:
        lane["decoding"] = _decoding(fields, base)
    if "proposers" in known:
        lane |= _moa(fields, base)
    if "moa" in known:
        lane["moa"] = _moa(fields, base.get("moa", {}))
    return lane


def _moa(fields: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    if not fields["proposers"]:
        raise BadInput(say("error.plan_form.there_no_proposers_add"))
    old = base.get("proposers", [])
    proposers = []
    for i, (host, temperature, seed) in enumerate(fields["proposers"]):
        before = old[i] if i < len(old) else {}
        decoding = _decoding(fields, before) | {"temperature": temperature, "seed": seed}
        name = before.get("name") if before.get("host") == host else None
        proposers.append(before | {"host": host, "name": name, "decoding": decoding})
    aggregator = base.get("aggregator", {"role": "aggregator"})
    return base | {
        "method": "moa",
        "proposers": proposers,
        "layers": fields["moa_layers"],
        "aggregator": aggregator
        | {"host": fields["aggregator"], "decoding": _decoding(fields, aggregator)},
    }


def _decoding(fields: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    decoding: dict[str, Any] = base.get("decoding", {}) | {"max_tokens": fields["max_tokens"]}
    return decoding


def _default_moa(host: str) -> dict[str, Any]:
    drafts = [
        {"host": host, "decoding": {"temperature": t, "seed": i}}
        for i, t in enumerate((0.0, 0.8, 1.2))
    ]
    return {
        "proposers": drafts,
        "aggregator": {"host": host, "decoding": {"max_tokens": 64}},
        "layers": 1,
    }


# --- the command line
# ---------------------------------------------------------------------------------------------


def command_of(plan: Plan, preset: Plan | None, preset_name: str = "") -> str:
    """The command that runs the same plan from a terminal.

    Args:
        preset: the preset to start from; None for the default one with everything set.
    """
    settings = settings_between(preset, plan) if preset else {}
    parts = ["python", "-m", "lab", "run", *([preset_name] if preset_name else [])]
    for path, value in settings.items():
        parts += ["--set", f"{path}={json.dumps(value, ensure_ascii=False)}"]
    return " ".join(shlex.quote(part) for part in parts) + " --out runs/again"


def settings_between(before: Plan, after: Plan) -> dict[str, Any]:
    """Plain values by ``key.path`` that turn one plan into the other."""
    return _differences(before.model_dump(mode="json"), after.model_dump(mode="json"))


def _differences(before: Any, after: Any, path: str = "") -> dict[str, Any]:
    if before == after:
        return {}
    if isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys():
        return {
            where: value
            for key in after
            for where, value in _differences(
                before[key], after[key], f"{path}.{key}".lstrip(".")
            ).items()
        }
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return {
            where: value
            for i, (old, new) in pairs
            for where, value in _differences(old, new, f"{path}.{i}").items()
        }
    return {path: after}
