"""A small symmetric reader and writer of the safetensors format that also knows bfloat16.

NumPy has no bfloat16, and a record must open where torch is missing. So a bfloat16 tensor travels
as its raw 16 bits and becomes float32 on reading (exact: bfloat16 is the upper half of a float32).
It knows nothing of records. Format: https://github.com/huggingface/safetensors#format (8 bytes
header length, JSON header, data).
"""

from __future__ import annotations

import json
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lab.errors import RecordDamaged
from lab.words import say

_DTYPES: dict[str, str] = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": "<u2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "|i1",
    "U16": "<u2",
    "U8": "|u1",
    "BOOL": "|b1",
}
_NAMES = {np.dtype(v): k for k, v in _DTYPES.items() if k not in ("BF16",)}
MAX_HEADER = 16 * 2**20


@dataclass(frozen=True)
class Raw:
    """An array together with its safetensors type; only needed to say that 16-bit words are
    bfloat16."""

    data: np.ndarray
    dtype: str
    """A key of the format's type table, for example ``BF16`` or ``F32``."""

    def float32(self) -> np.ndarray:
        """The values as float32 (a copy unless they are float32 already)."""
        if self.dtype == "BF16":
            return (self.data.astype(np.uint32) << 16).view(np.float32)
        return np.asarray(self.data, dtype=np.float32)


def as_raw(array: np.ndarray | Raw) -> Raw:
    """Name the type of a plain array; a `Raw` passes through."""
    return array if isinstance(array, Raw) else Raw(array, _NAMES[array.dtype.newbyteorder("<")])


def bfloat16(values: np.ndarray) -> Raw:
    """Round float32 values to bfloat16 (to nearest, ties to even; NaN stays NaN)."""
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return Raw(np.where(np.isnan(values), 0x7FC0, rounded).astype(np.uint16), "BF16")


def save(path: Path, tensors: dict[str, np.ndarray | Raw], durable: bool = False) -> None:
    """Write all tensors to one file (not atomic: give a temporary name and rename).

    Args:
        durable: also wait until the disk has it.
    """
    raws = {name: as_raw(tensor) for name, tensor in tensors.items()}
    header: dict[str, Any] = {}
    offset = 0
    for name, raw in raws.items():
        end = offset + raw.data.nbytes
        header[name] = {
            "dtype": raw.dtype,
            "shape": list(raw.data.shape),
            "data_offsets": [offset, end],
        }
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for raw in raws.values():
            file.write(np.ascontiguousarray(raw.data).data)
        if durable:
            file.flush()
            os.fsync(file.fileno())


def load(path: Path) -> dict[str, Raw]:
    """Map all tensors of a file without reading their data yet.

    Raises:
        RecordDamaged: if the file is missing, shorter than its header says, or not in this format.
    """
    try:
        size = path.stat().st_size
        with open(path, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(MAX_HEADER, size):
                raise ValueError(f"header of {length} bytes")
            header = json.loads(file.read(length))
        start = 8 + length
        return {k: _map(path, start, size, v) for k, v in header.items() if k != "__metadata__"}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise RecordDamaged(
            say(
                "error.tensors.record_cannot_read_complete",
                name=path.name,
                name2=path.parent.name,
                error=error,
            )
        ) from error


def _map(path: Path, start: int, size: int, entry: dict[str, Any]) -> Raw:
    begin, end = entry["data_offsets"]
    shape, dtype = tuple(entry["shape"]), np.dtype(_DTYPES[entry["dtype"]])
    count = int(np.prod(shape, dtype=np.int64))
    if start + end > size or end - begin != count * dtype.itemsize:
        raise ValueError(f"{size} bytes where {start + end} were promised")
    if count == 0:
        return Raw(np.zeros(shape, dtype), entry["dtype"])
    data = np.memmap(path, dtype=dtype, mode="r", offset=start + begin, shape=shape)
    return Raw(data, entry["dtype"])
