"""The stage on one problem and on some: pocket models read their own world, other models the
written relays.
"""

from __future__ import annotations

import numpy as np
import pytest

from lab.errors import ModelUnavailable
from lab.experiments.failure import live
from lab.experiments.failure.live import Ask, rates, try_one, written_relays
from lab.experiments.harness import registry
from lab.experiments.harness.driver import run_experiment
from lab.models.host import Host
from tests.experiments.tiny_worlds import tiny


def hosts(name: str) -> Host:
    known = {"pocket-base": 0, "pocket-reseed": 1, "acme/tiny": 0, "acme/other": 1, "acme/wide": 2}
    if name not in known:
        raise ModelUnavailable(f"{name} is not here.")
    return tiny(2, 48, 4) if name == "acme/wide" else tiny(known[name])


def ask(
    channel: str = "kv", sender: str = "pocket-base", receiver: str = "pocket-base", **more: object
) -> Ask:
    condition = {"name": "this", "channel": channel, "sender": sender, "receiver": receiver, **more}
    return Ask.model_validate({"condition": condition, "seed": 3, "depth": 2, "steps": 5})


def test_an_unbroken_hand_over_is_the_correct_one_and_another_model_is_not() -> None:
    same, other = try_one(ask(), hosts), try_one(ask(sender="pocket-reseed"), hosts)
    assert same["this"]["kl"] == 0.0 and same["this"]["nll"] == same["correct"]["nll"]
    assert other["correct"] == same["correct"] and other["this"]["kl"] > 1e-3
    assert len(same["lens"]) == 5


def test_rates_carry_their_interval_and_equal_hand_overs_have_equal_rates() -> None:
    found = rates(ask(), hosts, n=12)
    assert found["correct"] == found["this"] and set(found) == {"correct", "this", "none"}
    assert all(
        one["n"] == 12 and one["low"] <= one["right"] / 12 <= one["high"] for one in found.values()
    )


def test_what_is_refused_has_no_rate_and_large_models_have_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = rates(ask("latent", sender="acme/wide", receiver="acme/tiny"), hosts, n=4)
    assert set(refused) == {"correct", "none"}
    monkeypatch.setattr(live, "RATE_PARAMS", 10)
    assert rates(ask(), hosts, n=4) == {}


def test_models_outside_the_family_get_written_relays_and_their_prompts() -> None:
    assert written_relays("pocket-gauge", "pocket-base~pocket-reseed@0.3") is None
    written = written_relays("acme/tiny", "pocket-base")
    assert written is not None and len(written.by_hand) >= 20
    shown = try_one(ask(sender="acme/other", receiver="acme/tiny"), hosts)
    fact = written.by_hand[3]
    assert (shown["facts"], shown["question"], shown["truth"]) == (
        fact.facts,
        fact.question,
        fact.truth,
    )
    found = rates(ask(sender="acme/other", receiver="acme/tiny"), hosts, n=999)
    assert found["this"]["n"] == len(written.by_hand)


def test_other_shapes_are_refused_in_a_sentence_and_the_projected_variant_runs() -> None:
    refused = try_one(ask("latent", sender="acme/wide", receiver="acme/tiny"), hosts)
    assert (
        "48 numbers each" in refused["this"]["refused"]
        and "projected" in refused["this"]["refused"]
    )
    projected = ask(
        "latent", sender="acme/wide", receiver="acme/tiny", ops=[{"op": "project", "how": "pad"}]
    )
    assert "answer" in try_one(projected, hosts)["this"]


def test_the_preset_for_real_models_runs_on_two_models_of_other_shapes() -> None:
    entry = registry.find("relay")
    both = {"sender": "acme/wide", "receiver": "acme/tiny"}
    settings = registry.load_settings(entry, {"n": 4, **both}, preset="relay-real")
    table = run_experiment(entry, settings, hosts)
    measured = set(zip(table.rows["condition"], table.rows["channel"], strict=True))
    assert {
        ("text", "text"),
        ("nothing", "none"),
        ("projected", "latent"),
        ("projected", "kv"),
    } <= measured
    assert (
        "cannot be fed" in table.meta["refused"]["vectors/latent"]
        and "method/kv" in table.meta["refused"]
    )
    assert np.isfinite(table.rows["nll"].astype(float)).all()
