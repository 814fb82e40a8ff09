"""What is asked for: whether a question is its owner's own, how long one may be, and which models
are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING

from lab.plan import Plan, PlanProblem

if TYPE_CHECKING:
    from lab.models.pool import HostPool


def limit_of(plan: Plan, pool: HostPool, progress: Callable[..., None]) -> tuple[int, str]:
    """How long a question may be for a plan, see `lab.service.limits.question_limit`.

    Args:
        plan: whose models are loaded and asked.
        pool: that has them.
        progress: told what is loaded.

    Raises:
        LabError: if one of its models cannot be had.
    """
    from lab.methods import load_prompts
    from lab.service.limits import question_limit
    from lab.service.runner import load_hosts

    hosts = load_hosts(plan, pool, on_status=partial(progress, 0.0))
    return question_limit(plan, load_prompts(plan.prompts), hosts.__getitem__)


def load_all(names: Collection[str], pool: HostPool, *_: object) -> None:
    """Have some models loaded.

    Raises:
        ModelUnavailable: if one of them cannot be had.
    """
    for name in names:
        pool.get(name)


def is_own(plan: Plan) -> bool:
    """Whether a plan asks a question of its owner's own, and none of the worlds'."""
    return isinstance(plan.problem, PlanProblem) and plan.problem.world is None
