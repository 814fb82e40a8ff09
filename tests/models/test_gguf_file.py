"""GGUF files: exact dequantisation, converted once, and a sentence for each kind of damage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from lab.errors import Cancelled, ModelUnavailable
from lab.files import CACHE_ENV
from lab.models.gguf_file import convert, converted_folder, read_header, source_note
from lab.models.loader import estimate_bytes
from lab.models.pool import HostPool
from lab.models.spec import parse_spec
from tests.models.tiny_gguf import LAYERS, write_tiny_gguf


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_ENV, str(tmp_path / "cache"))


def test_a_gguf_file_is_a_host_with_exactly_the_weights_it_stands_for(tmp_path: Path) -> None:
    path = tmp_path / "tiny.Q8_0.gguf"
    meant = write_tiny_gguf(path)
    host = HostPool().get(str(path))
    assert host.n_layers == LAYERS
    assert "Q8_0" in host.why["weights"] and path.name in host.why["weights"]
    stored = load_file(converted_folder(path) / "model.safetensors")
    for ours, theirs in (
        ("model.embed_tokens.weight", "token_embd.weight"),
        ("model.layers.1.mlp.down_proj.weight", "blk.1.ffn_down.weight"),
        ("model.layers.0.self_attn.v_proj.weight", "blk.0.attn_v.weight"),
        ("model.norm.weight", "output_norm.weight"),
    ):
        assert stored[ours].dtype == np.float32
        assert np.array_equal(stored[ours], meant[theirs]), ours


def test_it_is_converted_once_and_judged_before_it_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "tiny.gguf"
    write_tiny_gguf(path)
    header = read_header(path)
    assert (header.architecture, header.quantisation) == ("llama", "Q8_0")
    assert estimate_bytes(parse_spec(str(path))) == header.params * 4
    folder = convert(path)
    made = (folder / "model.safetensors").stat().st_mtime_ns
    assert convert(path) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == made
    note = source_note(folder)
    assert note is not None and note["quantisation"] == "Q8_0"


def test_another_file_under_the_same_name_is_another_model(tmp_path: Path) -> None:
    path = tmp_path / "tiny.gguf"
    write_tiny_gguf(path, seed=0)
    first = converted_folder(path)
    write_tiny_gguf(path, seed=1)
    assert converted_folder(path) != first


@pytest.mark.parametrize("kept", [0, 3, 40, 2_000, 60_000])
def test_a_damaged_file_is_one_sentence(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "cut.gguf"
    write_tiny_gguf(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(
        ModelUnavailable, match=r"cut.gguf is not a whole GGUF file .*fetch it again"
    ):
        HostPool().get(str(path))


def test_an_architecture_nobody_knows_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "odd.gguf"
    write_tiny_gguf(path)
    path.write_bytes(path.read_bytes().replace(b"llama", b"lloma"))
    with pytest.raises(ModelUnavailable, match=r"odd.gguf \(lloma, Q8_0\) cannot be converted"):
        HostPool().get(str(path))
    assert not list((tmp_path / "cache").rglob("*.half"))


def test_a_stopped_conversion_leaves_nothing_half_made(tmp_path: Path) -> None:
    path = tmp_path / "tiny.gguf"
    write_tiny_gguf(path)
    with pytest.raises(Cancelled):
        convert(path, cancelled=lambda: True)
    assert not converted_folder(path).exists()
    assert convert(path).is_dir()
