"""A host: one loaded model with its tokenizer, device and dtype, and the reason for each choice.

It is the only place that knows how an architecture's parts are called (embedding, final norm, head)
and how chat messages become token ids. It does not know agents, methods or caches.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from lab.errors import ModelUnavailable
from lab.models.display import token_text
from lab.models.host_probe import layers_with_state, probe
from lab.notebook import card
from lab.words import say

_NORMS = (
    "norm",
    "ln_f",
    "final_layer_norm",
    "final_layernorm",
    "ln_out",
    "norm_f",
    "embedding_norm",
)
_LAYERS = ("layers", "h", "blocks")
T = TypeVar("T")


@dataclass(frozen=True)
class TwinFacts:
    """What is known exactly about a model that was made from another one by arithmetic."""

    kind: str
    """``gauge``, ``vocab``, ``int8`` or ``int4``."""
    rotation: Tensor | None = None
    """(D, D) float64, of a gauge twin: the original's residual stream x is x R here."""
    final_gain: Tensor | None = None
    """(D,) of a gauge twin: the original's gain of the final norm, folded into the head here."""
    permutation: Tensor | None = None
    """(V,) of a vocabulary twin: id i of the original is id ``permutation[i]`` here."""

    @functools.cached_property
    def gauge_map(self) -> Tensor | None:
        """(D, D) float32 ``Rᵀ diag(gain) R``: from the twin's last states to what the original
        would have fed, in the twin's coordinates; None unless it is a gauge twin."""
        if self.rotation is None or self.final_gain is None:
            return None
        turn = self.rotation.to(self.final_gain.device)
        return (turn.T @ (self.final_gain.double()[:, None] * turn)).float()


Model = Any
"""A causal language model of transformers, whose own types do not describe its parts."""


