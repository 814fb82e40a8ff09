"""How many CPU threads a run may use.

A pocket model's matrices are so small that sharing one among threads costs more than it saves, and
on a busy machine much more: waiting threads spin. Measured with pocket-base on 2 cores beside
another program: a default run takes 0.6 s on one thread and 16 s on two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch

from lab.models.hosts import AnyHost
from lab.models.remote import RemoteHost

SMALL = 20_000_000
"""Parameters up to which one thread is enough for a few rows."""


@contextmanager
def threads_for(hosts: Iterable[AnyHost]) -> Iterator[int]:
    """Set the thread count for a run on these hosts, and put the old one back afterwards."""
    before = torch.get_num_threads()
    sizes = [host.n_params for host in hosts if not isinstance(host, RemoteHost)]
    count = 1 if sizes and max(sizes) <= SMALL else before
    torch.set_num_threads(count)
    try:
        yield count
    finally:
        torch.set_num_threads(before)
