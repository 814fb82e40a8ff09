"""Experiment “tamper”: the visible words are honest, the cache beside them is altered; who notices?

Four checks look at the same hand-overs: the norms of keys and values; a linear classifier that was
shown this very kind of tampering on other problems; a linear probe that reads the answer from the
cache and holds it against the words; and a signed manifest. Thresholds of the first three are set
on honest hand-overs of other problems for one false alarm in twenty. Honest hand-overs, as they
are, rounded and moved, stand beside the altered ones, and what the receiver then answers too.
What may happen is in `tamper_changes`, who looks in `tamper_checks`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from lab import worlds
from lab.engine.manifest import Manifest, disagreements, sign
from lab.engine.memory import LatentMemory
from lab.errors import BadInput
from lab.experiments.failure.tamper_changes import (
    Change,
    Handed,
    Tampering,
    blended,
    moved,
    noisy,
    rounded,
    stretched,
)
from lab.experiments.failure.tamper_checks import CheckLearning, Checks, distance, last_number
from lab.experiments.harness.batch import Batch
from lab.experiments.harness.driver import Watch
from lab.experiments.transfer.conditions import Think
from lab.experiments.transfer.receiver import ask
from lab.experiments.transfer.relay_problems import Prompts, Relay, answer_ids, make_relays
from lab.experiments.transfer.sender import Thoughts
from lab.models.host import Host
from lab.models.hosts import Hosts
from lab.plan import Strict
from lab.records.results import Metric, ResultTable
from lab.words import say

METRICS = (
    Metric("accuracy", "share", "rate", "high"),
    Metric("with_words", "share", "rate", "high"),
    Metric("planted", "share", "rate", "low"),
    Metric("planted_with_words", "share", "rate", "low"),
    Metric("norm_alarm", "share", "rate", ""),
    Metric("classifier_alarm", "share", "rate", ""),
    Metric("probe_alarm", "share", "rate", ""),
    Metric("manifest_alarm", "share", "rate", ""),
    Metric("change", "ratio", "mean", ""),
)
"""``accuracy``, ``planted``: the receiver, given the cache alone, answers the truth, or what was
planted; ``with_words``, ``planted_with_words``: given the honest words too; ``*_alarm``: what each
check says; ``change``: distance to the honest cache, as a share of its norm."""
CHECKS = ("norm_alarm", "classifier_alarm", "probe_alarm", "manifest_alarm")

FAR = 100_000
"""Between the numbers of the problems that are measured and those that checks learn from."""


class Settings(Strict):
    """What the figures depend on."""

    n: int = Field(200, ge=10, le=2000)
    seed: int = 0
    model: str = "pocket-base"
    """Thinks and receives."""
    steps: int = Field(36, ge=1, le=200)
    depths: tuple[int, ...] = (1, 2, 3, 4)
    learn: int = Field(1600, ge=40, le=5000)
    """Problems that thresholds and probes come from; half fit, half set the threshold."""
    false_alarms: float = Field(0.05, gt=0, lt=0.5)
    """Share of honest hand-overs at which a threshold is set."""
    noise: tuple[float, ...] = (0.1, 0.5)
    """Random changes, as a share of each key's and value's norm."""
    stretch: float = Field(1.5, gt=0)
    """Factor of values that are made longer."""
    blend: tuple[float, ...] = (0.25, 0.5)
    """Shares of the planted cache that is mixed into the honest one."""
    move: int = Field(50, ge=1, le=400)
    """Positions by which an honest cache is moved, keys turned along."""
    alpha: float = Field(30.0, gt=0)
    """Ridge penalty of classifier and probe, on standardised features."""
    batch: int = Field(100, ge=1)


def cases(settings: Settings) -> list[Tampering]:
    """Honest hand-overs first, then changes on the way, then a sender that lies.

    Args:
        settings: how strong the changes are.
    """

    def noise(share: float) -> Change:
        return lambda handed, generator: noisy(handed.honest, share, generator)

    def blend(share: float) -> Change:
        return lambda handed, _: blended(handed, share, 0)

    return [
        Tampering("untouched", lambda h, _: h.honest, "floor"),
        Tampering("rounded to bfloat16", lambda h, _: rounded(h.honest), "control"),
        Tampering(
            "moved to later positions", lambda h, _: moved(h.honest, settings.move), "control"
        ),
        *(Tampering(f"noise of {share:g} norms", noise(share)) for share in settings.noise),
        Tampering("values made longer", lambda h, _: stretched(h.honest, settings.stretch)),
        *(
            Tampering(
                f"{100 * share:.0f} % of the false cache mixed in",
                blend(share),
                plants=True,
            )
            for share in settings.blend
        ),
        Tampering("false thoughts, honest prompt", lambda h, _: blended(h, 1.0, None), plants=True),
        Tampering("false cache", lambda h, _: h.planted, plants=True),
        Tampering(
            "another problem's cache and manifest",
            lambda h, _: h.honest.select_rows(h.work.others),
            signed="another",
        ),
        Tampering("the sender itself lies", lambda h, _: h.planted, signed="arrives", plants=True),
    ]


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Let the checks learn, then try every case on problems they have not seen.

    Raises:
        BadInput: if too few problems could be given a falsehood.
    """
    host = hosts(settings.model)
    table.host(settings.model, host.info())
    plan = cases(settings)
    todo = [case for case in plan if not table.done(case.name, "kv")]
    if not todo:
        return
    total = len(plan) + 2
    watch.step(0, total, say("said.progress.checks_learn"))
    learn = [_hand_over(settings, host, some) for some in _chunks(settings, learning=True)]
    watch.step(1, total, say("said.progress.checks_measured"))
    measured = [_hand_over(settings, host, some) for some in _chunks(settings, learning=False)]
    checks = Checks(CheckLearning(settings.alpha, settings.false_alarms, settings.seed), learn)
    table.meta["thresholds"] = {
        "false_alarms": settings.false_alarms,
        "learn": sum(len(h.relays) for h in learn),
        "probe_right": checks.probe_right,
    }
    for number, case in enumerate(todo, start=2):
        watch.step(number, total, case.name)
        if not table.takes(case.name, "kv"):
            continue
        checks.shown(case)
        rows = []
        for handed in measured:
            generator = torch.Generator().manual_seed(settings.seed + 1)
            rows += _rows(settings, host, case, handed, checks, generator)
        table.add(case.name, rows, "kv", case.control)


