"""Untrained pocket models in the real format: right tokenizer and template, small, made in a
second.
"""

from __future__ import annotations

from pathlib import Path

import torch

from lab.zoo.networks import build_model, save_model
from lab.zoo.recipes import Architecture
from lab.zoo.tokenizer import build_tokenizer

SHAPE = Architecture(width=32, layers=2, heads=2, kv_heads=1, head_dim=16, inner=48)


def make_pockets(root: Path, *names: str) -> Path:
    """Save one model per name (each from its own seed); returns the folder for
    ``LATENT_LAB_MODELS``."""
    tokenizer = build_tokenizer()
    for seed, name in enumerate(names):
        save_model(build_model(SHAPE, tokenizer, seed), tokenizer, root / name)
    return root


def make_loud_pockets(folder: Path, *names: str) -> Path:
    """Like `make_pockets`, but loud enough that they say different words at different places."""
    tokenizer = build_tokenizer()
    for seed, name in enumerate(names):
        model = build_model(SHAPE, tokenizer, seed)
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.dim() > 1:
                    parameter.normal_(0, 0.4, generator=torch.Generator().manual_seed(seed + 10))
        save_model(model, tokenizer, folder / name)
    return folder
