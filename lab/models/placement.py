"""Which device, dtype and attention a model gets, each with its reason, how much memory it will
need, and whether it must be spread over several GPUs.
"""

from __future__ import annotations

import json
import re
import struct
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import Any

import torch

from lab.errors import BadInput, ModelUnavailable
from lab.models.cpu_speed import cpu_dtype
from lab.models.spec import Attention
from lab.words import say

SMALL = 50_000_000
"""Parameters up to which a model is kept in float32 everywhere: exact, and fast enough."""
PACKED = {"int8": 1.0, "int4": 0.53}
"""Bytes per weight of the blocks' matrices, scales included; everything else keeps 2."""
OUTSIDE = re.compile(r"embed|wte|wpe|lm_head|embd|output\.weight")
"""Names of matrices outside the blocks, which are not packed."""
ROOM_FOR_WORK = 0.85
"""Share of a GPU's free memory that weights may take; caches and activations need the rest."""
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
    if wanted in PACKED:
        return _packed_dtype(wanted, device)
    if wanted != "auto":
        if wanted not in DTYPES:
            raise BadInput(
                say(
                    "error.placement.dtype_auto_choose_them",
                    wanted=wanted,
                    names=", ".join([*DTYPES, *PACKED]),
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


def _packed_dtype(wanted: str, device: torch.device) -> tuple[torch.dtype, str]:
    """In what packed weights are multiplied.

    Raises:
        ModelUnavailable: if the library that packs is not there, or does not know the device.
    """
    bits = {"int8": 8, "int4": 4}[wanted]
    if device.type == "mps" or find_spec("bitsandbytes") is None:
        raise ModelUnavailable(say("error.placement.cannot_pack", bits=bits, device=device.type))
    half = device.type == "cuda" and not torch.cuda.is_bf16_supported()
    dtype = torch.float16 if half else torch.bfloat16
    return dtype, f"weights packed to {bits} bits by bitsandbytes, multiplied in {_name(dtype)}"


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def weight_bytes(wanted: str, dtype: torch.dtype, matrices: int, others: int) -> int:
    """Bytes that weights take in memory.

    Args:
        wanted: the dtype as asked for; packed ones apply to the blocks' matrices alone.
        dtype: in which everything else is kept.
        matrices, others: numbers of weights of either kind.
    """
    each = PACKED.get(wanted, dtype.itemsize)
    return int(matrices * each + others * dtype.itemsize)


def spread(need: int, free: list[int]) -> int | None:
    """On which of several GPUs weights go: the emptiest one that holds them, or None for all
    together.

    Args:
        need: bytes of the weights.
        free: bytes that may still be taken on each GPU, at least one.

    Raises:
        ModelUnavailable: if all together are too small.
    """
    best = max(range(len(free)), key=free.__getitem__)
    if need <= ROOM_FOR_WORK * free[best]:
        return best
    if need <= ROOM_FOR_WORK * sum(free):
        return None
    raise ModelUnavailable(
        say("error.placement.gpus_too_small", need=need / 1e9, n=len(free), free=sum(free) / 1e9)
    )


def free_per_gpu() -> list[int]:
    """Bytes that may still be taken on each GPU."""
    return [int(torch.cuda.mem_get_info(i)[0]) for i in range(torch.cuda.device_count())]


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
    return sum(count_by_kind(folder))


def count_by_kind(folder: Path) -> tuple[int, int]:
    """Numbers of stored weights in the blocks' matrices, and elsewhere (embeddings, head, norms).

    Args:
        folder: with safetensors files, of which only headers are read.
    """
    matrices = others = 0
    for file in sorted(folder.glob("*.safetensors")):
        with open(file, "rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            header = json.loads(stream.read(length))
        for key, entry in header.items():
            if key == "__metadata__":
                continue
            if len(entry["shape"]) > 1 and not OUTSIDE.search(key):
                matrices += prod(entry["shape"])
            else:
                others += prod(entry["shape"])
    return matrices, others


def gpu_bytes() -> int:
    """Memory of the smallest GPU that this process sees; 0 where it sees none."""
    seen = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())]
    return min((int(one.total_memory) for one in seen), default=0)


def free_bytes(device: torch.device) -> int | None:
    """Bytes that may still be taken on the device, on all GPUs where none is named; None where it
    cannot be told."""
    if device.type == "cuda" and device.index is None:
        return sum(free_per_gpu())
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    table = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if ":" in line}
    return table.get("MemAvailable")
