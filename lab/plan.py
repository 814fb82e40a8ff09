"""What will be run, as data: the question, the lanes, the agents, the seeds. The page, the command
line and the tests make the same plans, and a record keeps the plan it came from, so every run can
be repeated.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from lab.errors import BadInput
from lab.words import first_mistake, say

Alignment = Literal["auto", "identity", "ridge", "softmax"]
CachePolicy = Literal["keep_all", "last_agent", "latent_only"]
Topology = Literal["sequential", "hierarchical", "compat"]
MAX_LATENT_STEPS = 200


class Strict(BaseModel):
    """Base of all plan data: unknown keys are refused, values are fixed once made."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Decoding(Strict):
    """How an agent turns logits into words."""

    max_tokens: int = Field(64, ge=1, le=8192)
    temperature: float = Field(0.0, ge=0.0, le=5.0)
    """0 is greedy."""
    top_p: float = Field(1.0, gt=0.0, le=1.0)
    seed: int = 0
    stop: tuple[str, ...] = ()


class PlanProblem(Strict):
    """A question with its facts; for the worlds of the pocket models also the truth."""

    question: str = Field(min_length=1)
    facts: str = ""
    truth: str | None = None
    world: str | None = None
    """``ledger``, ``almanac`` or None for free text."""
    seed: int | None = None
    depth: int | None = None
    facts_for: Literal["everyone", "first"] = "everyone"
    """``first`` is the relay: only the first agent sees the facts."""


class ProblemSpec(Strict):
    """A problem to be made by a world's generator."""

    world: Literal["ledger", "almanac"]
    seed: int = 0
    depth: int | None = Field(None, ge=1, le=6)
    """Ledger: 1 to 4 events. Almanac: 1 attribute, or 6 for everything about a person."""
    distractors: int | None = Field(None, ge=0, le=6)
    facts_for: Literal["everyone", "first"] = "everyone"


def _problem_kind(value: Any) -> str:
    """A problem has a question; without one it is a spec for a generator."""
    given = value if isinstance(value, dict) else getattr(value, "__dict__", {})
    return "problem" if "question" in given else "spec"


AnyProblem = Annotated[
    Annotated[PlanProblem, Tag("problem")] | Annotated[ProblemSpec, Tag("spec")],
    Discriminator(_problem_kind),
]


class AnyLane(Strict):
    """Base of the methods' settings."""

    @property
    def is_control(self) -> bool:
        """Whether something is broken, or left out, on purpose."""
        return False


class SingleLane(AnyLane):
    method: Literal["single"] = "single"
    title: str = "Single agent"
    host: str = "pocket-base"
    role: str = "solo"
    decoding: Decoding = Decoding()


class TextMASLane(AnyLane):
    method: Literal["textmas"] = "textmas"
    title: str = "TextMAS"
    host: str = "pocket-base"
    agents: tuple[str, ...] = ("planner", "refiner", "judger")
    decoding: Decoding = Decoding()


class LatentMASLane(AnyLane):
    method: Literal["latentmas"] = "latentmas"
    title: str = "LatentMAS"
    host: str = "pocket-base"
    agents: tuple[str, ...] = ("planner", "refiner", "judger")
    """All but the last think in latents; the last one speaks."""
    topology: Topology = "sequential"
    """``hierarchical``: a true fan-in (separate caches, re-rotated and concatenated). ``compat``:
    the official code's hierarchical setting, which is the sequential chain with other prompts."""
    steps: int = Field(30, ge=0, le=MAX_LATENT_STEPS)
    layer: int = -1
    """Hidden state fed back: -1 is the last layer after the final norm."""
    alignment: Alignment = "auto"
    """``auto``: identity where input and output embeddings are tied, the ridge map ``W_a`` where
    they are not."""
    cache: CachePolicy = "keep_all"
    sender: str = ""
    """Model of all agents that think, where it is not the last one's own: a control, whose cache is
    read by a model that did not write it. Empty: ``host``."""
    hand_over: Literal["real", "nothing"] = "real"
    """``nothing``: a control; all think as ever, and the last agent gets none of it."""
    decoding: Decoding = Decoding()

    @property
    def is_control(self) -> bool:
        """Whether the hand-over is broken on purpose."""
        return self.hand_over != "real" or self.sender not in ("", self.host)


class Proposer(Strict):
    host: str = "pocket-base"
    name: str | None = None
    role: str = "proposer"
    decoding: Decoding = Decoding()


class MoALane(AnyLane):
    method: Literal["moa"] = "moa"
    title: str = "Mixture-of-Agents"
    proposers: tuple[Proposer, ...] = Field(
        (Proposer(), Proposer(), Proposer()), min_length=1, max_length=12
    )
    layers: int = Field(1, ge=1, le=3)
    """Layers of proposers before the aggregator; from the second on each reads all drafts of the
    one before."""
    aggregator: Proposer = Proposer(role="aggregator")


class GatedLane(AnyLane):
    """Single if certain, else MoA, then verify by rule."""

    method: Literal["gated"] = "gated"
    title: str = "Gate: single, else MoA"
    host: str = "pocket-base"
    role: str = "solo"
    decoding: Decoding = Decoding()
    threshold: float = Field(0.9, ge=0.0, le=1.0)
    """Lowest geometric-mean token probability at which the single answer is kept; 0 is single, 1 is
    MoA."""
    moa: MoALane = MoALane()


