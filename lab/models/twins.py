"""Twins made by arithmetic: models whose relation to the original is known exactly.

The gauge twin says the same words from other hidden states, the vocabulary twin from other ids, the
quantised twins from rounded weights; `interpolate` walks the straight line between two models of
one shape. Each takes a model of the Llama or Qwen3 kind and returns a new one; nothing is trained.
Knows nothing of texts or runs.
"""

from __future__ import annotations

import copy
import json
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from lab.errors import BadInput, SpaceMismatch
from lab.models.host import Model, TwinFacts
from lab.words import say

GAUGE_SEED = 5
VOCAB_SEED = 6
GROUP = 32
"""Columns that share one scale in int4."""
TWINS = ("gauge", "vocab", "int8", "int4")


def make_twin(kind: str, model: Model, tokenizer: Any) -> tuple[Model, Any, TwinFacts]:
    """A twin by name, the tokenizer that goes with it, and what is known about it.

    Args:
        kind: one of `TWINS`.
        model: the original, which stays as it is.
        tokenizer: the original's, or None.

    Raises:
        BadInput: for an unknown kind, or a model whose layers are not of the Llama or Qwen3 kind.
    """
    if kind == "gauge":
        rotation = random_rotation(model.config.hidden_size)
        gain = model.model.norm.weight.detach().clone()
        facts = TwinFacts(kind, rotation=rotation, final_gain=gain)
        return gauge_twin(model, rotation), tokenizer, facts
    if kind == "vocab":
        permutation = random_permutation(vocabulary_size(model))
        twin = vocab_twin(model, permutation)
        renamed = None if tokenizer is None else permute_tokenizer(tokenizer, permutation)
        return twin, renamed, TwinFacts(kind, permutation=permutation)
    if kind in ("int8", "int4"):
        return quantised_twin(model, 8 if kind == "int8" else 4), tokenizer, TwinFacts(kind)
    raise BadInput(say("error.twins.unknown_twin_correct_name", kind=kind, names=", ".join(TWINS)))


# -- gauge


def random_rotation(width: int, seed: int = GAUGE_SEED) -> Tensor:
    """A random orthogonal matrix R (D, D), float64; the residual stream x becomes x R.

    Args:
        width: D, numbers of a hidden state.
        seed: the same seed gives the same matrix on every machine.
    """
    generator = torch.Generator().manual_seed(seed)
    q, r = torch.linalg.qr(torch.randn(width, width, generator=generator, dtype=torch.float64))
    rotation: Tensor = q * r.diagonal().sign()
    return rotation


@torch.no_grad()
def gauge_twin(model: Model, rotation: Tensor) -> Model:
    """The same function in rotated coordinates: gains of the norms folded into the next matrices,
    embeddings untied, then the residual stream rotated. Logits, queries, keys and values stay;
    hidden states become x R.

    The state after the final norm becomes (x / gain) R, because the final gain moves into the head.

    Args:
        model: the original; left as it is.
        rotation: (D, D) orthogonal R, float64.
    """
    _require_layers(model)
    twin = copy.deepcopy(model)
    _untie(twin)
    r = rotation.to(twin.get_input_embeddings().weight.device)
    for layer in twin.model.layers:
        into_attention = (layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj)
        _fold_and_rotate(layer.input_layernorm, into_attention, r)
        _fold_and_rotate(
            layer.post_attention_layernorm, (layer.mlp.gate_proj, layer.mlp.up_proj), r
        )
        for out in (layer.self_attn.o_proj, layer.mlp.down_proj):
            _set(out.weight, r.T @ out.weight.double())
    _fold_and_rotate(twin.model.norm, (twin.get_output_embeddings(),), r)
    table = twin.get_input_embeddings().weight
    _set(table, table.double() @ r)
    return twin


def _fold_and_rotate(norm: Any, readers: tuple[Any, ...], r: Tensor) -> None:
    """Move a norm's gain into the matrices that read it, and let them read rotated input."""
    for reader in readers:
        _set(reader.weight, (reader.weight.double() * norm.weight.double()) @ r)
    norm.weight.fill_(1.0)


# -- vocabulary