@dataclass(eq=False)
class Host:
    """A loaded causal language model. Make one with `make_host` or through a `HostPool`."""

    name: str
    model: Any
    tokenizer: Any | None
    device: torch.device
    dtype: torch.dtype
    digest: str
    """Fingerprint of weights and config; vectors of two hosts are comparable only if it is
    equal."""
    why: dict[str, str] = field(default_factory=dict)
    """Reason for each choice: ``device``, ``dtype``, ``attention``, ``template``."""
    template: str = "default"
    """``own`` (the tokenizer's chat template) or ``default`` (“Role: text” lines)."""
    revision: str | None = None
    twin: TwinFacts | None = None
    """Set where the model was made from another one by arithmetic."""
    fast: bool = True
    """Whether the engine may go its own straight way through a small model; False: always
    transformers'."""

    recorded_steps: str = "on a GPU"
    """Where single steps run as one recorded piece (`lab.engine.static_step`): ``on a GPU``,
    ``always`` or ``never``."""
    word_by_word: bool = False
    """Whether the architecture goes on from a running state one position at a time only."""

    positions_run: int = 0
    """Positions that memories sent through the model, padding included, since it was loaded."""

    def __post_init__(self) -> None:
        self.config = self.model.config.get_text_config(decoder=True)
        self.state_kinds = layers_with_state(self.name, self.config)
        """Kinds of its layers that keep one running state instead of a key and a value per
        position; empty for most models."""
        self.backbone = self.model.base_model
        self.input_embeddings: nn.Module = self.model.get_input_embeddings()
        self.output_head: nn.Module = self.model.get_output_embeddings()
        self.final_norm: nn.Module = _first(self.backbone, _NORMS, self.name, "final norm")
        self.layers: Any = _first(self.backbone, _LAYERS, self.name, "list of layers")
        self.n_layers = int(self.config.num_hidden_layers)
        self.d_model = int(self.config.hidden_size)
        self.n_heads = int(self.config.num_attention_heads)
        self.n_kv_heads = int(getattr(self.config, "num_key_value_heads", None) or self.n_heads)
        self.head_dim = int(getattr(self.config, "head_dim", None) or self.d_model // self.n_heads)
        self.input_weight: Tensor = self.model.get_input_embeddings().weight
        """(V, D) as stored; `embedding_matrix` has the scale that some architectures apply."""
        self.output_weight: Tensor = self.model.get_output_embeddings().weight
        """(V, D)"""
        self.vocab_size = int(self.output_weight.shape[0])
        self.tied = self.output_weight.data_ptr() == self.input_weight.data_ptr()
        self.n_params = sum(p.numel() for p in self.model.parameters())
        self.window = int(getattr(self.config, "max_position_embeddings", None) or 2**31)
        """Longest context in tokens."""
        self.positions = "learned" if hasattr(self.backbone, "wpe") else "rotary"
        """``rotary`` (keys can be moved to other positions) or ``learned`` (added to the input,
        cannot)."""
        self.eos_ids = _eos_ids(self.model, self.tokenizer)
        self.bos_id = _bos_id(self.tokenizer)
        """The token that opens every text; None where the tokenizer adds none by itself."""
        self._texts: dict[int, str] = {}
        self._once: dict[Hashable, Any] = {}

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` gives, computed at the first call with this key and kept with the host.

        Args:
            key: names everything that the value depends on besides the host itself, so that no
                result depends on who asked first.
        """
        if key not in self._once:
            self._once[key] = make()
        value: T = self._once[key]
        return value

    def __repr__(self) -> str:
        return (
            f"Host({self.name!r}, {self.n_params:,} parameters, {self.n_layers} layers of width "
            f"{self.d_model}, {self.device})"
        )

    def _repr_html_(self) -> str:
        info = self.info()
        rows: list[tuple[str, object]] = [
            ("architecture", info["architecture"]),
            ("parameters", f"{self.n_params:,}"),
            ("layers", f"{self.n_layers} of width {self.d_model}, {self.n_heads} heads"),
            ("vocabulary", f"{self.vocab_size:,}, {'tied' if self.tied else 'untied'} embeddings"),
            ("window", f"{self.window:,} tokens"),
            ("runs in", f"{info['dtype']} on {info['device']}"),
        ]
        why = "; ".join(f"{what}: {reason}" for what, reason in self.why.items())
        return card(f"Host {self.name}", rows, why)

    # -- text

    @property
    def turn_marks(self) -> tuple[str, ...]:
        """Texts at which somebody else's turn begins in `default_template`: a model that was not
        trained on turns writes the next one too. None where the tokenizer has a template."""
        if self.tokenizer is None or self.template != "default":
            return ()
        return tuple(f"\n{role}:" for role in ("User", "System", "Assistant"))

    def render(
        self,
        messages: list[dict[str, str]],
        add_generation_prompt: bool = True,
        **template_args: Any,
    ) -> list[int]:
        """Token ids of a conversation through the model's chat template.

        Args:
            messages: ``[{"role": "user", "content": …}]``; a system message that the template
                refuses is put in front of the first user message.
            add_generation_prompt: end with the mark after which the model speaks.
            template_args: passed to the template (for example ``enable_thinking=False``).
        """
        if self.tokenizer is None:
            raise ModelUnavailable(say("error.host.no_tokenizer_read_text", name=self.name))
        if self.template == "default":
            return self._encode(default_template(messages, add_generation_prompt))
        options: dict[str, Any] = {
            "add_generation_prompt": add_generation_prompt,
            "tokenize": False,
        }
        try:
            text = self.tokenizer.apply_chat_template(messages, **options, **template_args)
        except Exception as error:
            folded = _fold_system(messages)
            if folded == messages:
                raise ModelUnavailable(
                    say("error.host.its_chat_template_refused", name=self.name, error=error)
                ) from error
            text = self.tokenizer.apply_chat_template(folded, **options, **template_args)
        return self._encode(text)

    def _encode(self, text: str) -> list[int]:
        """Token ids with the beginning-of-text token exactly once where the model was trained with
        one, whether the text has it already or not."""
        tokenizer: Any = self.tokenizer
        ids: list[int] = list(tokenizer.encode(text, add_special_tokens=False))
        if self.bos_id is None:
            return ids
        while ids[:1] == [self.bos_id]:
            del ids[0]
        return [self.bos_id, *ids]

    def text(self, ids: Iterable[int]) -> str:
        """The plain text of token ids, without special tokens."""
        if self.tokenizer is None:
            return "".join(self.token_text(i) for i in ids)
        return str(
            self.tokenizer.decode(
                list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        )

    def token_text(self, token_id: int) -> str:
        """How one token is shown (the one place for it)."""
        known = self._texts.get(token_id)
        if known is None:
            known = (
                f"⟨{token_id}⟩" if self.tokenizer is None else token_text(self.tokenizer, token_id)
            )
            self._texts[token_id] = known
        return known

    def token_texts(self, ids: Iterable[int]) -> list[str]:
        """How each of several tokens is shown."""
        return [self.token_text(int(i)) for i in ids]

    # -- vectors

    @torch.no_grad()
    def embed(self, ids: Tensor) -> Tensor:
        """Input embeddings as the first block receives them, scaled where the model scales: (B, T)
        → (B, T, D)."""
        rows: Tensor = self.input_embeddings(ids)
        return rows

    @torch.no_grad()
    def logits(self, hidden: Tensor) -> Tensor:
        """Logits of hidden states that are already after the final norm: (…, D) → (…, V).

        Includes what the architecture does after its head (soft capping in Gemma 2, scaling in
        Cohere and Granite).
        """
        out: Tensor = self.output_head(hidden)
        if scale := getattr(self.config, "logit_scale", None):
            out = out * scale
        if scaling := getattr(self.config, "logits_scaling", None):
            out = out / scaling
        if cap := getattr(self.config, "final_logit_softcapping", None):
            out = torch.tanh(out / cap) * cap
        return out

    @functools.cached_property
    def embed_norm(self) -> float:
        """Mean L2 norm of the input embeddings of all words, as the first block receives them."""
        with torch.no_grad():
            return float(self.embedding_matrix.float().norm(dim=-1).mean())

    @property
    def embedding_matrix(self) -> Tensor:
        """(V, D) input embeddings as the first block receives them."""
        scale: Any = getattr(self.input_embeddings, "embed_scale", None)
        weight = self.input_weight.detach()
        return weight if scale is None else weight * torch.as_tensor(scale).to(weight)

    # -- display

    def info(self) -> dict[str, Any]:
        """What the page and the record say about this host; plain JSON data."""
        return {
            "name": self.name,
            "digest": self.digest,
            "revision": self.revision,
            "architecture": type(self.model).__name__,
            "params": self.n_params,
            "bytes": self.n_bytes,
            "n_layers": self.n_layers,
            "d_model": self.d_model,
            "n_heads": self.n_heads,
            "n_kv_heads": self.n_kv_heads,
            "head_dim": self.head_dim,
            "vocab_size": self.vocab_size,
            "tied": self.tied,
            "window": self.window,
            "positions": self.positions,
            "template": self.template,
            "device": str(self.device),
            "dtype": str(self.dtype).removeprefix("torch."),
            "attention": str(self.config._attn_implementation),
            "embed_norm": self.embed_norm,
            "why": dict(self.why),
            "state_kinds": list(self.state_kinds),
        }

    @property
    def n_bytes(self) -> int:
        """Bytes of the weights in memory (tied weights once)."""
        return sum(p.numel() * p.element_size() for p in self.model.parameters())


def make_host(
    name: str, model: Any, tokenizer: Any = None, digest: str = "", **fields: Any
) -> Host:
    """A host around a model that is already in memory; freezes it and checks that the lab can open
    it up.

    Args:
        name: what records and pages call it.
        model: a causal language model of transformers; changed to evaluation without gradients.
        tokenizer: None for a model that is only given token ids.
        digest: fingerprint of its weights; empty makes one of the name, which then must be unique.
        fields: further fields of `Host`, for example ``twin`` or ``revision``.

    Raises:
        ModelUnavailable: if the parts of the architecture are not found, or if final norm and head
            as the lab calls them do not give the model's own logits.
    """
    model = model.eval().requires_grad_(False)
    parameter = next(model.parameters())
    template = "own" if getattr(tokenizer, "chat_template", None) else "default"
    host = Host(
        name,
        model,
        tokenizer,
        parameter.device,
        parameter.dtype,
        digest or f"unnamed:{name}",
        template=template,
        **fields,
    )
    host.why.setdefault(
        "template",
        "the tokenizer brings one" if template == "own" else "the tokenizer has none: “Role: text”",
    )
    probe(host)
    return host


def default_template(messages: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
    """The documented fallback for tokenizers without a chat template: a line “Role: text” per
    message.

    Args:
        messages: ``{"role", "content"}`` each.
        add_generation_prompt: end with “Assistant:”, after which the model speaks.
    """
    lines = [f"{m['role'].capitalize()}: {m['content']}\n" for m in messages]
    return "".join(lines) + ("Assistant:" if add_generation_prompt else "")


def _first(module: Any, names: tuple[str, ...], host: str, what: str) -> Any:
    for name in names:
        if hasattr(module, name):
            return getattr(module, name)
    raise ModelUnavailable(
        say(
            "error.host.found_no_looked_choose",
            host=host,
            name=type(module).__name__,
            what=what,
            names=", ".join(names),
        )
    )


def _eos_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    found: set[int] = set()
    for owner in (getattr(model, "generation_config", None), model.config, tokenizer):
        value = getattr(owner, "eos_token_id", None)
        found.update([value] if isinstance(value, int) else value or [])
    return frozenset(found)


def _bos_id(tokenizer: Any) -> int | None:
    bos = getattr(tokenizer, "bos_token_id", None)
    if not isinstance(bos, int):
        return None
    return bos if list(tokenizer.encode("a"))[:1] == [bos] else None


def _fold_system(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    system = "\n\n".join(m["content"] for m in messages if m["role"] == "system")
    rest = [m for m in messages if m["role"] != "system"]
    if not system or not rest:
        return messages
    return [{**rest[0], "content": f"{system}\n\n{rest[0]['content']}"}, *rest[1:]]
