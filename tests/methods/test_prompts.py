"""Prompt sets are data: filling, tidying, and sentences for what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import BadInput
from lab.methods.prompts import load_prompts
from lab.worlds.pocket_prompts import pocket_prompts

QUESTION, FACTS = "How many coins are in the red box?", "The red box has 9 coins."


def test_the_lab_and_the_trainer_fill_the_pocket_prompts_alike() -> None:
    ours, theirs = load_prompts("pocket"), pocket_prompts()
    heard, drafts = [("planner", "red 9; Ned + 1"), ("critic", "right")], ["answer 3", "answer 4"]
    for role in ours.roles:
        for facts in (FACTS, ""):
            mine = ours.messages(role, QUESTION, facts, heard, drafts)
            assert mine == [
                {"role": "user", "content": theirs.user(role, QUESTION, facts, heard, drafts)}
            ]
            bare = ours.messages(role, QUESTION, facts)
            assert bare[0]["content"] == theirs.user(role, QUESTION, facts)


def test_chat_prompts_have_no_holes() -> None:
    chat = load_prompts("chat")
    assert set(pocket_prompts().users) <= set(chat.roles)
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
