"""Vectors on their way off the device."""

from __future__ import annotations

import torch

from lab.engine.copy_out import CopyOut


def test_what_was_sent_is_there_after_the_wait() -> None:
    out, sent = CopyOut(torch.device("cpu")), torch.arange(12.0).view(3, 4)
    there = [out.send(sent + i) for i in range(3)]
    out.wait()
    for i, tensor in enumerate(there):
        assert tensor.device.type == "cpu" and torch.equal(tensor, sent + i)
