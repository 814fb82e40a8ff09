"""Conditions of one experiment share what their models read: every answer as if each had read it
for itself, in fewer positions.
"""

from __future__ import annotations

import torch

from lab.experiments.harness.batch import Batch
from lab.experiments.harness.evaluate import Evaluator
from lab.experiments.transfer.conditions import Condition
from lab.experiments.transfer.receiver import Reply
from lab.experiments.transfer.relay_problems import Prompts, make_relays
from tests.experiments.tiny_worlds import hosts, tiny

RELAYS = make_relays(4, 0, (1, 2))
PROMPTS = Prompts.pocket()
NOISE = [{"op": "noise"}]
CONDITIONS = [
    Condition.model_validate({"sender": "base", "receiver": "base", **line})
    for line in (
        {"name": "text", "channel": "text"},
        {"name": "alone", "channel": "alone"},
        {"name": "method", "channel": "kv"},
        {"name": "vectors", "channel": "latent"},
        {"name": "random", "channel": "kv", "ops": NOISE},
        {"name": "random", "channel": "latent", "ops": NOISE},
        {"name": "nothing", "channel": "none"},
        {"name": "nothing again", "channel": "none"},
        {"name": "broken", "channel": "kv", "think": {"norm": "doubled"}},
        {"name": "inner", "channel": "kv", "think": {"layer": 1}},
    )
]


def batch() -> Batch:
    return Batch(RELAYS, PROMPTS, 4, 4, 0)


def answers(shared: bool) -> tuple[list[Reply], int]:
    """All replies, and the positions that the model worked out for them."""
    runner, host, one = Evaluator(RELAYS, PROMPTS, hosts(), 4), tiny(0), batch()
    before, out = host.positions_run, []
    for condition in CONDITIONS:
        work = one if shared else batch()
        out.append(runner.deliver(condition, host, host, work)[1])
    return out, host.positions_run - before


def width(which: str, facts: bool = True) -> int:
    """Positions that a batch of these prompts takes, padding included."""
    ids = batch().ids(tiny(0), which, facts)
    return len(ids) * max(map(len, ids))


def test_every_condition_answers_as_if_it_had_read_for_itself() -> None:
    apart, cost = answers(shared=False)
    together, less = answers(shared=True)
    for condition, one, other in zip(CONDITIONS, apart, together, strict=True):
        assert other.said == one.said, condition.name
        assert torch.equal(other.nll, one.nll), condition.name
    # the sender's prompt once for text, method, noise and the broken one (the inner
    # layer needs the states over its prompt and reads for itself); frames and the floor once for
    # two; thoughts of four steps once for four
    saved = 5 * width("sender") + width("sender", facts=False) + width("receiver") + 3 * 4 * 4
    assert cost - less == saved


def test_what_is_read_stays_as_it_was() -> None:
    work, host = batch(), tiny(0)
    ids = work.ids(host, "sender")
    first = work.read(host, ids)
    first.write("receiver", "latent", torch.zeros(4, 3, host.d_model))
    second, before = work.read(host, ids), host.positions_run
    assert host.positions_run == before
    assert second.kv_len == max(map(len, ids)) == first.kv_len - 3
