"""Two untrained pocket models with the real tokenizer: methods are tested on what they do, not on
what they know.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.engine.capture import Capture
from lab.methods import Context, load_prompts
from lab.models.pool import HostPool
from lab.plan import PlanProblem
from lab.worlds import make_problem
from tests.tiny_pocket import make_loud_pockets


@pytest.fixture(scope="session")
def pockets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_loud_pockets(tmp_path_factory.mktemp("models"), "pocket-base", "pocket-other")


@pytest.fixture(autouse=True)
def _models(pockets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENT_LAB_MODELS", str(pockets))


@pytest.fixture(scope="session")
def pool() -> HostPool:
    return HostPool()


@pytest.fixture
def problem() -> PlanProblem:
    made = make_problem("ledger", 7, depth=2, distractors=1)
    return PlanProblem(
        question=made.question, facts=made.facts, truth=made.truth, world="ledger", seed=7, depth=2
    )


@pytest.fixture
def context(pool: HostPool, problem: PlanProblem) -> Callable[..., Context]:
    def make(**changes: object) -> Context:
        return Context(
            problem.model_copy(update=changes), load_prompts("pocket"), pool.get, Capture()
        )

    return make
