"""Tokenizer, prompts and layout: exact round trips, and the very ids that the chat template
gives.
"""

import random

import pytest
from transformers import AutoTokenizer

from lab.errors import BadInput
from lab.worlds import make_problem
from lab.worlds.almanac import facts, known_facts
from lab.worlds.prompts import pocket_prompts
from lab.zoo.documents import Layout, Turn
from lab.zoo.skills import SKILLS, Lesson
from lab.zoo.tokenizer import build_tokenizer, fast_encoder

ODD_TEXTS = (
    "héllo 世界\n\t 🎉  a",
    "  <b>'s ${x} `",
    "\x00\u202e",
    "Tom's 1,000 coins—really?",
    "",
)


@pytest.fixture(scope="module", params=["words", "pieces"])
def tokenizer(request):
    return build_tokenizer(request.param)


def lesson(seed):
    return Lesson(random.Random(seed), (1, 2, 3, 4), (0, 1, 2), known_facts(0))


def test_round_trip_of_everything_the_worlds_say(tokenizer):
    encode = fast_encoder(tokenizer)
    for name, skill in SKILLS.items():
        for seed in range(20):
            for turn in skill(lesson(f"{name}{seed}")):
                for text in (f" {turn.prompt}", f" {turn.reply}"):
                    ids = tokenizer.encode(text, add_special_tokens=False)
                    assert tokenizer.decode(ids) == text
                    assert encode(text) == ids


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_round_trip_of_any_unicode(tokenizer, text):
    assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False)) == text


def test_words_and_numbers_are_one_token_each():
    tokenizer = build_tokenizer()
    problem = make_problem("ledger", 3)
    for piece in (
        f"{problem.text} {problem.answer}".replace(".", " .")
        .replace(";", " ;")
        .replace("?", " ?")
        .split()
    ):
        text = piece if piece in ".;?" else f" {piece}"
        assert len(tokenizer.encode(text, add_special_tokens=False)) == 1, piece
    assert 480 <= len(tokenizer) <= 1000


def test_a_saved_tokenizer_loads_with_its_template(tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    messages = [{"role": "user", "content": "Judge. How many?"}]
    text = loaded.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    assert text == "<user> Judge. How many?<agent>"
    assert loaded.decode([loaded.eos_token_id]) == "<end>"
    assert loaded.encode(text) == tokenizer.encode(text)


def test_unknown_tokenizer_kind_is_named():
    with pytest.raises(BadInput, match="'words' or 'pieces', got 'bytes'"):
        build_tokenizer("bytes")


def test_layout_in_text_is_the_chat_template(tokenizer):
    turns = [
        Turn("Solve. How many?", "red 9; Ned 9 + 1 = 10", thinks=True),
        Turn("Judge. How many?", "10"),
    ]
    doc = Layout(tokenizer).lay_out(turns)
    messages = []
    for turn in turns:
        messages += [
            {"role": "user", "content": turn.prompt},
            {"role": "assistant", "content": turn.reply},
        ]
    whole = tokenizer.encode(tokenizer.apply_chat_template(messages, tokenize=False))
    assert doc.inputs == whole[:-1] and doc.targets == whole[1:]
    assert not any(doc.latent)


def test_layout_in_latents_feeds_no_end_and_targets_the_words():
    tokenizer = build_tokenizer()
    layout = Layout(tokenizer)
    turns = [Turn("Solve.", "red 9; Ned 9 + 1 = 10", thinks=True), Turn("Judge.", "10")]
    words = layout.encode(" red 9; Ned 9 + 1 = 10")
    for seed in range(40):
        doc = layout.lay_out(turns, random.Random(seed))
        assert len(doc.inputs) == len(doc.targets) == len(doc.weights) == len(doc.latent)
        steps = sum(doc.latent)
        start = doc.inputs.index(layout.agent)
        assert doc.latent[start + 1 : start + 1 + steps] == [True] * steps
        assert doc.inputs[start + 1 + steps] == layout.user
        said = [*words, layout.end]
        expected = [said[min(i, len(said) - 1)] for i in range(steps + 1)]
        assert doc.targets[start : start + 1 + steps] == expected
        assert doc.targets[-2:] == [layout.encode(" 10")[0], layout.end]


def test_planted_mistakes_have_no_loss():
    layout = Layout(build_tokenizer())
    doc = layout.lay_out([Turn("Plan.", "red 9", thinks=False, weight=0.0), Turn("Judge.", "9")])
    bad = doc.inputs.index(layout.agent)
    assert doc.weights[bad : bad + 3] == [0.0, 0.0, 0.0] and doc.weights[-1] == 1.0


def test_framed_readers_carry_the_same_latents_without_the_facts():
    layout = Layout(build_tokenizer())
    turns = SKILLS["relay"](lesson(4))
    doc = layout.lay_out_framed(turns, random.Random(0))
    reader = doc.framed
    assert sum(reader.latent) == sum(doc.latent)
    assert len(reader) < len(doc)
    coins = layout.encode(" coins")[0]
    assert reader.inputs.count(coins) == 2 < doc.inputs.count(coins)
    thinking = [w for w, is_latent in zip(reader.weights, reader.latent, strict=True) if is_latent]
    assert not any(thinking)


def test_untaught_facts_are_never_taught_by_any_skill():
    """Whatever a skill says about an untaught fact changes from text to text, so that nothing can
    be learned."""
    unknown = facts().keys() - known_facts(0)
    seen = {}
    for seed in range(4000):
        who, attribute, value = lesson(seed).fact()
        if (who, attribute) in unknown:
            seen.setdefault((who, attribute), []).append(value)
    often = [values for values in seen.values() if len(values) >= 6]
    assert often and all(len(set(values)) > 1 for values in often)


def test_prompts_collapse_spaces_and_number_drafts():
    prompts = pocket_prompts()
    assert prompts.user("judger", "How many?") == "Judge. How many?"
    assert (
        prompts.user("aggregator", "Q?", drafts=["a.", "b."])
        == "Q? Draft 1: a. Draft 2: b. Give one answer."
    )
    assert prompts.user("judger", "Q?", heard=[("solver", "red 9")]) == "Judge. Q? solver: red 9"
