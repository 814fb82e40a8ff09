"""A tiny Llama as a GGUF file with real quantisation, made here without network."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray
from tokenizers.pre_tokenizers import ByteLevel

WIDTH, HEADS, LAYERS, HIDDEN = 64, 4, 2, 96
KIND = gguf.GGMLQuantizationType.Q8_0


def write_tiny_gguf(path: Path, seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """Write the file; returns the weights that it stands for (dequantised by the gguf library)."""
    rng = np.random.default_rng(seed)
    kinds = [*[gguf.TokenType.NORMAL] * 256, gguf.TokenType.CONTROL, gguf.TokenType.NORMAL]
    tokens = [*sorted(ByteLevel.alphabet()), "<|end|>", "ab"]
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("tiny llama")
    writer.add_context_length(128)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_merges(["a b"])
    writer.add_token_types(kinds)
    writer.add_eos_token_id(256)
    meant: dict[str, NDArray[np.float32]] = {}
    shapes = {"token_embd.weight": (len(tokens), WIDTH), "output_norm.weight": (WIDTH,)}
    for layer in range(LAYERS):
        at = f"blk.{layer}."
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            shapes[f"{at}{part}.weight"] = (WIDTH, WIDTH)
        shapes |= {f"{at}ffn_gate.weight": (HIDDEN, WIDTH), f"{at}ffn_up.weight": (HIDDEN, WIDTH)}
        shapes |= {f"{at}ffn_down.weight": (WIDTH, HIDDEN)}
        shapes |= {f"{at}attn_norm.weight": (WIDTH,), f"{at}ffn_norm.weight": (WIDTH,)}
    for name, shape in shapes.items():
        values = (rng.normal(size=shape) * 0.3 + (len(shape) == 1)).astype(np.float32)
        if len(shape) == 1:
            writer.add_tensor(name, values)
            meant[name] = values
            continue
        packed = gguf.quants.quantize(values, KIND)
        writer.add_tensor(name, packed, raw_dtype=KIND)
        meant[name] = gguf.quants.dequantize(packed, KIND)
        assert not np.array_equal(meant[name], values), "quantisation must cost something"
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return meant