def _chunks(settings: Settings, learning: bool) -> list[list[tuple[Relay, Relay]]]:
    """Problems with a falsehood each, in batches."""
    wanted = settings.learn if learning else settings.n
    seed = settings.seed + (FAR if learning else 0)
    made = make_relays(2 * wanted, seed, settings.depths)
    pairs = [(one, lie) for one in made if (lie := lied(one)) is not None][:wanted]
    if len(pairs) < wanted:
        raise BadInput(say("error.tamper.too_few", n=len(pairs), tried=2 * wanted, wanted=wanted))
    return [pairs[i : i + settings.batch] for i in range(0, wanted, settings.batch)]


def lied(relay: Relay) -> Relay | None:
    """The same problem with another number of coins at the start and so another answer; None where
    no such number fits the ledger.

    Args:
        relay: a problem of the ledger.
    """
    problem = relay.problem
    if problem is None:
        raise BadInput(say("error.tamper.no_ledger"))
    color, start = problem.plan.split("; ")[0].split()
    steps = list(worlds.ledger.read_plan(problem.plan))
    for by in (3, -3, 2, -2, 4, -4):
        other = int(start) + by
        worked = worlds.ledger.rework(other, steps) if 2 <= other <= 20 else None
        if worked and str(worked[-1].after) != relay.truth:
            facts = relay.facts.replace(
                f"The {color} box has {start} coins.", f"The {color} box has {other} coins."
            )
            truth = str(worked[-1].after)
            return Relay(relay.number, facts, relay.question, truth, relay.depth)
    return None


