"""A straight-line forward pass for models of the Llama, Mistral, Qwen2 and Qwen3 kind: the same
mathematics as transformers' modules in a quarter of the calls, because at a million parameters the
calls are what costs, and at a hundred million they are still a third.

Used only where a probe shows that it gives the model's own hidden states; every other model goes
through transformers. It knows nothing of who writes into the cache.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from lab.engine.cache import GrowingCache, GrowingLayer
from lab.models.host import Host

CLASSES = ("Qwen3ForCausalLM", "Qwen2ForCausalLM", "LlamaForCausalLM", "MistralForCausalLM")
MOST_COPIED = 50_000_000
"""Parameters up to which weights that are read together are copied side by side; the modules of a
larger model become views of them, so that nothing stands in memory twice."""
TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 0.06}
"""How far the hidden states of most positions may be from transformers', as a share of their
length. In bfloat16 they differ by what transformers rounds and this does not (2 % on SmolLM2); with
one gain or the rotation left out it is 18 %."""
_OWN_HOOK = "output_capturing_hook"
"""Transformers leaves this one on its layers after the first request for hidden states; it changes
nothing."""


_MADE: WeakKeyDictionary[Host, FastBackbone | None] = WeakKeyDictionary()
"""One per host, made anew when its weights change; None where transformers' own way is taken."""


