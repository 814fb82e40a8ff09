"""A synthetic record, and a real run of two untrained pocket models: short, but with everything a
record holds.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.models.pool import HostPool
from lab.plan import CapturePlan, Decoding, LatentMASLane, MoALane, Plan, ProblemSpec, Proposer
from lab.records import Record
from lab.service.runner import run_plan
from tests.make_record import make_record
from tests.tiny_pocket import make_loud_pockets


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Record:
    return Record.open(make_record(tmp_path_factory.mktemp("synthetic") / "run"))


@pytest.fixture(scope="session")
def pockets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_loud_pockets(tmp_path_factory.mktemp("models"), "pocket-base", "pocket-other")


@pytest.fixture(scope="session")
def pool(pockets: Path) -> HostPool:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_LAB_MODELS", str(pockets))
        made = HostPool()
        for name in ("pocket-base", "pocket-other"):
            made.get(name)
    return made


@pytest.fixture(scope="session")
def plan() -> Plan:
    short = Decoding(max_tokens=6)
    proposers = tuple(
        Proposer(host=h, name=h, decoding=short) for h in ("pocket-base", "pocket-other")
    )
    return Plan(
        problem=ProblemSpec(world="ledger", seed=7, depth=2, distractors=1),
        lanes=(
            LatentMASLane(agents=("planner", "refiner", "judger"), steps=8, decoding=short),
            MoALane(proposers=proposers, aggregator=Proposer(role="aggregator", decoding=short)),
        ),
        capture=CapturePlan(top_k=10),
    )


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory, pool: HostPool, plan: Plan) -> Record:
    return run_plan(plan, tmp_path_factory.mktemp("real") / "run", pool)
