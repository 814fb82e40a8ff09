"""Experiment “probe”: is the fact there, and is it used?

Two questions about the same latents, cell by cell (latent step × layer). *There*: a linear probe
reads the answer from the sender's state of that cell. *Used*: the sender's states of that layer, up
to that step, are handed over and the receiver answers. A cell where the first works and the second
does not is decodable but unused.

The probe is ridge regression from the state onto the answers, on problems whose template it has not
seen (grouped cross-validation). Beside it stand a control task, whose answers were drawn by lot for
every question (Hewitt and Liang 2019, arXiv 1909.03368), and a null from permuted answers; its 95 %
quantile of the best of all cells corrects for looking at many (Westfall and Young 1993).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

from lab.errors import BadInput
from lab.experiments.failure import relay
from lab.experiments.harness.driver import Watch
from lab.experiments.harness.evaluate import Evaluator
from lab.experiments.transfer.conditions import Condition, OtherProblem, ReadLayer, Think
from lab.experiments.transfer.relay_problems import Relay
from lab.experiments.transfer.sender import think
from lab.models.host import Host
from lab.models.hosts import Hosts
from lab.records.results import METRICS as BASIC
from lab.records.results import Metric, ResultTable
from lab.words import say

READ, CONTROL, NULL = "read", "control_task", "null"
METRICS = (
    *BASIC,
    Metric(READ, "share", "rate", "high"),
    Metric(CONTROL, "share", "rate", ""),
    Metric(NULL, "share", "mean", ""),
)
"""``read``: the probe names the right answer; ``control_task``: the same probe on answers drawn by
lot; ``null``: its mean over permuted answers."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Settings(relay.Settings):
    """What a probe depends on."""

    n: int = Field(480, ge=20, le=5000)
    at: tuple[int, ...] = (1, 2, 4, 8, 16, 24, 36)
    """Latent steps that are probed, counted from 1."""
    layers: tuple[int, ...] | None = None
    """Layers that are probed, 0 the embedding; None means all."""
    folds: int = Field(5, ge=2, le=20)
    permutations: int = Field(100, ge=19, le=2000)
    alpha: float = Field(30.0, gt=0)
    """Ridge penalty on standardised states."""
    conditions: tuple[Condition, ...] = (Condition(name="unused", channel="none"),)
    """Made from steps and layers; not to be given."""


@dataclass(frozen=True)
class Labels:
    """What a probe has to name: one of ``names`` for each of n problems."""

    names: tuple[str, ...]
    of: Ints
    """(n,) index of the right name."""
    allowed: npt.NDArray[np.bool_]
    """(n, names) which names may be chosen for a problem: those of its sort."""
    closeness: Floats
    """(names, names) what the probe regresses on; the identity where every answer occurs often,
    else the cosine of the answers' embeddings, so that an answer never seen can be named too."""


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """The floor and ceiling, then for every step and layer the probe and the hand-over.

    Raises:
        BadInput: if a step lies beyond the rollout, or the problems have fewer templates than
            folds.
    """
    at = sorted(set(settings.at))
    if not at or at[0] < 1 or at[-1] > settings.steps:
        raise BadInput(
            say("error.probe.probed_steps_latent_steps", steps=settings.steps, at=list(settings.at))
        )
    runner = relay.evaluator(settings, hosts)
    sender = runner.host(settings.sender, table)
    receiver = runner.host(settings.receiver, table)
    cells = [(step, layer) for step in at for layer in _layers(settings, sender)]
    names = {cell: f"step {cell[0]}, layer {cell[1]}" for cell in cells}
    _there(table, settings, runner, sender, cells, names, watch)
    conditions = [
        *_ends(settings),
        *(
            _handed(settings, cell, names[cell])
            for cell in cells
            if cell[1] < min(sender.n_layers, receiver.n_layers)
        ),
    ]
    runner.fill(table, conditions, watch)