class RoutedLane(AnyLane):
    """Not everybody is asked: a router that knows past questions picks k of a mixture's n
    proposers."""

    method: Literal["routed"] = "routed"
    title: str = "Routed MoA"
    moa: MoALane = MoALane()
    """The proposers to choose from, and who reads those that were asked."""
    k: int = Field(2, ge=1, le=12)
    """How many are asked, where the router or the lot chooses."""
    ask: Literal["router", "random", "chosen"] = "router"
    """``random`` is a control, any k by lot; ``chosen``: those named by hand."""
    chosen: tuple[int, ...] = ()
    """Numbers of the proposers to ask, from 1; only for ``chosen``."""
    least: float = Field(0.0, ge=0.0, le=1.0)
    """Of the k, only those are asked that the router thinks right with at least this chance."""

    @property
    def is_control(self) -> bool:
        """Whether nobody looks at the question to choose."""
        return self.ask == "random"


class HybridLane(AnyLane):
    """Proposers that think in latents, each on its own model; one speaks on their joined caches."""

    method: Literal["hybrid"] = "hybrid"
    title: str = "KV-MoA"
    thinkers: tuple[str, ...] = Field(
        ("pocket-scholar-1", "pocket-scholar-2", "pocket-scholar-3"), min_length=1, max_length=12
    )
    """The models that think, one agent each."""
    host: str = "pocket-base"
    """The model of the one that speaks; it reads the others' caches as they are."""
    role: str = "solver"
    """Of those that think."""
    speaker: str = "judger"
    """Role of the one that speaks."""
    steps: int = Field(36, ge=0, le=MAX_LATENT_STEPS)
    layer: int = -1
    alignment: Alignment = "auto"
    decoding: Decoding = Decoding()


LanePlan = Annotated[
    SingleLane | TextMASLane | LatentMASLane | MoALane | GatedLane | RoutedLane | HybridLane,
    Field(discriminator="method"),
]
MethodName = Literal["single", "textmas", "latentmas", "moa", "gated", "routed", "hybrid"]
"""Those of `LanePlan`. Whatever depends on the method matches all of them, or all classes, so that
mypy names every place that a new one is missing in."""
ThinkingLane = LatentMASLane | HybridLane
"""The methods with agents that think in latents."""


def lane_classes() -> dict[MethodName, type[AnyLane]]:
    """The methods by name: the class of each one's settings, in the order of the page."""
    union = get_args(get_args(LanePlan)[0])
    return {lane.model_fields["method"].default: lane for lane in union}


def method_named(name: str) -> MethodName | None:
    """A method by its name in a record; None for one that this version does not have."""
    return next((method for method in lane_classes() if method == name), None)


class CapturePlan(Strict):
    """Which vectors are kept. What the budget leaves out is written into the record."""

    layers: Literal["all", "last", "none"] | tuple[int, ...] = "all"
    kinds: tuple[Literal["prompt", "latent", "token"], ...] = ("prompt", "latent", "token")
    budget_mb: float = Field(64.0, gt=0)
    top_k: int = Field(10, ge=1, le=50)


class Plan(Strict):
    """Everything that a run depends on."""

    name: str = "run"
    title: str = ""
    about: str = ""
    problem: AnyProblem
    lanes: tuple[LanePlan, ...] = Field(min_length=1, max_length=6)
    prompts: str = "pocket"
    """Name of a prompt set in ``presets/prompts``."""
    schedule: Literal["interleaved", "alone"] = "interleaved"
    capture: CapturePlan = CapturePlan()
    seed: int = 0


def plan_from_dict(data: dict[str, Any], source: str = "plan") -> Plan:
    """Validate plain data into a `Plan`.

    Raises:
        BadInput: one sentence that names the first wrong key, what was expected and what was found.
    """
    try:
        return Plan.model_validate(data)
    except ValidationError as error:
        raise BadInput(
            say("error.plan.correct_entry_try_again", source=source, mistake=first_mistake(error))
        ) from error


def with_overrides(plan: Plan, settings: list[str]) -> Plan:
    """A copy of the plan with ``key.path=value`` settings applied (values are YAML; list entries by
    index or title).

    Raises:
        BadInput: for a setting without ``=``, an unknown path or a value that does not fit.
    """
    import yaml

    data = plan.model_dump(mode="json")
    for setting in settings:
        path, sep, raw = setting.partition("=")
        if not sep:
            raise BadInput(say("error.plan.setting_key_value_no", setting=setting))
        _assign(data, path.strip().split("."), yaml.safe_load(raw), setting)
    return plan_from_dict(data, source="--set")


def _assign(data: Any, path: list[str], value: Any, setting: str) -> None:
    node = data
    for part in path[:-1]:
        node = _child(node, part, setting)
    last = path[-1]
    if isinstance(node, list):
        node[_index(node, last, setting)] = value
    elif isinstance(node, dict):
        node[last] = value
    else:
        raise BadInput(
            say("error.plan.setting_holds_plain_value", setting=setting, path=path[-2], last=last)
        )


def _child(node: Any, part: str, setting: str) -> Any:
    if isinstance(node, list):
        return node[_index(node, part, setting)]
    if isinstance(node, dict) and isinstance(node.get(part), (dict, list)):
        return node[part]
    known = ", ".join(node) if isinstance(node, dict) else "none"
    raise BadInput(
        say("error.plan.setting_unknown_key_correct", setting=setting, part=part, known=known)
    )


def _index(node: list[Any], part: str, setting: str) -> int:
    for i, item in enumerate(node):
        if isinstance(item, dict) and part in (
            item.get("method"),
            item.get("name"),
            item.get("title"),
        ):
            return i
    if part.isdigit() and int(part) < len(node):
        return int(part)
    raise BadInput(
        say("error.plan.setting_no_list_entry", setting=setting, part=part, value=len(node) - 1)
    )
