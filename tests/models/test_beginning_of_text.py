"""A prompt opens with the beginning-of-text token exactly once where the model was trained so."""

from __future__ import annotations

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.processors import TemplateProcessing
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from lab.models.host import Host, make_host

WORDS = ("<bos>", "<unk>", "User:", "Assistant:", "hello", "there")
PLAIN = "{% for m in messages %}User: {{ m.content }} {% endfor %}Assistant:"
WITH_BOS = "<bos> " + PLAIN
TWICE = "<bos> <bos> " + PLAIN
ASK = [{"role": "user", "content": "hello there"}]


def host(template: str | None, adds: bool) -> Host:
    inner = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    inner.pre_tokenizer = WhitespaceSplit()
    if adds:
        inner.post_processor = TemplateProcessing(
            single="<bos> $A", special_tokens=[("<bos>", WORDS.index("<bos>"))]
        )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<bos>", unk_token="<unk>", chat_template=template
    )
    config = LlamaConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
    )
    return make_host("tiny", LlamaForCausalLM(config), tokenizer)


@pytest.mark.parametrize("template", [None, PLAIN, WITH_BOS, TWICE])
def test_exactly_one_where_the_tokenizer_adds_one(template: str | None) -> None:
    ids = host(template, adds=True).render(ASK)
    assert ids[0] == 0 and ids.count(0) == 1
    assert ids[1] == WORDS.index("User:")


@pytest.mark.parametrize(("template", "count"), [(None, 0), (PLAIN, 0), (WITH_BOS, 1)])
def test_none_is_added_where_the_tokenizer_adds_none(template: str | None, count: int) -> None:
    assert host(template, adds=False).render(ASK).count(0) == count
