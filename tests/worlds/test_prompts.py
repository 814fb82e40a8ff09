"""Prompt sets are data: filling, tidying, and sentences for what is wrong."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.errors import BadInput
from lab.experiments.transfer.relay_problems import Prompts, make_relays
from lab.worlds import make_problems
from lab.worlds.prompts import load_prompts, pocket_prompts

QUESTION, FACTS = "How many coins are in the red box?", "The red box has 9 coins."


TRAINED_ON = "df73508451dfd5eca154c7db07b1bc8032d653454792e2df0e690d3c440144ee"
"""Digest of the texts below as the reader wrote them with which the shipped models were trained."""


def _texts() -> Iterator[str]:
    """Every role's prompt for 200 problems of each world: bare, in a relay, with words and drafts
    heard."""
    prompts = pocket_prompts()
    for world in ("ledger", "almanac"):
        for p in make_problems(world, 200, seed=0):
            heard = [("planner", p.plan or p.thought), ("critic", "right")]
            drafts = [f"Sure: {p.answer}", p.answer, "{facts} {0}"]
            for role in sorted(prompts.roles):
                yield prompts.user(role, p.question)
                yield prompts.user(role, p.question, p.facts)
                yield prompts.user(role, p.question, p.facts, heard[:1], drafts[:1])
                yield prompts.user(role, p.question, "", heard, drafts)


def test_prompts_are_to_the_letter_those_of_the_training() -> None:
    texts = list(_texts())
    assert len(texts) == 2 * 200 * 9 * 4
    assert hashlib.sha256("\n".join(texts).encode()).hexdigest() == TRAINED_ON
    assert hashlib.sha256(
        "\n".join(texts).replace("Draft 1:", "draft 1:").encode()
    ).hexdigest() != (TRAINED_ON)


def test_pocket_prompts_by_hand() -> None:
    prompts = pocket_prompts()
    heard = [("planner", "red 9; Ned + 1"), ("critic", "right")]
    assert prompts.user("planner", QUESTION, FACTS) == f"Plan. {QUESTION} {FACTS}"
    assert prompts.user("judger", QUESTION, heard=heard) == (
        f"Judge. {QUESTION} planner: red 9; Ned + 1 critic: right"
    )
    assert prompts.user("aggregator", QUESTION, drafts=["3.", " 4. "]) == (
        f"{QUESTION} Draft 1: 3. Draft 2: 4. Give one answer."
    )
    assert prompts.user("proposer", QUESTION) == QUESTION
    assert prompts.roles["judger"].speaks == "answer" and prompts.roles["solo"].speaks == "thought"
    assert prompts.chains["3"] == ("planner", "refiner", "judger")


def test_confidence_words_at_the_mark() -> None:
    prompts = pocket_prompts()
    assert prompts.confidence.threshold == 0.7
    assert prompts.marked("Yes.", 0.7) == "Sure: Yes."
    assert prompts.marked("Yes.", 0.699) == prompts.marked("Yes.", math.nan) == "Guess: Yes."


def test_the_relay_asks_sender_and_receiver_as_the_roles_are_asked() -> None:
    ours, relays, prompts = Prompts.pocket(), make_relays(40, 0, (1, 2, 3, 4)), pocket_prompts()
    for relay in relays:
        q, facts, said = relay.question, relay.facts, relay.thought
        assert ours.text("sender", relay) == prompts.user("solver", q, facts)
        assert ours.text("sender", relay, facts=False) == prompts.user("solver", q)
        assert ours.text("receiver", relay) == prompts.user("judger", q)
        heard = prompts.user("judger", q, heard=[("solver", said)])
        assert ours.text("receiver_text", relay, said) == heard
        assert ours.text("alone", relay) == prompts.user("solo_at_once", q, facts)
        assert ours.text("solo", relay) == prompts.user("solo", q, facts)


def test_chat_prompts_have_no_holes() -> None:
    chat = load_prompts("chat")
    assert set(pocket_prompts().roles) <= set(chat.roles)
    for role in chat.roles:
        for message in chat.messages(role, QUESTION):
            assert "\n\n\n" not in message["content"] and "{" not in message["content"]
        assert any(QUESTION in m["content"] for m in chat.messages(role, QUESTION, FACTS))


def test_braces_in_a_question_stay() -> None:
    text = load_prompts("pocket").messages("solo", "What is {facts} in {0}?", "F.")[0]["content"]
    assert "What is {facts} in {0}?" in text and "F." in text.replace("{facts}", "")


def test_sentences(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Unknown prompt set 'nobody': expected one of chat, pocket"):
        load_prompts("nobody")
    (tmp_path / "odd.yaml").write_text("name: odd\nroles: {}\ncolour: red\n")
    with pytest.raises(BadInput, match=r"odd\.yaml: colour: Extra inputs"):
        load_prompts("odd", tmp_path)
    with pytest.raises(BadInput, match="no role 'poet'"):
        load_prompts("pocket").messages("poet", "?")
