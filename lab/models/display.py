"""The one place that decides how a token is written for people."""

from __future__ import annotations

import unicodedata
from typing import Any

_NAMED = {"\n": "⏎", "\t": "⇥", "\r": "␍"}


def visible(text: str) -> str:
    """Text in which control and direction characters are replaced by visible signs; spaces stay."""
    return "".join(_visible_char(char) for char in text)


def _visible_char(char: str) -> str:
    if char in _NAMED:
        return _NAMED[char]
    if ord(char) < 32:
        return chr(0x2400 + ord(char))
    if unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp"):
        return f"⟨{ord(char):04X}⟩"
    return char


def token_text(tokenizer: Any, token_id: int) -> str:
    """How one token is written: a leading space is kept, a lone byte or an unknown id is
    bracketed.

    Args:
        tokenizer: of transformers.
        token_id: need not be in the vocabulary.
    """
    piece = tokenizer.convert_ids_to_tokens(int(token_id))
    if piece is None:
        return f"⟨{token_id}⟩"
    if token_id in tokenizer.all_special_ids:
        return str(piece)
    if piece.startswith("▁"):
        return visible(piece.replace("▁", " "))
    text = tokenizer.convert_tokens_to_string([piece])
    if "\ufffd" in text or not text:
        return f"⟨{visible(piece)}⟩"
    return visible(text)