def random_permutation(size: int, seed: int = VOCAB_SEED) -> Tensor:
    """A random permutation (V,): id i of the original is id ``permutation[i]`` of the twin.

    Args:
        size: V, tokens of the vocabulary.
        seed: the same seed gives the same permutation.
    """
    return torch.randperm(size, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def vocab_twin(model: Model, permutation: Tensor) -> Model:
    """The same function under renamed ids: rows of embedding and head permuted, special ids with
    them.

    Args:
        model: the original; left as it is.
        permutation: (V,) id i becomes ``permutation[i]``.
    """
    if len(permutation) != vocabulary_size(model):
        raise SpaceMismatch(
            say(
                "error.twins.vocabulary_twin_permutation_ids",
                n=len(permutation),
                model=vocabulary_size(model),
            )
        )
    twin = copy.deepcopy(model)
    tables = [twin.get_input_embeddings().weight]
    if twin.get_output_embeddings().weight is not tables[0]:
        tables.append(twin.get_output_embeddings().weight)
    for table in tables:
        renamed = torch.empty_like(table)
        renamed[permutation.to(table.device)] = table
        table.copy_(renamed)
    for config in (twin.config, twin.generation_config):
        for key in ("bos_token_id", "eos_token_id", "pad_token_id"):
            old = getattr(config, key, None)
            if old is not None:
                new = (
                    [int(permutation[i]) for i in old]
                    if isinstance(old, list)
                    else int(permutation[old])
                )
                setattr(config, key, new)
    return twin


def permute_tokenizer(tokenizer: Any, permutation: Tensor) -> Any:
    """The tokenizer that speaks a vocabulary twin's ids: the same words, renamed.

    Args:
        tokenizer: the original's; left as it is.
        permutation: (V,) id i becomes ``permutation[i]``.
    """
    data = json.loads(tokenizer.backend_tokenizer.to_str())
    data["model"]["vocab"] = {
        word: int(permutation[i]) for word, i in data["model"]["vocab"].items()
    }
    for entry in data["added_tokens"]:
        entry["id"] = int(permutation[entry["id"]])
    data["added_tokens"].sort(key=lambda entry: entry["id"])
    twin = copy.deepcopy(tokenizer)
    twin._tokenizer = Tokenizer.from_str(json.dumps(data))
    return twin


def vocabulary_size(model: Model) -> int:
    """Rows of the embedding table."""
    return int(model.get_input_embeddings().weight.shape[0])


# -- quantisation


@torch.no_grad()
def quantised_twin(model: Model, bits: int) -> Model:
    """Matrices inside the layers rounded to ``bits`` (8: one scale per row; 4: one per 32 columns),
    kept as floats.

    Embeddings, head and norms stay as they are, as quantisers usually leave them.

    Args:
        model: the original; left as it is.
        bits: 8 or 4.
    """
    twin = copy.deepcopy(model)
    for layer in twin.model.layers:
        for module in layer.modules():
            if isinstance(module, nn.Linear):
                _set(module.weight, round_to(module.weight, bits))
    return twin


def round_to(weight: Tensor, bits: int) -> Tensor:
    """Symmetric rounding of a matrix (rows, columns) to ``2^bits - 1`` levels.

    Args:
        weight: (rows, columns).
        bits: 8 (one scale per row) or 4 (one per 32 columns).

    Raises:
        BadInput: for other bits than 4 or 8.
    """
    if bits not in (4, 8):
        raise BadInput(say("error.twins.quantisation_bits_choose_them", bits=bits))
    levels = 2 ** (bits - 1) - 1
    rows, columns = weight.shape
    width = GROUP if bits == 4 and columns % GROUP == 0 else columns
    groups = weight.float().reshape(rows, -1, width)
    scale = groups.abs().amax(dim=-1, keepdim=True).clamp_min(1e-12) / levels
    rounded: Tensor = ((groups / scale).round() * scale).reshape(rows, columns).to(weight.dtype)
    return rounded


# -- interpolation


@torch.no_grad()
def interpolate(start: Model, end: Model, alpha: float) -> Model:
    """The model θ(α) = (1 - α)·start + α·end, weight by weight; exact at 0 and 1.

    Args:
        start, end: two models of one architecture; left as they are.
        alpha: 0 to 1, the share of ``end``.

    Raises:
        SpaceMismatch: if the two models do not have the same tensors.
        BadInput: for an α outside 0…1.
    """
    if not 0.0 <= alpha <= 1.0:
        raise BadInput(say("error.twins.interpolation_weight_lie_between", alpha=alpha))
    a, b = start.state_dict(), end.state_dict()
    odd = [
        key
        for key in a.keys() | b.keys()
        if key not in a or key not in b or a[key].shape != b[key].shape
    ]
    if odd:
        raise SpaceMismatch(
            say("error.twins.interpolation_needs_two_models", n=len(odd), odd=min(odd))
        )
    twin = copy.deepcopy(start)
    mixed = {
        key: b[key] if alpha == 1.0 else torch.lerp(a[key].float(), b[key].float(), alpha)
        for key in a
    }
    twin.load_state_dict({key: value.to(a[key].dtype) for key, value in mixed.items()})
    return twin


# -- inside


def _require_layers(model: Model) -> None:
    layers = getattr(getattr(model, "model", None), "layers", [])
    wanted = ("self_attn.q_proj", "mlp.gate_proj", "input_layernorm", "post_attention_layernorm")
    names = {name for layer in layers for name, _ in layer.named_modules()}
    if not set(wanted) <= names or "pre_feedforward_layernorm" in names:
        raise BadInput(say("error.twins.gauge_twin_knows_layers", name=type(model).__name__))


def _untie(model: Model) -> None:
    head, table = model.get_output_embeddings(), model.get_input_embeddings()
    if head.weight is table.weight:
        head.weight = nn.Parameter(
            table.weight.detach().clone(), requires_grad=table.weight.requires_grad
        )
    model.config.tie_word_embeddings = False


def _set(parameter: Tensor, value: Tensor) -> None:
    parameter.copy_(value.to(parameter.dtype))