class FastBackbone:
    """Embeddings in, hidden states out, keys and values appended to the cache."""

    def __init__(self, host: Host) -> None:
        model, config = host.backbone, host.config
        self.heads, self.kv_heads, self.width = host.n_heads, host.n_kv_heads, host.head_dim
        self.repeat = self.heads // self.kv_heads
        shared = host.n_params > MOST_COPIED
        self.layers = [_Layer(layer, shared) for layer in model.layers]
        self.dtype = host.dtype
        self.norm, self.eps = model.norm.weight.float(), float(config.rms_norm_eps)
        positions = torch.arange(host.window, device=host.device)[None]
        cos, sin = model.rotary_emb(
            torch.zeros((), device=host.device, dtype=host.dtype), positions
        )
        half = self.width // 2
        self.cos = cos[0].contiguous()  # (window, head_dim)
        self.sin = torch.cat([-sin[0, :, :half], sin[0, :, half:]], -1).contiguous()
        self._sources = [p for layer in self.layers for p in layer.sources]
        self._modules = list(model.modules())
        self.version = self.current_version()

    def current_version(self) -> int:
        """Changes whenever a weight that was copied is written to."""
        return sum([p._version for p in self._sources])

    def watched(self) -> bool:
        """Whether somebody has put hooks on the modules, which this way through the model would
        pass by."""
        return _hooked(self._modules)

    @torch.no_grad()
    def __call__(
        self,
        embeds: Float[Tensor, "batch new dim"],
        mask: Bool[Tensor, "batch 1 new slots"] | None,
        positions: Int[Tensor, "#batch new"],
        cache: GrowingCache,
        want_states: bool,
        first: int = 0,
    ) -> tuple[Float[Tensor, "batch new dim"], tuple[Float[Tensor, "batch new dim"], ...] | None]:
        """Append T positions.

        Args:
            embeds: (B, T, D).
            mask: None (causal) or boolean (B, 1, T, S).
            positions: (B, T) or (1, T).
            first: number of the block that reads ``embeds``; the blocks below it are passed by.

        Returns:
            last layer after the final norm (B, T, D), and ``hidden_states[first..L]`` if wanted.
        """
        rows, new, width = embeds.shape
        cos, sin = (
            self.cos[positions][:, :, None],
            self.sin[positions][:, :, None],
        )  # (B, T, 1, head_dim)
        while len(cache.layers) < len(self.layers):
            cache.layers.append(GrowingLayer())
        # the sum over all layers is kept in float32 also where weights are bfloat16: what one
        # layer adds would be rounded away beside the thousands that some directions hold
        h, states = embeds.float(), [embeds]
        for layer, store in zip(self.layers[first:], cache.layers[first:], strict=True):
            x = F.rms_norm(h, (width,), layer.norm_in, self.eps).to(self.dtype)
            x = self._attend(
                layer, F.linear(x, layer.qkv, layer.bias), cos, sin, mask, store, rows, new
            )
            h = h + F.linear(x, layer.out)
            x = F.rms_norm(h, (width,), layer.norm_mid, self.eps).to(self.dtype)
            gate, up = F.linear(x, layer.gate_up).chunk(2, -1)
            h = h + F.linear(F.silu(gate) * up, layer.down)
            if want_states:
                states.append(h.to(self.dtype))
        last = F.rms_norm(h, (width,), self.norm, self.eps).to(self.dtype)
        return last, (*states[:-1], last) if want_states else None

    def _attend(
        self,
        layer: _Layer,
        qkv: Tensor,
        cos: Tensor,
        sin: Tensor,
        mask: Tensor | None,
        store: Any,
        rows: int,
        new: int,
    ) -> Tensor:
        both = self.heads + self.kv_heads
        qkv = qkv.view(rows, new, both + self.kv_heads, self.width)
        qk = qkv[:, :, :both]
        if layer.norm_qk is not None:
            qk = F.rms_norm(qk, (self.width,), None, self.eps) * layer.norm_qk
        qk = torch.addcmul(qk * cos, qk.roll(self.width // 2, -1), sin).transpose(1, 2)
        keys, values = store.update(qk[:, self.heads :], qkv[:, :, both:].transpose(1, 2))
        q = qk[:, : self.heads]
        if new == 1:  # heads that share keys become the queries of one
            q = q.reshape(rows, self.kv_heads, self.repeat, self.width)
            out = F.scaled_dot_product_attention(q, keys, values, mask)
            return out.reshape(rows, 1, self.heads * self.width)
        if self.repeat > 1:
            keys = keys.repeat_interleave(self.repeat, 1)
            values = values.repeat_interleave(self.repeat, 1)
        out = F.scaled_dot_product_attention(q, keys, values, mask, is_causal=mask is None)
        return out.transpose(1, 2).reshape(rows, new, self.heads * self.width)


class _Layer:
    """One block's weights, those that are read together side by side."""

    def __init__(self, block: Any, shared: bool) -> None:
        attention, mlp = block.self_attn, block.mlp
        projections = [attention.q_proj.weight, attention.k_proj.weight, attention.v_proj.weight]
        halves = [mlp.gate_proj.weight, mlp.up_proj.weight]
        self.qkv, self.gate_up = torch.cat(projections), torch.cat(halves)
        if shared:
            _become_views(projections, self.qkv)
            _become_views(halves, self.gate_up)
        linears = (attention.q_proj, attention.k_proj, attention.v_proj)
        biases = [linear.bias for linear in linears if linear.bias is not None]
        self.bias = torch.cat(biases) if biases else None
        self.out, self.down = attention.o_proj.weight, mlp.down_proj.weight
        norms = [block.input_layernorm.weight, block.post_attention_layernorm.weight]
        self.norm_in, self.norm_mid = (norm.float() for norm in norms)
        self.sources = [*projections, *halves, *norms, *biases]
        self.norm_qk: Tensor | None = None
        if hasattr(attention, "q_norm"):
            width = attention.head_dim
            heads = [
                attention.q_norm.weight.expand(projections[0].shape[0] // width, width),
                attention.k_norm.weight.expand(projections[1].shape[0] // width, width),
            ]
            self.norm_qk = torch.cat(heads)  # (heads + kv_heads, head_dim)
            self.sources += [attention.q_norm.weight, attention.k_norm.weight]


def fast_backbone(host: Host) -> FastBackbone | None:
    """The host's fast forward pass, or None where transformers' own has to be used."""
    if not host.fast:
        return None
    known = _MADE.get(host)
    if host not in _MADE or (known is not None and known.version != known.current_version()):
        if _hooked(host.backbone.modules()):
            # hooks would disturb the comparison with transformers; the next call without them makes
            # it
            return None
        known = _MADE[host] = _made(host)
    return None if known is None or known.watched() else known


def _become_views(parameters: list[Any], whole: Tensor) -> None:
    """Let weights be parts of one that holds them all: what is written to them is seen there."""
    sizes = [parameter.shape[0] for parameter in parameters]
    for parameter, part in zip(parameters, whole.split(sizes), strict=True):
        parameter.data = part


def _plain_weights(host: Host) -> bool:
    """Whether all weights are plain ones, neither packed nor on several devices."""
    return all(
        p.device == host.device and p.dtype == host.dtype for p in host.model.parameters()
    ) and all(
        type(module) in (nn.Linear, nn.Embedding)
        for name, module in host.model.named_modules()
        if name.endswith(("_proj", "embed_tokens", "lm_head"))
    )


def _hooked(modules: Iterable[nn.Module]) -> bool:
    """Whether somebody else than transformers itself has put hooks on any of the modules."""
    return any(
        m._forward_pre_hooks
        or any(hook.__name__ != _OWN_HOOK for hook in m._forward_hooks.values())
        for m in modules
    )


def _made(host: Host) -> FastBackbone | None:
    config = host.config
    plain = (
        type(host.model).__name__ in CLASSES
        and host.dtype in TOLERANCE
        and _plain_weights(host)
        and config._attn_implementation == "sdpa"
        and config.hidden_act == "silu"
        and not getattr(config, "attention_bias", False)
        and not getattr(config, "mlp_bias", False)
        and config.rope_parameters.get("rope_type") == "default"
        and set(getattr(config, "layer_types", None) or ["full_attention"]) == {"full_attention"}
        and 2 * host.backbone.rotary_emb.inv_freq.shape[0] == host.head_dim
    )
    if not plain:
        return None
    made = FastBackbone(host)
    return made if _agrees(host, made) else None


@torch.no_grad()
def _agrees(host: Host, fast: FastBackbone) -> bool:
    """Hold it against transformers on a few words."""
    ids = (torch.arange(8, device=host.device)[None] * 7 + 1) % host.vocab_size
    embeds = host.embed(ids)
    positions = torch.arange(8, device=host.device)[None]
    theirs = host.backbone(
        inputs_embeds=embeds, position_ids=positions, use_cache=False, output_hidden_states=True
    )
    _, ours = fast(embeds, None, positions, GrowingCache(), want_states=True)
    pairs = zip(theirs.hidden_states, ours or (), strict=True)
    away = [((a - b).float().norm(dim=-1) / a.float().norm(dim=-1)).median() for a, b in pairs]
    return max(map(float, away)) <= TOLERANCE[host.dtype]
