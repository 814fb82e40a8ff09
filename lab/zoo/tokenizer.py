"""Tokenizers of the pocket models: every word and number of the worlds is one token, everything
else falls to bytes.

`build_tokenizer("words")` serves the whole family but `pocket-retok`, whose ``"pieces"`` tokenizer
is a plain byte-pair encoding trained on the same texts: other ids, and words cut into several
pieces. Both round-trip any Unicode text.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from lab.errors import BadInput
from lab.worlds import almanac, ledger, make_problem, names
from lab.worlds.prompts import pocket_prompts

TextCoder = Any
"""A fast tokenizer of transformers; its own types are looser than what it returns."""
PAD, USER, AGENT, END = "<pad>", "<user>", "<agent>", "<end>"
SPECIALS = (PAD, USER, AGENT, END)
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}<agent> {{ message['content'] | trim }}<end>"
    "{% else %}<user> {{ message['content'] | trim }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}<agent>{% endif %}"
)
"""Every message opens with its mark and a space, so that the first word of a message is the same
token as elsewhere."""
RIGHT, WRONG = "right", "wrong"
MAX_TOKENS = 1024
PIECES_SIZE = 490
_PIECE = re.compile(r" ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+")


def build_tokenizer(kind: str = "words") -> TextCoder:
    """A tokenizer of the zoo with its chat template; the same call always gives the same tokenizer.

    Raises:
        BadInput: for another kind than ``words`` or ``pieces``.
    """
    if kind == "words":
        raw = _words_tokenizer()
    elif kind == "pieces":
        raw = _pieces_tokenizer()
    else:
        raise BadInput(
            f"Tokenizer kind must be 'words' or 'pieces', got {kind!r}; use one of the two."
        )
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    raw.add_special_tokens(list(SPECIALS))
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[USER, AGENT],
        chat_template=CHAT_TEMPLATE,
        model_max_length=MAX_TOKENS,
        clean_up_tokenization_spaces=False,
    )


def fast_encoder(tokenizer: TextCoder) -> Callable[[str], list[int]]:
    """A quick encoder for texts of the worlds (plain words, numbers, marks and single spaces): same
    ids, memoised."""

    @lru_cache(maxsize=65536)
    def piece_ids(piece: str) -> tuple[int, ...]:
        return tuple(tokenizer.encode(piece, add_special_tokens=False))

    def encode(text: str) -> list[int]:
        return [i for piece in pieces(text) for i in piece_ids(piece)]

    return encode


def pieces(text: str) -> list[str]:
    """A text cut into words, numbers and marks, each with the space before it."""
    return _PIECE.findall(text)


def world_words() -> list[str]:
    """Every word, number and mark that the worlds and prompts can contain, each as it follows a
    space or a word."""
    texts = [*world_texts(), f"{RIGHT} {WRONG};", " ".join(map(str, range(41)))]
    found = {piece for text in texts for piece in pieces(f" {text}")}
    return sorted(found)


def world_texts() -> Iterator[str]:
    """Texts that together hold every word of the worlds and of the prompts."""
    prompts = pocket_prompts()
    yield from (*names.FIRST_NAMES, *names.LAST_NAMES)
    for attribute in almanac.ATTRIBUTES:
        for value in attribute.values:
            yield attribute.question.format(who="Ada Reed")
            yield attribute.sentence.format(who="Ada Reed", value=value)
    yield almanac.PROFILE_QUESTION.format(who="Ada Reed")
    for color in ledger.COLORS:
        steps = (
            ledger.Step("Ned", "+", 2, 1, 3),
            ledger.Step("Ned", "-", 2, 3, 1),
            ledger.Step("Ned", "*", 2, 1, 2),
        )
        yield " ".join(step.sentence(color) for step in steps)
        yield ledger.write_answer(ledger.write_thought(color, 1, steps), 2)
        yield ledger.write_plan(color, 1, steps)
        yield f"The {color} box has 1 coins. How many coins are in the {color} box?"
    for role in prompts.roles:
        yield prompts.user(role, "", heard=[(role, "1;")], drafts=["1;"])
    yield prompts.sure("a.")
    yield prompts.guess("a.")


def _words_tokenizer() -> Tokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [word.replace(" ", "Ġ") for word in world_words()]
    entries = [*SPECIALS, *alphabet, *(word for word in words if len(word) > 1)]
    vocab = {entry: i for i, entry in enumerate(dict.fromkeys(entries))}
    return Tokenizer(models.BPE(vocab=vocab, merges=[], ignore_merges=True))


def _pieces_tokenizer() -> Tokenizer:
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=PIECES_SIZE,
        special_tokens=[END, AGENT, USER, PAD],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    rng = random.Random(11)
    texts = list(world_texts())
    for i in range(4000):
        problem = make_problem(rng.choice(("ledger", "almanac")), 2_000_000 + i)
        texts.append(f" {problem.text} {problem.answer}")
    raw.train_from_iterator(texts, trainer)
    return raw
