"""Hand-overs whose outcome is known exactly, and their wrong variants, which must not be."""

from __future__ import annotations

import pytest
import torch

from lab.engine.fast import fast_backbone
from lab.errors import SpaceMismatch
from lab.experiments.failure import layers
from lab.experiments.harness.batch import Batch
from lab.experiments.harness.evaluate import Evaluator
from lab.experiments.interventions import caches
from lab.experiments.transfer.conditions import Condition
from lab.experiments.transfer.receiver import Reply, kl
from lab.experiments.transfer.relay_problems import Prompts, make_relays
from tests.experiments.tiny_worlds import hosts, tiny

HOSTS = hosts()
RELAYS = make_relays(6, 0, (1, 2, 3))
PROMPTS = Prompts.pocket()


def reply(channel: str, sender: str = "base", receiver: str = "base", **more: object) -> Reply:
    runner = Evaluator(RELAYS, PROMPTS, HOSTS, steps=7)
    work = Batch(RELAYS, PROMPTS, 7, 7, 0)
    condition = Condition(name="it", channel=channel, sender=sender, receiver=receiver, **more)
    return runner.deliver(condition, HOSTS(sender), HOSTS(receiver), work)[1]


def far(a: Reply, b: Reply) -> float:
    return float(kl(a.logprobs, b.logprobs).max())


def test_a_cache_turned_to_other_positions_is_the_same_and_unturned_is_not() -> None:
    right = reply("kv")
    assert (
        far(right, reply("kv", ops=[{"op": "shift_positions", "by": 50, "rerotate": True}])) < 1e-4
    )
    assert far(right, reply("kv", ops=[{"op": "shift_positions", "by": 50}])) > 1e-2


def test_cropping_must_carry_positions() -> None:
    keep = {"op": "crop", "keep": "nearest", "share": 0.5}
    assert far(reply("kv", ops=[keep]), reply("kv", ops=[{**keep, "carry": False}])) > 1e-3
    everything = {"op": "crop", "keep": "nearest", "share": 1.0}
    assert far(reply("kv"), reply("kv", ops=[everything])) < 1e-9


def test_the_gauge_twin_shares_its_cache_and_not_its_states() -> None:
    think = {"alignment": "gauge"}
    assert far(reply("kv"), reply("kv", sender="gauge", think=think)) < 1e-4
    right, twin = reply("latent"), reply("latent", sender="gauge", think=think)
    assert far(right, twin) > 1e-2
    assert (
        far(right, reply("latent", sender="gauge", think=think, ops=[{"op": "undo_gauge"}])) < 1e-4
    )


def test_procrustes_finds_the_gauge_twins_rotation() -> None:
    mapped = [{"op": "map", "kind": "procrustes", "pairs": 3000}]
    right = reply("latent")
    repaired = far(right, reply("latent", sender="gauge", think={"alignment": "gauge"}, ops=mapped))
    assert repaired < 0.1 * far(
        right, reply("latent", sender="gauge", think={"alignment": "gauge"})
    )


def test_renamed_ids_fail_and_their_renaming_repairs_them_exactly() -> None:
    right = reply("text", sender="vocab")
    assert far(right, reply("ids", sender="vocab")) > 1e-3
    assert far(right, reply("ids", sender="vocab", ops=[{"op": "undo_vocab"}])) == 0.0
    assert far(reply("kv"), reply("kv", sender="vocab")) < 1e-5  # states and caches know no ids


def test_alpha_zero_is_the_correct_hand_over_and_another_seed_is_not() -> None:
    assert far(reply("kv"), reply("kv", sender="base", receiver="base")) == 0.0
    for channel in ("kv", "latent"):
        assert far(reply(channel), reply(channel, sender="other")) > 1e-2


