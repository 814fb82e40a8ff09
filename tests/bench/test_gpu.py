"""The bench of GPUs: refused in one sentence without one, the same code path tried small, shapes
that are those of the real models.
"""

from __future__ import annotations

import json

import pytest
import torch

from lab.bench import gpu
from lab.cli import main
from lab.errors import BadInput


def test_without_a_gpu_it_says_what_it_needs() -> None:
    if torch.cuda.is_available():
        assert next(gpu.measure()).value > 0
    else:
        with pytest.raises(BadInput, match=r"needs an NVIDIA GPU .* bench gpu --tiny"):
            next(gpu.measure())


def test_the_small_shape_gives_every_figure(monkeypatch, capsys) -> None:
    for name, value in (("WORDS", 6), ("ROUNDS", 1), ("BATCH", 2)):
        monkeypatch.setattr(gpu, name, value)
    assert main(["bench", "gpu", "--tiny", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["gpu"]
    names = {figure["name"]: figure["value"] for figure in figures}
    for what in (
        "plain loop",
        "generate()",
        "lab",
        "lab, all layers captured",
        "lab, latent steps",
    ):
        assert names[f"tiny: {what}"] > 0
    assert names["memory read"] > 0 and len(figures) == 11


def test_shapes_have_the_real_numbers_of_parameters() -> None:
    billions = {shape.name: gpu.parameters(shape) / 1e9 for shape in gpu.SHAPES}
    assert billions == {
        "Qwen3-0.6B": pytest.approx(0.596, abs=0.001),
        "Qwen3-4B": pytest.approx(4.02, abs=0.01),
        "Qwen3-14B": pytest.approx(14.77, abs=0.01),
    }
    host = gpu.random_host(gpu.TINY[0], torch.device("cpu"))
    norms = sum(p.numel() for p in host.model.parameters() if p.dim() == 1)
    assert host.n_params - norms == gpu.parameters(gpu.TINY[0])
