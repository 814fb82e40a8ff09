"""The stage, live: what the receiver says with this hand-over, with the correct one, and with none.

One problem at once, with the lens on the thoughts before and after they cross; then the rates over
some more problems, because one example proves nothing. The same evaluator as the experiments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from pydantic import Field, ValidationError

from lab.engine.readout import nearest_words
from lab.errors import BadInput, LabError
from lab.experiments.failure import relay
from lab.experiments.harness import packing, registry
from lab.experiments.harness.batch import Batch
from lab.experiments.harness.evaluate import Evaluator
from lab.experiments.transfer.conditions import Condition
from lab.experiments.transfer.receiver import kl
from lab.experiments.transfer.relay_problems import Prompts, make_relays
from lab.models.host import Host
from lab.models.hosts import Hosts
from lab.models.spec import POCKET, parse_spec
from lab.plan import Strict
from lab.stats import wilson
from lab.words import first_mistake, say

LENS_STEPS = 40
WRITTEN = "relay-real"
"""The preset with problems for models that read English."""
RATE_PROBLEMS = 40
RATE_PARAMS = 50_000_000
"""Models larger than this answer one problem only, until a measurement is asked for."""
SHOWN = 3


class Ask(Strict):
    """What the stage is set to."""

    condition: Condition
    seed: int = 0
    depth: int = Field(2, ge=1, le=4)
    steps: int = Field(36, ge=0, le=200)


def read_ask(data: Mapping[str, Any]) -> Ask:
    """What a page sent.

    Raises:
        BadInput: where the stage cannot be set so.
    """
    try:
        return Ask.model_validate(data)
    except ValidationError as error:
        raise BadInput(
            say("error.break_run.stage_cannot_set_so", mistake=first_mistake(error))
        ) from error


@dataclass(frozen=True)
class _Said:
    text: str
    right: bool
    nll: float
    logprobs: torch.Tensor
    bytes: int


def written_relays(sender: str, receiver: str) -> relay.Settings | None:
    """The preset of short factual relays where a model is not of the pocket family, which reads its
    own world only."""
    if all(parse_spec(name).name.startswith(POCKET) for name in (sender, receiver)):
        return None
    settings = registry.load_settings(registry.find("relay"), preset=WRITTEN)
    assert isinstance(settings, relay.Settings)
    return settings


def _runner(ask: Ask, hosts: Hosts, n: int, depths: tuple[int, ...]) -> Evaluator:
    """The evaluator on ``n`` problems from number ``ask.seed`` on (fewer where not so many are
    written).

    A sender that is not there does not decide which problems the receiver gets.
    """
    sender, receiver = ask.condition.sender, ask.condition.receiver
    try:
        hosts(sender)
    except LabError:
        sender = receiver
    written = written_relays(sender, receiver)
    if written is None:
        relays, prompts, docs = make_relays(n, ask.seed, depths), Prompts.pocket(), None
    else:
        facts = written.by_hand
        start, most = ask.seed % len(facts), min(n, len(facts))
        relays = make_relays(most, 0, depths, (facts * 2)[start : start + most])
        others = (facts * 2)[start + most : start + len(facts)] or facts
        prompts, docs = written.spoken, relay.texts_of(others)
    return Evaluator(relays, prompts, hosts, ask.steps, ask.seed, n, docs)


def try_one(ask: Ask, hosts: Hosts) -> dict[str, Any]:
    """The three answers and the two lenses as JSON data; a refused hand-over becomes a sentence in
    its place."""
    runner = _runner(ask, hosts, 1, (ask.depth,))
    one = runner.relays[0]
    work = Batch(
        runner.relays,
        runner.prompts,
        ask.steps,
        max(ask.steps, ask.condition.think.steps or 0),
        ask.seed,
    )
    condition = ask.condition
    receiver = runner.host(condition.receiver)
    beside = _references(condition)
    correct, nothing = _say(runner, beside["correct"], work), _say(runner, beside["none"], work)
    out: dict[str, Any] = {
        "facts": one.facts,
        "question": one.question,
        "truth": one.truth,
        "thought": one.thought,
        "correct": _card(correct, correct),
        "none": _card(nothing, correct),
        "channel": condition.channel,
        "layers": {"receiver": receiver.n_layers},
        "receiver": condition.receiver,
        "sender": condition.sender,
    }
    try:
        sender = runner.host(condition.sender)
        out["layers"]["sender"] = sender.n_layers
        out["this"] = _card(_say(runner, condition, work), correct)
        out["lens"] = lens(runner, condition, sender, receiver, work)
    except LabError as error:
        out["this"] = {"refused": str(error)}
    return out


def rates(ask: Ask, hosts: Hosts, n: int = RATE_PROBLEMS) -> dict[str, dict[str, Any]]:
    """Right answers over ``n`` problems of all depths, for ``correct``, ``this`` and ``none``.

    Returns:
        per answer ``right``, ``n`` and the Wilson interval ``low`` to ``high``; a refused hand-over
        is left out, and nothing is measured on models of more than `RATE_PARAMS` parameters.
    """
    condition = ask.condition
    runner = _runner(ask, hosts, n, (1, 2, 3, 4))
    n = len(runner.relays)
    work = Batch(
        runner.relays,
        runner.prompts,
        ask.steps,
        max(ask.steps, condition.think.steps or 0),
        ask.seed,
    )
    out: dict[str, dict[str, Any]] = {}
    for key, one in {"this": condition, **_references(condition)}.items():
        try:
            sender, receiver = runner.host(one.sender), runner.host(one.receiver)
            if max(sender.n_params, receiver.n_params) > RATE_PARAMS:
                return {}
            reply = runner.deliver(one, sender, receiver, work)[1]
        except LabError:
            continue
        right = sum(
            r.is_right(receiver.text(said).strip())
            for r, said in zip(work.relays, reply.said, strict=True)
        )
        found = wilson(right, n)
        out[key] = {"right": right, "n": n, "low": found.low, "high": found.high}
    return out


def _references(condition: Condition) -> dict[str, Condition]:
    """What stands beside a hand-over: the correct one into the same receiver in the same channel,
    and none."""
    both: dict[str, Any] = {"sender": condition.receiver, "receiver": condition.receiver}
    channel = condition.channel if condition.channel in ("kv", "latent", "text") else "kv"
    return {
        "correct": Condition(name="right", channel=channel, **both),
        "none": Condition(name="none", channel="none", **both),
    }


def _say(runner: Evaluator, condition: Condition, work: Batch) -> _Said:
    sender, receiver = runner.host(condition.sender), runner.host(condition.receiver)
    message, reply = runner.deliver(condition, sender, receiver, work)
    text = receiver.text(reply.said[0]).strip()
    return _Said(
        text, work.relays[0].is_right(text), float(reply.nll[0]), reply.logprobs, message.bytes
    )


def _card(said: _Said, correct: _Said) -> dict[str, Any]:
    same = said.logprobs.shape == correct.logprobs.shape
    return {
        "answer": said.text,
        "right": said.right,
        "nll": said.nll,
        "bytes": said.bytes,
        "kl": float(kl(correct.logprobs, said.logprobs)[0]) if same else None,
    }


def lens(
    runner: Evaluator, condition: Condition, sender: Host, receiver: Host, work: Batch
) -> list[dict[str, Any]]:
    """Per latent step the sender's own word, and the receiver's input word that the handed vector
    is nearest to."""
    if condition.channel not in ("latent", "kv") or not work.steps:
        return []
    thoughts = work.think(sender, condition.think)
    logits = torch.softmax(sender.logits(thoughts.hidden[0]).float(), -1).topk(SHOWN, -1)
    near, cosine = (None, None)
    if condition.channel == "latent":  # through a cache no vector reaches the receiver's embedding
        handed = packing.vectors_of(condition, thoughts, receiver, work, runner.workshop)
        if handed.shape[-1] == receiver.d_model:
            near, cosine = nearest_words(receiver, handed[0], 1)
    rows = []
    for step in range(min(thoughts.steps, LENS_STEPS)):
        ids, values = logits.indices[step].tolist(), logits.values[step].tolist()
        row: dict[str, Any] = {"step": step + 1, "said": sender.token_text(ids[0]), "p": values[0]}
        if near is not None and cosine is not None:
            row |= {
                "read": receiver.token_text(int(near[step, 0])),
                "cosine": float(cosine[step, 0]),
            }
        rows.append(row)
    return rows
