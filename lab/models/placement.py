"""Which device, dtype and attention a model gets, each with its reason, and how much memory it will
need.
"""

from __future__ import annotations

import json
import struct
from math import prod
from pathlib import Path
from typing import Any

import torch

from lab.errors import BadInput
from lab.models.cpu_speed import cpu_dtype
from lab.models.spec import Attention
from lab.words import say

SMALL = 50_000_000
"""Parameters up to which a model is kept in float32 everywhere: exact, and fast enough."""
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def pick_device(wanted: str) -> tuple[torch.device, str]:
    """The device and the reason for it.

    Raises:
        BadInput: if the wanted device does not exist here.
    """
    if wanted != "auto":
        known = wanted.partition(":")[0] in ("cpu", "cuda", "mps")
        here = wanted == "cpu" or (wanted.startswith("cuda") and torch.cuda.is_available())
        if not known or not (here or (wanted == "mps" and torch.backends.mps.is_available())):
            raise BadInput(say("error.placement.device_not_on_machine", wanted=wanted))
        return torch.device(wanted), "asked for"
    if torch.cuda.is_available():
        return torch.device("cuda"), f"CUDA is there ({torch.cuda.get_device_name(0)})"
    if torch.backends.mps.is_available():
        return torch.device("mps"), "Apple's MPS is there"
    return torch.device("cpu"), "no GPU found"


def pick_dtype(wanted: str, device: torch.device, n_params: int) -> tuple[torch.dtype, str]:
    """The dtype and the reason for it.

    Args:
        wanted: ``auto`` or the name of a dtype of torch.
        device: where the model will run.
        n_params: its number of parameters.

    Raises:
        BadInput: if the dtype is unknown.
    """
    if wanted != "auto":
        if wanted not in DTYPES:
            raise BadInput(
                say(
                    "error.placement.dtype_auto_choose_them", wanted=wanted, names=", ".join(DTYPES)
                )
            )
        return DTYPES[wanted], "asked for"
    if n_params <= SMALL:
        return torch.float32, "small model: float32 is exact and fast enough"
    if device.type == "cuda" and torch.cuda.is_bf16_supported():
        return torch.bfloat16, "large model on a GPU that computes in bfloat16"
    if device.type in ("cuda", "mps"):
        return torch.float16, "large model on a GPU without bfloat16"
    return cpu_dtype()


def pick_attention(wanted: Attention, config: Any) -> tuple[str, str]:
    """The attention implementation and the reason for it.

    Args:
        wanted: ``auto`` or an implementation of transformers.
        config: the model's configuration.
    """
    if getattr(config, "attn_logit_softcapping", None):
        return "eager", "the model caps its attention logits, which only eager attention does"
    if wanted != "auto":
        return wanted, "asked for"
    return "sdpa", "fused attention, exact"


def count_params(folder: Path) -> int:
    """Number of stored weights, read from the headers of the safetensors files (nothing is
    loaded)."""
    total = 0
    for file in sorted(folder.glob("*.safetensors")):
        with open(file, "rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            header = json.loads(stream.read(length))
        total += sum(prod(entry["shape"]) for key, entry in header.items() if key != "__metadata__")
    return total


def free_bytes(device: torch.device) -> int | None:
    """Bytes that may still be taken on the device; None where it cannot be told."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    table = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if ":" in line}
    return table.get("MemAvailable")
