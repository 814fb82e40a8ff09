"""Loaded hosts, shared by everybody: made lazily, kept in order of last use, under a memory
budget.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from lab.errors import ModelUnavailable
from lab.models import loader
from lab.models.host import Host
from lab.models.hosts import AnyHost, local
from lab.models.placement import count_params, free_bytes, pick_device
from lab.models.remote import RemoteHost, is_remote
from lab.models.spec import ModelSpec, is_pocket, parse_spec, pocket_folders
from lab.words import say

SHARE = 0.6
"""Part of the free memory that models may take when no budget is given."""


class HostPool:
    """All models of this process. Thread-safe; a host that was dropped stays usable for those who
    still hold it."""

    def __init__(self, budget_bytes: int | None = None) -> None:
        self.pocket_only = False
        """Whether whoever asks now may load members of the pocket family only."""
        self._budget = budget_bytes
        self._hosts: OrderedDict[ModelSpec, Host] = OrderedDict()
        self._lock = threading.Lock()
        """Guards the table, and is held for moments only, so that looking never waits for
        loading."""
        self._loading = threading.RLock()
        """Held while a model is loaded; a twin loads the model it is made from under it."""

    def get(self, model: str | ModelSpec) -> Host:
        """The host of this name, loaded now if it is not there.

        Raises:
            ModelUnavailable: if it is missing, gated, not causal, damaged or too large; one
                sentence.
            BadInput: if the name cannot be read, or is that of an endpoint (see `speaker`).
        """
        if isinstance(model, str) and is_remote(model):
            return local(self.speaker(model))
        spec = parse_spec(model) if isinstance(model, str) else model
        if self.pocket_only and not is_pocket(spec):
            raise ModelUnavailable(say("said.room.no.real"))
        if (known := self._known(spec)) is not None:
            return known
        with self._loading:
            if (known := self._known(spec)) is not None:
                return known
            self._make_room(spec, loader.estimate_bytes(spec))
            host = loader.load(spec, self.get)
            with self._lock:
                self._hosts[spec] = host
            return host

    def speaker(self, name: str) -> AnyHost:
        """As `get` for whom text is enough: ``remote:NAME`` is an endpoint, which can only speak.

        Args:
            name: of the model.

        Raises:
            LabError: as `get`, or if there is no such endpoint.
        """
        if not is_remote(name):
            return self.get(name)
        if self.pocket_only:
            raise ModelUnavailable(say("said.room.no.real"))
        return RemoteHost.from_name(name)

    def loaded(self) -> list[dict[str, Any]]:
        """What is in memory now, least recently used first."""
        with self._lock:
            return [host.info() for host in self._hosts.values()]

    def drop(self, model: str | ModelSpec) -> None:
        """Forget a host (its memory returns when nobody holds it any more)."""
        spec = parse_spec(model) if isinstance(model, str) else model
        with self._lock:
            self._hosts.pop(spec, None)

    def _known(self, spec: ModelSpec) -> Host | None:
        with self._lock:
            if spec in self._hosts:
                self._hosts.move_to_end(spec)
            return self._hosts.get(spec)

    def _make_room(self, spec: ModelSpec, need: int) -> None:
        device, _ = pick_device(spec.device)
        budget = self._budget
        if budget is None:
            free = free_bytes(device)
            with self._lock:
                held = sum(
                    host.n_bytes for host in self._hosts.values() if host.device.type == device.type
                )
            budget = None if free is None else int(SHARE * (free + held))
        if budget is None:
            return
        if need > budget:
            raise ModelUnavailable(
                say(
                    "error.pool.too_large_most_models",
                    title=spec.title,
                    budget=_mb(budget),
                    device=device,
                    need=_mb(need),
                )
            )
        with self._lock:
            while self._hosts and sum(h.n_bytes for h in self._hosts.values()) + need > budget:
                self._hosts.popitem(last=False)


def available_models() -> list[dict[str, Any]]:
    """The pocket models on disk with what their cards say; nothing is loaded."""
    return [_summary(folder) for folder in pocket_folders()]


def _summary(folder: Path) -> dict[str, Any]:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    card_file = folder / "card.json"
    card = json.loads(card_file.read_text(encoding="utf-8")) if card_file.is_file() else {}
    return {
        "name": folder.name,
        "path": str(folder),
        "architecture": (config.get("architectures") or ["unknown"])[0],
        "params": count_params(folder),
        "n_layers": config.get("num_hidden_layers", config.get("n_layer")),
        "d_model": config.get("hidden_size", config.get("n_embd")),
        "tied": bool(config.get("tie_word_embeddings", True)),
        "card": card,
    }


def _mb(n: int) -> str:
    return f"{n / 1e9:.1f} GB" if n >= 1e9 else f"{n / 1e6:.1f} MB"
