"""Experiment “relay”: did the thought cross? The hand-over with all its controls, over many
problems.

The sender sees the facts, the receiver only the question, so the answer can reach the receiver only
through what is handed over. The conditions stand in ``presets/experiments/relay.yaml``.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from lab.experiments.harness.driver import Watch
from lab.experiments.harness.evaluate import Evaluator, require_conditions
from lab.experiments.transfer.conditions import Conditions
from lab.experiments.transfer.relay_problems import Fact, Prompts, make_relays, written_facts
from lab.experiments.transfer.states import Doc
from lab.models.hosts import Hosts
from lab.records.results import METRICS as BASIC
from lab.records.results import ResultTable

METRICS = BASIC


class Settings(Conditions):
    """What a relay experiment depends on."""

    n: int = 200
    seed: int = 0
    steps: int = Field(36, ge=0, le=200)
    """Latent steps of the sender where a condition does not say."""
    depths: tuple[int, ...] = (1, 2, 3, 4)
    """Depths of the ledger problems, taking turns."""
    batch: int = Field(100, ge=1)
    prompts: Prompts | None = None
    """None: facts and question as they stand for written relays, else the pocket models' own."""
    facts: tuple[Fact, ...] = ()
    """Relays written by hand, for models that read English; empty: those of ``written``."""
    written: str = ""
    """Name of a file in ``presets/relays``; empty: the ledger world."""

    @property
    def by_hand(self) -> tuple[Fact, ...]:
        """The relays written by hand, if any are meant."""
        return self.facts or (written_facts(self.written) if self.written else ())

    @property
    def spoken(self) -> Prompts:
        """What sender and receiver are told."""
        return self.prompts or (Prompts.plain() if self.by_hand else Prompts.pocket())


def texts_of(facts: Sequence[Fact]) -> list[Doc]:
    """Relays written by hand as texts that maps are fitted on, or held against.

    Args:
        facts: the relays.
    """
    return [(f"{f.facts} {f.question}", f"{f.facts} {f.truth}") for f in facts]


def evaluator(settings: Settings, hosts: Hosts) -> Evaluator:
    """The problems and models of these settings, ready to run any condition."""
    facts = settings.by_hand
    relays = make_relays(settings.n, settings.seed, settings.depths, facts)
    return Evaluator(
        relays,
        settings.spoken,
        hosts,
        settings.steps,
        settings.seed,
        settings.batch,
        texts_of(facts[settings.n :] or facts) if facts else None,
        texts_of(facts[: settings.n]) if facts else None,
    )


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Run every condition that is not done."""
    conditions = settings.resolved()
    require_conditions(conditions)
    table.meta["conditions"] = [c.model_dump(mode="json") for c in conditions]
    evaluator(settings, hosts).fill(table, conditions, watch)
