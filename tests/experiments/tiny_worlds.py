"""Tiny random models that read the worlds' words: exactness needs no training."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from transformers import AutoModelForCausalLM, Qwen3Config

from lab.errors import LabError, ModelUnavailable
from lab.models import twins
from lab.models.host import Host, make_host
from lab.zoo.tokenizer import END, build_tokenizer


@functools.lru_cache(maxsize=4)
def words() -> object:
    return build_tokenizer("words")


@functools.lru_cache(maxsize=8)
def tiny(seed: int = 0, width: int = 32, layers: int = 3) -> Host:
    """A random Qwen3 with gains that are not one (a norm applied twice must show)."""
    tokenizer = words()
    torch.manual_seed(seed)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.convert_tokens_to_ids(END),
    )
    model = AutoModelForCausalLM.from_config(config).float()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.6 if "embed" in name else 0.25)
            elif name.endswith("weight"):
                parameter.uniform_(0.4, 1.4)
    return make_host(
        f"tiny-{seed}-{width}-{layers}", model, tokenizer, digest=f"tiny-{seed}-{width}-{layers}"
    )


class TinyPool:
    """Tiny models in the place of those that plans name."""

    def __init__(self, **known: Host) -> None:
        """
        Args:
            known: the models, by their names with ``_`` for ``-``; with none, `tiny` has every
                name.
        """
        self._known = {name.replace("_", "-"): host for name, host in known.items()}

    def get(self, name: object) -> Host:
        """The model of a name.

        Raises:
            LabError: if there is none.
        """
        if not self._known:
            return tiny()
        if str(name) not in self._known:
            raise LabError(f"There is no {name}.")
        return self._known[str(name)]

    def speaker(self, name: object) -> Host:
        """As `get`: all of them speak."""
        return self.get(name)


@functools.lru_cache(maxsize=8)
def twin(kind: str) -> Host:
    """A twin of ``tiny(0)``."""
    base = tiny(0)
    model, tokenizer, facts = twins.make_twin(kind, base.model, base.tokenizer)
    return make_host(f"tiny:{kind}", model, tokenizer, digest=f"tiny:{kind}", twin=facts)


def hosts() -> Callable[[str], Host]:
    """Models by the names that the conditions use."""
    known = {
        "base": lambda: tiny(0),
        "other": lambda: tiny(1),
        "wide": lambda: tiny(2, 48, 4),
        "gauge": lambda: twin("gauge"),
        "vocab": lambda: twin("vocab"),
    }

    def get(name: str) -> Host:
        if name not in known:
            raise ModelUnavailable(
                f"Pocket model {name} is not on this machine: expected one of {', '.join(known)}."
            )
        return known[name]()

    return get