def _layers(settings: Settings, sender: Host) -> list[int]:
    layers = sorted(set(range(sender.n_layers + 1) if settings.layers is None else settings.layers))
    if not layers or layers[0] < 0 or layers[-1] > sender.n_layers:
        raise BadInput(
            say(
                "error.probe.probed_layers_change_layers",
                n_layers=sender.n_layers,
                name=sender.name,
                value=list(settings.layers or ()),
            )
        )
    return layers


def _ends(settings: Settings) -> list[Condition]:
    pair = {"sender": settings.sender, "receiver": settings.receiver}
    return [
        Condition(name="nothing", channel="none", control="floor", **pair),
        Condition(name="text", channel="text", control="ceiling", **pair),
        Condition(
            name="another problem",
            channel="latent",
            control="control",
            ops=(OtherProblem(op="other_problem"),),
            **pair,
        ),
    ]


def _handed(settings: Settings, cell: tuple[int, int], name: str) -> Condition:
    """The first ``step`` latents handed over as the sender's states of ``layer`` (0: the vectors
    that were fed)."""
    step, layer = cell
    ops = (ReadLayer(op="layer", read=layer, write=layer),) if layer else ()
    return Condition(
        name=name,
        channel="latent",
        sender=settings.sender,
        receiver=settings.receiver,
        think=Think(steps=step),
        ops=ops,
        curve=f"layer {layer}",
        x=step,
    )


def _there(
    table: ResultTable,
    settings: Settings,
    runner: Evaluator,
    sender: Host,
    cells: Sequence[tuple[int, int]],
    names: dict[tuple[int, int], str],
    watch: Watch,
) -> None:
    if all(table.done(name, "probe") for name in names.values()) or not table.takes(
        "all steps and layers", "probe"
    ):
        return
    watch.step(0, 2, say("said.progress.sender"))
    states = _states(runner, sender, sorted({step for step, _ in cells}))
    labels = labels_of(runner.relays, sender)
    groups = np.unique([r.template for r in runner.relays], return_inverse=True)[1]
    rng = np.random.default_rng(settings.seed)
    control = by_lot(runner.relays, labels, rng)
    permuted = [rng.permutation(labels.of) for _ in range(settings.permutations)]
    tasks = np.stack([labels.of, control, *permuted])
    hits = {}
    for number, cell in enumerate(cells):
        watch.step(number, len(cells), say("said.progress.probe", cell=names[cell]))
        hits[cell] = named_right(
            states[cell], labels, tasks, groups, settings.folds, settings.alpha
        )
    best = np.max([hit[2:].mean(1) for hit in hits.values()], axis=0)
    threshold = float(np.quantile(best, 0.95))
    table.meta["probe"] = {
        "threshold": threshold,
        "permutations": settings.permutations,
        "templates": int(groups.max()) + 1,
        "names": len(labels.names),
        "p": {
            names[cell]: float((1 + (best >= hit[0].mean()).sum()) / (1 + len(best)))
            for cell, hit in hits.items()
        },
    }
    for cell, hit in hits.items():
        null = hit[2:].mean(0)
        rows = [
            {
                "problem": one.number,
                "depth": one.depth,
                READ: float(hit[0, i]),
                CONTROL: float(hit[1, i]),
                NULL: float(null[i]),
                "curve": f"layer {cell[1]}",
                "x": float(cell[0]),
                "truth": one.truth,
            }
            for i, one in enumerate(runner.relays)
        ]
        table.add(names[cell], rows, "probe")


