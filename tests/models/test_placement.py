"""Where weights go and how much room they need, decided by numbers before anything is loaded."""

from __future__ import annotations

import pytest
import torch

from lab.errors import ModelUnavailable
from lab.models.loader import estimate_bytes
from lab.models.placement import count_by_kind, pick_dtype, spread, weight_bytes
from lab.models.pool import HostPool
from lab.models.spec import ModelSpec
from tests.tiny_pocket import make_pockets

GB = 10**9


@pytest.mark.parametrize(
    ("need", "free", "place"),
    [
        (8 * GB, [40 * GB, 78 * GB], 1),
        (28 * GB, [24 * GB, 24 * GB], None),
        (60 * GB, [78 * GB], 0),
        (80 * GB, [24 * GB] * 4, None),
    ],
)
def test_one_gpu_where_it_is_enough_and_all_where_it_is_not(need, free, place) -> None:
    assert spread(need, free) == place


def test_too_large_for_all_gpus_is_said_before_loading() -> None:
    with pytest.raises(ModelUnavailable, match=r"140\.0 GB.* 2 GPUs, which have 48\.0 GB"):
        spread(140 * GB, [24 * GB, 24 * GB])


def test_memory_in_each_dtype() -> None:
    matrices, others = 13_000, 1_000
    sizes = {
        "float32": weight_bytes("float32", torch.float32, matrices, others),
        "bfloat16": weight_bytes("bfloat16", torch.bfloat16, matrices, others),
        "int8": weight_bytes("int8", torch.bfloat16, matrices, others),
        "int4": weight_bytes("int4", torch.bfloat16, matrices, others),
    }
    assert sizes == {"float32": 56_000, "bfloat16": 28_000, "int8": 15_000, "int4": 8_890}


def test_embeddings_and_norms_are_not_packed(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENT_LAB_MODELS", str(make_pockets(tmp_path, "pocket-base")))
    host = HostPool().get("pocket-base")
    matrices, others = count_by_kind(tmp_path / "pocket-base")
    blocks = sum(p.numel() for p in host.layers.parameters() if p.dim() > 1)
    assert matrices == blocks and matrices + others == host.n_params
    assert estimate_bytes(ModelSpec("pocket-base", dtype="float32")) == 4 * host.n_params
    assert estimate_bytes(ModelSpec("pocket-base", dtype="bfloat16")) == 2 * host.n_params


def test_packing_that_cannot_be_had_is_one_sentence() -> None:
    with pytest.raises(ModelUnavailable, match=r"4 bits .* mps: .* bitsandbytes .* pip install"):
        pick_dtype("int4", torch.device("mps"), 10**9)