def _hand_over(settings: Settings, host: Host, pairs: list[tuple[Relay, Relay]]) -> Handed:
    relays, lies = [a for a, _ in pairs], [b for _, b in pairs]
    thoughts, work = _thoughts(settings, host, relays)
    false, _ = _thoughts(settings, host, lies)
    if false.memory.kv_len != thoughts.memory.kv_len or not bool(
        (false.memory.mask == thoughts.memory.mask).all()
    ):
        raise BadInput(say("error.tamper.other_tokens", name=host.name))
    said = [host.text(ids).strip() for ids in work.speak(host, "sender")[0]]
    return Handed(relays, lies, work, thoughts.memory, false.memory, thoughts.prompt_columns, said)


def _thoughts(settings: Settings, host: Host, relays: list[Relay]) -> tuple[Thoughts, Batch]:
    work = Batch(
        relays, Prompts.pocket(), settings.steps, settings.steps, settings.seed, deep=False
    )
    return work.think(host, Think()), work


# -- what comes of it


def _rows(
    settings: Settings,
    host: Host,
    case: Tampering,
    handed: Handed,
    checks: Checks,
    generator: torch.Generator,
) -> list[dict[str, object]]:
    memory = case.change(handed, generator)
    alarms = checks.alarms(memory, handed)
    alarms["manifest_alarm"] = _manifest_alarms(settings, case, handed, memory)
    alone = _answers(host, handed, memory.fork(), words=False)
    both = _answers(host, handed, memory.fork(), words=True)
    change = distance(memory, handed.honest)
    return [
        {
            "problem": relay.number,
            "depth": relay.depth,
            "accuracy": float(relay.is_right(alone[i])),
            "with_words": float(relay.is_right(both[i])),
            "planted": _is(alone[i], lie.truth) if case.plants else float("nan"),
            "planted_with_words": _is(both[i], lie.truth) if case.plants else float("nan"),
            **{name: float(alarms[name][i]) for name in CHECKS},
            "change": change[i],
            "answer": alone[i],
            "answer_with_words": both[i],
            "truth": relay.truth,
            "false": lie.truth,
            "words": handed.words[i],
        }
        for i, (relay, lie) in enumerate(zip(handed.relays, handed.lies, strict=True))
    ]


def _is(answer: str, value: str) -> float:
    return float(last_number(answer) == value)


def _answers(host: Host, handed: Handed, memory: LatentMemory, words: bool) -> list[str]:
    prompts = [
        handed.work.prompts.ids(
            host, "receiver_text" if words else "receiver", relay, heard=said if words else ""
        )
        for relay, said in zip(handed.relays, handed.words, strict=True)
    ]
    golds = [answer_ids(host, relay.truth) for relay in handed.relays]
    said = ask(host, memory, prompts, golds, handed.work.prompts.answer_tokens).said
    return [host.text(ids).strip() for ids in said]


def _manifest_alarms(
    settings: Settings, case: Tampering, handed: Handed, memory: LatentMemory
) -> npt.NDArray[np.bool_]:
    key = f"shared by sender and receiver, seed {settings.seed}".encode()
    source = memory if case.signed == "arrives" else handed.honest

    def signed(row: int) -> Manifest:
        about, words = handed.relays[row].question, handed.words[row]
        return sign(source, key, f"{handed.relays[row].number} {about}", words, row)

    manifests = [signed(row) for row in range(memory.rows)]
    if case.signed == "another":
        manifests = [manifests[other] for other in handed.work.others]
    return np.array(
        [
            bool(
                disagreements(
                    memory,
                    manifests[row],
                    key,
                    f"{relay.number} {relay.question}",
                    handed.words[row],
                    row,
                )
            )
            for row, relay in enumerate(handed.relays)
        ]
    )
