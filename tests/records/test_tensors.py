"""The codec against the safetensors library, and bfloat16 against its definition."""

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from lab.errors import RecordDamaged
from lab.records import tensors
from lab.records.tensors import Raw, bfloat16


def test_the_library_reads_what_we_write_and_the_reverse(tmp_path):
    arrays = {
        "states/a": np.arange(12, dtype=np.float32).reshape(3, 4),
        "top_ids/a": np.array([[1, -1]], np.int32),
        "top_logp/a": np.array([[-0.5, np.nan]], np.float16),
        "empty": np.zeros((0, 4), np.float32),
    }
    tensors.save(tmp_path / "ours", arrays)
    save_file(arrays, tmp_path / "theirs")
    theirs, ours = load_file(tmp_path / "ours"), tensors.load(tmp_path / "theirs")
    for name, array in arrays.items():
        np.testing.assert_array_equal(theirs[name], array)
        np.testing.assert_array_equal(ours[name].data, array)


def test_bfloat16_is_the_upper_half_rounded_to_even(tmp_path):
    one, next_up = 0x3F800000, 0x3F810000
    values = np.array(
        [one, one + 0x7FFF, one + 0x8000, one + 0x8001, next_up + 0x8000], np.uint32
    ).view(np.float32)
    expected = np.array([one, one, one, next_up, next_up + 0x10000], np.uint32).view(np.float32)
    tensors.save(tmp_path / "x", {"x": bfloat16(values)})
    back = tensors.load(tmp_path / "x")["x"]
    assert back.dtype == "BF16"
    np.testing.assert_array_equal(back.float32(), expected)
    assert np.isnan(bfloat16(np.array([np.nan])).float32()).all()
    assert not np.array_equal(Raw(back.data, "F16").float32(), expected)


def test_bfloat16_agrees_with_torch():
    values = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    expected = torch.tensor(values).bfloat16().float().numpy()
    np.testing.assert_array_equal(bfloat16(values).float32(), expected)


@pytest.mark.parametrize("keep", [0, 4, 8, 30, -1])
def test_a_truncated_file_is_named(tmp_path, keep):
    path = tmp_path / "states.safetensors"
    tensors.save(path, {"x": np.ones((4, 4), np.float32)})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(RecordDamaged, match=r"states\.safetensors .* cannot be read"):
        tensors.load(path)
