"""What may enter the queue, and what a job that may load pocket models only cannot load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.errors import BadInput, ModelUnavailable
from lab.models.pool import HostPool
from lab.models.spec import is_pocket, parse_spec
from lab.plan import Plan
from lab.presets import load_preset
from lab.service import Service
from lab.service.runner import load_hosts

POCKET = ("pocket-base", "pocket-gauge", "pocket-base:int8", "pocket-base~pocket-reseed@0.3")
OTHERS = (
    "Qwen/Qwen3-0.6B",
    "smollm2-135m",
    "/etc",
    "./pocket-base",
    "pocket-base/../secret",
    "pocket-base~Qwen/Qwen3-0.6B@0.5",
    "evil:int8",
    "remote:anything",
)


@pytest.mark.parametrize("name", POCKET)
def test_the_family_and_its_arithmetic_are_pocket_models(name: str) -> None:
    assert is_pocket(parse_spec(name))


@pytest.mark.parametrize("name", OTHERS)
def test_no_other_name_passes_as_one(name: str) -> None:
    pool = HostPool()
    pool.pocket_only = True
    with pytest.raises(ModelUnavailable, match="Other models than the pocket ones are off"):
        pool.get(name)


def test_an_endpoint_is_for_those_whom_text_is_enough_and_off_with_the_other_models(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LATENT_LAB_REMOTES", "near: {base_url: 'http://localhost:1/v1', model: m}")
    pool, speaks = HostPool(), {"method": "single", "host": "remote:near"}
    asked = Plan.model_validate(load_preset().model_dump() | {"lanes": [speaks]})
    assert list(load_hosts(asked, pool)) == ["remote:near"]
    with pytest.raises(BadInput, match="remote:near"):
        pool.get("remote:near")
    pool.pocket_only = True
    with pytest.raises(ModelUnavailable, match="Other models than the pocket ones are off"):
        load_hosts(asked, pool)


@pytest.fixture
def service(tmp_path: Path) -> Any:
    made = Service(tmp_path)
    yield made
    made.close()


def test_a_restricted_job_loads_pocket_models_only_and_the_next_one_any(service: Service) -> None:
    answers = iter([True, False])
    service.admit = lambda _own: next(answers)
    seen = []
    for _ in range(2):
        job = service.submit_task("look", lambda *_: seen.append(service.pool.pocket_only))
        assert job.wait(60)
    assert seen == [True, False]


def own(plan: Plan) -> Plan:
    """The plan with a question of somebody's own."""
    asked = {"question": "What is the capital of France?"}
    return Plan.model_validate(plan.model_dump() | {"problem": asked})


def test_an_own_question_is_told_from_one_of_the_worlds(service: Service) -> None:
    asked = []

    def admit(is_own: bool) -> bool:
        asked.append(is_own)
        raise BadInput("No.")

    service.admit = admit
    for plan in (load_preset(), own(load_preset())):
        with pytest.raises(BadInput, match="No"):
            service.submit(plan)
    with pytest.raises(BadInput, match="No"):
        service.submit_limit(own(load_preset()))
    assert asked == [False, True, True]
    assert service.waiting == 0