def test_shapes_refuse_and_say_which_step_is_impossible() -> None:
    with pytest.raises(SpaceMismatch, match="48 numbers each"):
        reply("latent", sender="wide")
    with pytest.raises(SpaceMismatch, match="does not fit"):
        reply("kv", sender="wide")
    for channel in ("latent", "kv"):
        assert torch.isfinite(
            reply(channel, sender="wide", ops=[{"op": "project", "how": "pad"}]).nll
        ).all()


def test_norms_and_layers_matter() -> None:
    for ops in (
        [{"op": "norm", "how": "skipped"}],
        [{"op": "norm", "how": "doubled"}],
        [{"op": "norm", "how": "scaled", "amount": 3}],
        [{"op": "layer", "read": 1}],
        [{"op": "shuffle_steps"}],
    ):
        assert far(reply("latent"), reply("latent", ops=ops)) > 1e-5
    assert (
        far(reply("latent"), reply("latent", ops=[{"op": "layer", "read": -1, "write": 0}])) == 0.0
    )
    for by in (1, 2):
        assert far(reply("kv"), reply("kv", ops=[{"op": "shift_layers", "by": by}])) > 1e-3
    assert (
        far(reply("kv"), reply("kv", ops=[{"op": "shift_layers", "by": 3}])) == 0.0
    )  # three layers: all the way round


def test_shuffled_steps_keep_their_place_in_time_only_when_keys_turn() -> None:
    work = Batch(RELAYS, PROMPTS, 5, 5, 0)
    thoughts = work.think(tiny(0), Condition(name="x", channel="kv").think)
    moved = caches.shuffle_steps(
        thoughts.memory, thoughts.prompt_columns, torch.Generator().manual_seed(0)
    )
    back = caches.shift_positions(caches.shift_positions(moved, 9, True), -9, True)
    assert torch.allclose(moved.cache.pairs()[0][0], back.cache.pairs()[0][0], atol=1e-5)
    assert torch.equal(moved.positions, thoughts.memory.positions)
    assert not torch.equal(moved.cache.pairs()[0][1], thoughts.memory.cache.pairs()[0][1])


@pytest.mark.parametrize("way", ["fast", "transformers"])
def test_layer_k_into_layer_k_is_the_same_to_the_bit(way: str) -> None:
    host = tiny.__wrapped__(0)
    assert fast_backbone(host) is not None
    if way == "transformers":
        host.fast = False
    texts = layers.spell(host, RELAYS)
    states = layers.all_states(host, texts)
    for k in range(host.n_layers + 1):
        assert torch.equal(layers.continued(host, texts, states[k], k), states[-1])
    for k, wrong in ((1, 2), (2, 1), (0, 3), (2, 3)):
        other = layers.continued(host, texts, states[k], wrong)
        assert not torch.allclose(host.logits(other), host.logits(states[-1]), atol=1e-2)


def test_both_ways_through_the_model_give_the_same_states() -> None:
    fast, slow = tiny.__wrapped__(0), tiny.__wrapped__(0)
    slow.fast = False
    texts = layers.spell(fast, RELAYS)
    real = (
        torch.arange(texts.ids.shape[1])[None]
        >= texts.ids.shape[1] - torch.tensor(texts.lengths)[:, None]
    )
    for ours, theirs in zip(
        layers.all_states(fast, texts), layers.all_states(slow, texts), strict=True
    ):
        assert torch.allclose(ours[real], theirs[real], atol=1e-4)


def test_the_heat_map_scores_what_greedy_decoding_says() -> None:
    host = tiny(0)
    texts = layers.spell(host, RELAYS)
    logits = host.logits(layers.all_states(host, texts)[-1])
    for row, relay in enumerate(RELAYS):
        ids = PROMPTS.ids(host, "solo", relay)
        width = texts.ids.shape[1]
        start = width - texts.lengths[row] + len(ids) - 1
        assert int(logits[row, start].argmax()) == int(
            host.model(torch.tensor([ids])).logits[0, -1].argmax()
        )
        assert bool(texts.reply[row, start]) and not bool(texts.reply[row, start - 1])
    assert texts.answer.sum(1).tolist() == [2] * len(RELAYS)
