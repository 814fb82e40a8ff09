"""What a message carries is counted by hand: tokens, steps, bytes; and an operation that a channel
does not have is refused.
"""

from __future__ import annotations

import pytest
import torch

from lab.errors import BadInput
from lab.experiments.harness.batch import Batch
from lab.experiments.harness.packing import Message, Workshop, pack, vectors_of
from lab.experiments.transfer.conditions import Condition
from lab.experiments.transfer.relay_problems import Prompts, make_relays
from tests.experiments.tiny_worlds import hosts

HOSTS = hosts()
STEPS = 5
RELAYS, PROMPTS = make_relays(3, 0, (1, 2)), Prompts.pocket()
WIDTH, LAYERS, KV_HEADS, HEAD, FLOAT = 32, 3, 2, 8, 4


def packed(channel: str, *ops: dict[str, object], **more: object) -> tuple[Message, Batch]:
    work = Batch(RELAYS, PROMPTS, STEPS, STEPS, 0)
    condition = Condition(name="it", channel=channel, ops=ops, **more)
    base = HOSTS("base")
    return pack(condition, base, base, work, Workshop(HOSTS, 0)), work


def test_nothing_carries_nothing_and_the_receiver_has_read_its_own_prompt() -> None:
    message, _ = packed("none")
    assert (message.bytes, message.steps, message.tokens) == (0, 0, [0, 0, 0])
    assert message.prompts == [[], [], []]


def test_thoughts_are_one_vector_a_step() -> None:
    message, work = packed("latent")
    assert message.bytes == len(RELAYS) * STEPS * WIDTH * FLOAT
    assert (message.steps, message.tokens) == (STEPS, [0, 0, 0])
    assert message.prompts == work.ids(HOSTS("base"), "receiver")


def test_a_cache_is_the_keys_and_values_of_every_slot_or_of_the_part_that_is_handed_over() -> None:
    slot = 2 * LAYERS * KV_HEADS * HEAD * FLOAT
    whole, work = packed("kv")
    prompts = work.ids(HOSTS("base"), "sender")
    assert whole.bytes == slot * sum(len(ids) + STEPS for ids in prompts)
    assert packed("kv", part="latent")[0].bytes == slot * len(RELAYS) * STEPS
    assert packed("kv", part="prompt")[0].bytes == slot * sum(map(len, prompts))


def test_words_are_bytes_of_text_and_ids_four_bytes_each() -> None:
    text, ids = packed("text")[0], packed("ids")[0]
    assert text.tokens == ids.tokens and ids.bytes == 4 * sum(ids.tokens)
    assert text.bytes != ids.bytes and text.steps == 0


def test_another_problem_s_thoughts_are_those_of_the_row_that_was_drawn() -> None:
    base, shop = HOSTS("base"), Workshop(HOSTS, 0)
    work = Batch(RELAYS, PROMPTS, STEPS, STEPS, 0)
    condition = Condition(name="it", channel="latent", ops=({"op": "other_problem"},))
    thoughts = work.think(base, condition.think)
    assert torch.equal(
        vectors_of(condition, thoughts, base, work, shop), thoughts.fed[list(work.others)]
    )
    assert all(other != row for row, other in enumerate(work.others))


@pytest.mark.parametrize(
    ("channel", "op"), [("latent", {"op": "shift_layers", "by": 1}), ("kv", {"op": "undo_gauge"})]
)
def test_an_operation_of_the_other_channel_is_refused(channel: str, op: dict[str, object]) -> None:
    with pytest.raises(BadInput, match=str(op["op"])):
        packed(channel, op)


def test_chance_depends_on_seed_and_condition_and_on_nothing_before() -> None:
    shop = Workshop(HOSTS, 3)
    first = torch.rand(4, generator=shop.generator("noise"))
    assert torch.equal(first, torch.rand(4, generator=shop.generator("noise")))
    assert not torch.equal(first, torch.rand(4, generator=shop.generator("noise 2")))
    assert not torch.equal(first, torch.rand(4, generator=Workshop(HOSTS, 4).generator("noise")))
