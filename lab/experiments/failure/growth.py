"""Experiment “growth”: how far apart two models' states of the same text are, layer by layer.

Beside other models stands the same model with its embeddings moved by a share ε: the state
zero-point. A small start that grows, and a large one that was there from the first layer, look
alike at the end and are not.
"""

from __future__ import annotations

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from lab.engine.memory import LatentMemory
from lab.errors import LabError, ModelUnavailable, SpaceMismatch
from lab.experiments.failure.layers import Texts, all_states, spell
from lab.experiments.harness.driver import Watch
from lab.experiments.transfer.receiver import kl
from lab.experiments.transfer.relay_problems import Prompts, make_relays, written_facts
from lab.models.host import Host
from lab.models.hosts import Hosts
from lab.plan import Strict
from lab.records.results import Metric, ResultTable
from lab.words import say

METRICS = (
    Metric("distance", "share of the norm", "mean", "low"),
    Metric("cosine", "", "mean", "high"),
    Metric("kl", "nats", "mean", "low"),
    Metric("agreement", "share", "mean", "high"),
)
"""``distance``: ‖a - b‖ / ‖a‖ per token; ``cosine`` after the mean over the text is removed; ``kl``
and ``agreement`` of the words that both models say in the end (given with the last layer only)."""


class Settings(Strict):
    """What error growth depends on."""

    n: int = Field(40, ge=1, le=2000)
    seed: int = 0
    receiver: str = "pocket-base"
    """The model that the others are compared with."""
    others: tuple[str, ...] = (
        "pocket-base:int8",
        "pocket-base:int4",
        "pocket-gauge",
        "pocket-reseed",
    )
    epsilons: tuple[float, ...] = (0.001, 0.01, 0.1, 1.0)
    depths: tuple[int, ...] = (1, 2, 3, 4)
    written: str = ""
    """Name of a file in ``presets/relays``; empty: the ledger world."""


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Every other model and every ε, each layer a condition."""
    base = hosts(settings.receiver)
    table.host(base.name, base.info())
    facts = written_facts(settings.written) if settings.written else ()
    relays = make_relays(settings.n, settings.seed, settings.depths, facts)
    texts = spell(base, relays, Prompts.plain() if facts else None)
    own = all_states(base, texts)
    total = len(settings.others) + len(settings.epsilons)
    for number, epsilon in enumerate(settings.epsilons):
        name = f"embedding moved by {epsilon:g}"
        watch.step(number, total, name)
        if table.takes(f"{name}, layer {base.n_layers}"):
            states = perturbed(base, texts, epsilon, settings.seed)
            _add(table, name, base, base, texts, own, states, [r.number for r in relays], "control")
    for number, other in enumerate(settings.others, start=len(settings.epsilons)):
        watch.step(number, total, other)
        if not table.takes(f"{other}, layer {base.n_layers}"):
            continue
        try:
            host = hosts(other)
            _require_shape(base, host)
            table.host(other, host.info())
            table.meta.get("refused", {}).pop(other, None)
            _add(
                table,
                other,
                base,
                host,
                texts,
                own,
                all_states(host, texts),
                [r.number for r in relays],
                "",
            )
        except ModelUnavailable as error:
            table.meta.setdefault("refused", {})[other] = str(error)
        except LabError as error:
            table.refuse(other, "", str(error))


@torch.no_grad()
def perturbed(host: Host, texts: Texts, epsilon: float, seed: int) -> tuple[Tensor, ...]:
    """States when every input embedding is moved by ε of its own norm in a random direction."""
    embeds = host.embed(texts.ids)
    random = torch.randn(embeds.shape, generator=torch.Generator().manual_seed(seed)).to(embeds)
    random = random * (
        embeds.norm(dim=-1, keepdim=True) / random.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    )
    memory = LatentMemory(host, len(texts.lengths))
    block = memory.write(
        "reader", "prompt", embeds + epsilon * random, texts.lengths, want_states=True
    )
    return block.states or ()


def _require_shape(base: Host, other: Host) -> None:
    if (base.d_model, base.n_layers, base.vocab_size) != (
        other.d_model,
        other.n_layers,
        other.vocab_size,
    ):
        raise SpaceMismatch(
            say(
                "error.growth.layers_numbers_words_there",
                name=other.name,
                n_layers=other.n_layers,
                d_model=other.d_model,
                vocab_size=other.vocab_size,
                name2=base.name,
                n_layers2=base.n_layers,
                d_model2=base.d_model,
                vocab_size2=base.vocab_size,
            )
        )


def _add(
    table: ResultTable,
    name: str,
    base: Host,
    other: Host,
    texts: Texts,
    own: tuple[Tensor, ...],
    theirs: tuple[Tensor, ...],
    numbers: list[int],
    control: str,
) -> None:
    real = _real(texts)
    for layer, (a, b) in enumerate(zip(own, theirs, strict=True)):
        rows = [
            {"problem": n, "distance": d, "cosine": c, "layer": layer, "curve": name, "x": layer}
            for n, d, c in zip(numbers, *_apart(a, b, real), strict=True)
        ]
        if layer == base.n_layers:
            right = torch.log_softmax(base.logits(a).float(), -1)
            here = torch.log_softmax(other.logits(b).float(), -1)
            counts = texts.reply.sum(1)
            far = (kl(right, here) * texts.reply).sum(1) / counts
            same = ((right.argmax(-1) == here.argmax(-1)) & texts.reply).sum(1) / counts
            for row, k, s in zip(rows, far.tolist(), same.tolist(), strict=True):
                row.update(kl=k, agreement=s)
        table.add(f"{name}, layer {layer}", rows, control=control)


def _real(texts: Texts) -> Tensor:
    width = texts.ids.shape[1]
    place = torch.arange(width, device=texts.ids.device)[None]
    return place >= width - torch.tensor(texts.lengths, device=texts.ids.device)[:, None]


def _apart(a: Tensor, b: Tensor, real: Tensor) -> tuple[list[float], list[float]]:
    """Relative distance and mean-removed cosine per text."""
    distances, cosines = [], []
    for row in range(a.shape[0]):
        x, y = a[row][real[row]].float().cpu().numpy(), b[row][real[row]].float().cpu().numpy()
        distances.append(
            float((np.linalg.norm(x - y, axis=1) / np.linalg.norm(x, axis=1).clip(1e-12)).mean())
        )
        x, y = x - x.mean(0), y - y.mean(0)
        norms = (np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)).clip(1e-12)
        cosines.append(float(((x * y).sum(1) / norms).mean()))
    return distances, cosines