def _states(runner: Evaluator, sender: Host, at: Sequence[int]) -> dict[tuple[int, int], Floats]:
    """(n, D) of every (step, layer), the states at the slot of that latent step."""
    parts: list[torch.Tensor] = []
    for i in range(0, len(runner.relays), runner.batch):
        some = runner.relays[i : i + runner.batch]
        prompts = [runner.prompts.ids(sender, "sender", one) for one in some]
        thoughts = think(sender, prompts, max(at), Think(), want_states=True)
        assert thoughts.states is not None
        parts.append(thoughts.states[:, :, [step - 1 for step in at]].float().cpu())
    states = torch.cat(parts, 1).numpy().astype(np.float64)
    return {
        (step, layer): states[layer, :, place]
        for place, step in enumerate(at)
        for layer in range(states.shape[0])
    }


def labels_of(relays: Sequence[Relay], host: Host) -> Labels:
    """The answers as classes; by embedding where many of them occur once or twice only.

    Args:
        relays: n problems.
        host: whose input embeddings say how close two answers are.
    """
    names, of, counts = np.unique(
        [r.truth for r in relays], return_inverse=True, return_counts=True
    )
    sorts = np.array([r.sort for r in relays])
    allowed = np.zeros((len(relays), len(names)), bool)
    for sort in np.unique(sorts):
        here = sorts == sort
        allowed[np.ix_(here, np.unique(of[here]))] = True
    closeness = np.eye(len(names))
    if np.median(counts) < 5:
        rows = np.stack([_embedding(host, f" {name}") for name in names])
        rows -= rows.mean(0)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        closeness = rows @ rows.T
    return Labels(tuple(map(str, names)), of.astype(np.int64), allowed, closeness)


def _embedding(host: Host, text: str) -> Floats:
    """(D,) mean input embedding of the tokens of a text."""
    if host.tokenizer is None:
        raise BadInput(say("error.probe.no_tokenizer_read_text", name=host.name))
    ids = host.tokenizer.encode(text, add_special_tokens=False)
    mean: Floats = host.embedding_matrix[ids].float().mean(0).cpu().numpy().astype(np.float64)
    return mean


def by_lot(relays: Sequence[Relay], labels: Labels, rng: np.random.Generator) -> Ints:
    """(n,) the control task: every question gets an answer by lot, the same wherever it is asked.

    Args:
        relays: n problems.
        labels: the answers that are drawn from.
        rng: the lot.
    """
    drawn: dict[str, int] = {}
    for i, one in enumerate(relays):
        drawn.setdefault(one.question, int(rng.choice(np.flatnonzero(labels.allowed[i]))))
    return np.array([drawn[one.question] for one in relays], np.int64)


def named_right(
    x: Floats, labels: Labels, tasks: Ints, groups: Ints, folds: int, alpha: float
) -> npt.NDArray[np.bool_]:
    """Whether the probe names each problem's answer, for many tasks on the same states.

    Ridge is linear in its targets, so all tasks of a fold are one fit.

    Args:
        x: (n, D) states.
        labels: the names and how close they are.
        tasks: (t, n) index of the name to be learned, one line per task.
        groups: (n,) template of each problem; no template is in training and test at once.
        folds: number of folds.
        alpha: ridge penalty on standardised states.

    Returns:
        (t, n), each problem judged when its template was held out.

    Raises:
        BadInput: if there are fewer templates than folds.
    """
    if len(np.unique(groups)) < folds:
        raise BadInput(
            say("error.probe.folds_need_least_templates", folds=folds, n=len(np.unique(groups)))
        )
    t, n = tasks.shape
    right = np.zeros((t, n), bool)
    for train, test in GroupKFold(folds).split(x, groups=groups):
        scale = StandardScaler().fit(x[train])
        targets = labels.closeness[tasks[:, train]]  # (t, train, names)
        flat = targets.transpose(1, 0, 2).reshape(len(train), -1)
        fitted = Ridge(alpha=alpha).fit(scale.transform(x[train]), flat)
        scores = fitted.predict(scale.transform(x[test])).reshape(len(test), t, -1)
        scores[np.broadcast_to(~labels.allowed[test][:, None], scores.shape)] = -np.inf
        right[:, test] = tasks[:, test] == scores.argmax(-1).T
    return right
