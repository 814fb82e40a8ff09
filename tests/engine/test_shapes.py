"""The engine's tensor shapes are checked while the tests run."""

from __future__ import annotations

import pytest
import torch
from jaxtyping import TypeCheckError

from lab.engine.align import to_embedding
from lab.engine.rotary import shift_keys
from tests.engine.tiny_models import tiny


def test_a_wrong_shape_is_refused_at_the_door() -> None:
    host = tiny("qwen3")
    keys = torch.zeros(2, host.n_kv_heads, 5, host.head_dim)
    assert shift_keys(host, 0, keys, torch.tensor([1, 2])).shape == keys.shape
    with pytest.raises(TypeCheckError):
        shift_keys(host, 0, keys, torch.tensor([1, 2, 3]))  # three rows for two
    with pytest.raises(TypeCheckError):
        to_embedding(torch.zeros(2, host.d_model), host, "ridge", linear=torch.eye(3))
