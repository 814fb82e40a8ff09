"""What is thought aloud is parted from the answer, in one text and in pieces of it."""

from __future__ import annotations

import pytest

from lab.models.thinking import Parted, ThinkSplitter, parted


@pytest.mark.parametrize(
    ("text", "answer", "thinking"),
    [
        ("<think>hm</think>six", "six", "hm"),
        ("<think>\nhm\n</think>\n\nsix\n", "six", "hm"),
        ("hm</think>six", "six", "hm"),
        ("one <think>hm</think>two", "one two", "hm"),
        ("<think>never done", "", "never done"),
        (" six ", " six ", ""),
        ("a < b and <thin", "a < b and <thin", ""),
        ("<think></think>six", "six", ""),
        ("", "", ""),
    ],
)
def test_a_whole_text(text: str, answer: str, thinking: str) -> None:
    assert parted(text) == Parted(answer, thinking)


def test_cut_anywhere_it_is_the_same() -> None:
    text = "a<think>hm < b</think>six"
    for i in range(len(text)):
        for j in range(i, len(text)):
            splitter = ThinkSplitter()
            pieces = [p for part in (text[:i], text[i:j], text[j:]) for p in splitter.feed(part)]
            pieces += splitter.rest()
            said = "".join(part for part, thinking in pieces if not thinking)
            thought = "".join(part for part, thinking in pieces if thinking)
            assert (said, thought) == ("asix", "hm < b")
