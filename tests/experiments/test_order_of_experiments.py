"""No result depends on what the shared hosts did before: experiments in two orders, every number
compared.
"""

from __future__ import annotations

import math

from lab.engine.rollout import generate_latent
from lab.experiments.failure import relay
from lab.experiments.failure.usability import Settings as Usability
from lab.experiments.harness.driver import run_experiment
from lab.experiments.harness.packing import Workshop
from lab.experiments.harness.registry import find
from lab.experiments.transfer.conditions import Fitted
from lab.experiments.transfer.states import ledger_docs
from lab.models.host import Host, make_host
from lab.models.twins import make_twin
from tests.engine.tiny_models import prompts_of
from tests.experiments.tiny_worlds import tiny

MAP = {"op": "map", "kind": "procrustes", "pairs": 300}
RELAY = relay.Settings(
    sender="gauge",
    receiver="base",
    n=4,
    steps=3,
    batch=2,
    conditions=[
        {"name": "same", "channel": "kv", "sender": "base"},
        {"name": "twin", "channels": ["latent", "kv"]},
        {"name": "undone", "channel": "latent", "ops": [{"op": "undo_gauge"}]},
        {"name": "top word", "channel": "kv", "think": {"alignment": "top_word"}},
    ],
)
USABILITY = Usability(
    senders=("base", "gauge"), receiver="base", n=4, steps=3, batch=2, groups=2, texts=5
)


def fresh_pool() -> dict[str, Host]:
    """Hosts that nobody has used yet."""
    base = tiny.__wrapped__(0)
    model, tokenizer, facts = make_twin("gauge", base.model, base.tokenizer)
    return {"base": base, "gauge": make_host("tiny:gauge", model, tokenizer, "g", twin=facts)}


def numbers_of(name: str, pool: dict[str, Host]) -> object:
    """Everything that one piece of work gives, without times."""
    if name == "rollout":  # as the first tab thinks
        return generate_latent(pool["gauge"], prompts_of([5, 9]), 3).fed.tolist()
    settings = {"relay": RELAY, "geometry": USABILITY}[name]
    table = run_experiment(find(name), settings, pool.__getitem__)
    assert table.meta["status"] == "finished" and not table.meta.get("refused")
    kept = table.rows.drop(columns="ms", errors="ignore").to_dict("records")
    assert len(kept) > 10
    return kept


def same(a: object, b: object) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (math.isnan(a) and math.isnan(b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def test_the_order_of_experiments_changes_no_number() -> None:
    names, there, back = ("relay", "geometry", "rollout"), fresh_pool(), fresh_pool()
    forward = {name: numbers_of(name, there) for name in names}
    backward = {name: numbers_of(name, back) for name in reversed(names)}
    for name in names:
        assert same(forward[name], backward[name]), name


def test_maps_fitted_on_other_texts_are_other_maps() -> None:
    def latents(texts: list[tuple[str, str]], pool: dict[str, Host]) -> object:
        shop = Workshop(pool.__getitem__, 0, texts)
        return shop.bridge(Fitted(**MAP), pool["gauge"], pool["base"], cache=False)

    pool, here, there = fresh_pool(), ledger_docs(4, 0), ledger_docs(4, 90)
    first, second = latents(here, pool), latents(there, pool)
    assert first is not second and latents(here, pool) is first
