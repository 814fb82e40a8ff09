"""What a model's name in a plan stands for: a model on this machine, or an endpoint that can only
speak.
"""

from __future__ import annotations

from collections.abc import Callable

from lab.errors import BadInput
from lab.models.host import Host
from lab.models.remote import RemoteHost
from lab.words import say

AnyHost = Host | RemoteHost
Hosts = Callable[[str], Host]
"""A model's name to its loaded host; raises `lab.errors.ModelUnavailable`."""
AnyHosts = Callable[[str], AnyHost]
"""The same where an endpoint will do too."""


def local(host: AnyHost) -> Host:
    """The host as one whose hidden states are here.

    Raises:
        BadInput: for a remote endpoint.
    """
    if isinstance(host, RemoteHost):
        raise BadInput(say("error.hosts.remote_endpoint_model_on", name=host.name))
    return host
