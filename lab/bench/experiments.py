"""The failure lab: how long its experiments take, and how much batching brings over one hand-over
at a time.

“One at a time” is what a person does who presses Hand over on the page again and again: one
problem, one condition, nothing shared with the run before; for the heat-map it is the plain Hugging
Face loop, which decodes the reply of every cell token by token. The milder comparisons stand beside
it: the lab's own single pass per cell, and problems one by one with everything about a problem
shared among its conditions.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import torch
from transformers import DynamicCache

from lab.bench.result import Measurement, at_least, at_most
from lab.experiments.failure import layers, relay
from lab.experiments.harness import registry
from lab.experiments.harness.batch import Batch
from lab.experiments.harness.driver import run_experiment
from lab.experiments.interventions.vectors import replaced_input
from lab.experiments.transfer.relay_problems import make_relays
from lab.models.pool import HostPool

SINGLES = 4
"""Problems that are run one by one, to be compared with the batch."""


def measure() -> Iterator[Measurement]:
    """The relay with all its controls and the heat-map, batched and one by one, on warm models."""
    pool = HostPool()
    pool.get("pocket-base")
    for name, n, what, alone, note in (
        (
            "relay",
            200,
            "relay with all controls, N = 200",
            _handovers_alone,
            "every condition by itself",
        ),
        (
            "layers",
            50,
            "layer heat-map, N = 50 per cell",
            _cells_decoded,
            "every cell decoded by transformers",
        ),
    ):
        _seconds(pool, name, {"n": 2})
        batched, conditions = _seconds(pool, name, {"n": n})
        yield at_most(what, batched, 60, "s", f"{conditions} conditions")
        ratio = alone(pool) / (batched / n)
        yield at_least(f"{name}: throughput against one at a time", ratio, 10, "×", note)
        if name == "layers":
            one_pass = _cells_alone(pool) / (batched / n)
            yield Measurement(
                "layers: against one pass per cell",
                one_pass,
                "×",
                note="the lab's own, one problem",
            )
        shared = (
            sum(_seconds(pool, name, {"n": 1, "seed": seed})[0] for seed in range(SINGLES))
            / SINGLES
        )
        yield Measurement(
            f"{name}: against one problem at a time, thoughts shared",
            shared / (batched / n),
            "×",
            note=f"{SINGLES} problems one by one",
        )


def _seconds(pool: HostPool, name: str, overrides: dict[str, Any]) -> tuple[float, int]:
    entry = registry.find(name)
    began = time.perf_counter()
    table = run_experiment(entry, registry.load_settings(entry, overrides), pool.get)
    return time.perf_counter() - began, len(table.meta["finished"])


def _handovers_alone(pool: HostPool) -> float:
    """Seconds per problem when every condition of the relay is run by itself."""
    settings = registry.load_settings(registry.find("relay"), {"n": SINGLES})
    assert isinstance(settings, relay.Settings)
    runner = relay.evaluator(settings, pool.get)
    began = time.perf_counter()
    for one in runner.relays:
        for condition in settings.resolved():
            steps = settings.steps if condition.think.steps is None else condition.think.steps
            runner.rows(
                condition,
                Batch([one], runner.prompts, settings.steps, steps, settings.seed, deep=False),
            )
    return (time.perf_counter() - began) / SINGLES


@torch.no_grad()
def _cells_decoded(pool: HostPool) -> float:
    """Seconds per problem when the reply of every cell is decoded by transformers, token by token
    (one problem)."""
    host = pool.get("pocket-base")
    texts = layers.spell(host, make_relays(1, 0, (2,)))
    longest = texts.longest
    began = time.perf_counter()
    for read in range(host.n_layers + 1):
        for write in range(host.n_layers + 1):
            new, theirs, own = texts.ids[:, : 1 - longest], DynamicCache(), DynamicCache()
            for _ in range(longest):
                out = host.backbone(
                    input_ids=new, past_key_values=theirs, output_hidden_states=True
                )
                last = out.hidden_states[read]
                if write < host.n_layers:
                    with replaced_input(host, write, last):
                        last = host.backbone(input_ids=new, past_key_values=own).last_hidden_state
                new = host.logits(last[:, -1:]).argmax(-1)
                if int(new) in host.eos_ids:
                    break
    return time.perf_counter() - began


def _cells_alone(pool: HostPool) -> float:
    """Seconds per problem when every cell of the heat-map is run by itself."""
    host = pool.get("pocket-base")
    began = time.perf_counter()
    for one in make_relays(SINGLES, 0, (1, 2, 3, 4)):
        for read in range(host.n_layers + 1):
            for write in range(host.n_layers + 1):
                texts = layers.spell(host, [one])
                states = layers.all_states(host, texts)
                right = layers.said(host, texts, states[-1])
                here = layers.said(host, texts, layers.continued(host, texts, states[read], write))
                layers.rows([one], texts, right, here, read, write)
    return (time.perf_counter() - began) / SINGLES
