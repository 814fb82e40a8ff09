"""Vectors leave the device while the next step is computed: into pinned memory, on a stream of
their own.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class CopyOut:
    """Takes tensors off one device; on a CPU they stay what they are.

    Args:
        device: where the tensors are computed.
    """

    def __init__(self, device: torch.device) -> None:
        self._stream: Any = torch.cuda.Stream(device) if device.type == "cuda" else None

    def send(self, tensor: Tensor) -> Tensor:
        """The tensor in the CPU's memory, complete only after `wait`.

        Args:
            tensor: of any shape; nobody writes into it any more.
        """
        if self._stream is None or tensor.device.type != "cuda":
            return tensor.cpu()
        here = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
        self._stream.wait_stream(torch.cuda.current_stream(tensor.device))
        with torch.cuda.stream(self._stream):
            here.copy_(tensor, non_blocking=True)
        tensor.record_stream(self._stream)
        return here

    def wait(self) -> None:
        """Return when everything that was sent has arrived."""
        if self._stream is not None:
            self._stream.synchronize()
