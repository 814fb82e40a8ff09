"""The lane of the first tab, the team of the experiments and the ability table are one mixture: on
the shipped models they write the same drafts and the same aggregate."""

from __future__ import annotations

import pytest

from lab.events import AgentFinished
from lab.experiments.moa.team import Team, TeamSettings, columns_of
from lab.methods import Context, load_prompts, run_lane
from lab.models.pool import HostPool
from lab.plan import Decoding, MoALane, PlanProblem, Proposer
from lab.zoo.team_figures import AGGREGATOR, SCHOLARS, scholars

SPOKEN = Decoding(max_tokens=32)
QUESTIONS = (0, 7, 13)


@pytest.fixture(scope="module")
def pool() -> HostPool:
    return HostPool()


@pytest.fixture(scope="module")
def table(pool: HostPool) -> Team:
    return scholars(pool.get, people=3)


def lane(pool: HostPool, team: Team, question: int, layers: int) -> list[str]:
    """What the agents of the first tab's lane say, in the order of the data flow."""
    p = team.problems[question]
    problem = PlanProblem(question=p.question, facts=p.facts, truth=p.truth, world=p.world)
    plan = MoALane(
        proposers=tuple(Proposer(host=name, decoding=SPOKEN) for name in SCHOLARS),
        aggregator=Proposer(host=AGGREGATOR, role="aggregator", decoding=SPOKEN),
        layers=layers,
    )
    events = run_lane("L", plan, Context(problem, load_prompts("pocket"), pool.get))
    return [e.text for e in events if isinstance(e, AgentFinished)]


def test_lane_team_and_table_say_the_same(pool: HostPool, table: Team) -> None:
    settings = TeamSettings(proposers=SCHOLARS, aggregator=AGGREGATOR, max_tokens=32, batch=5)
    team = Team(settings, pool.get, table.problems)
    drafts, aggregate = team.mixture(team.members())
    own = table.drafts()
    assert [said.texts for said in own] == [said.texts for said in drafts]
    assert table.aggregate(columns_of(own)).texts == aggregate.texts
    for i in QUESTIONS:
        said = [*(one.texts[i] for one in drafts), aggregate.texts[i]]
        assert lane(pool, team, i, 1) == said
        other = QUESTIONS[0] if i else QUESTIONS[1]
        assert lane(pool, team, other, 1) != said


def test_two_layers_say_the_same(pool: HostPool, table: Team) -> None:
    drafts, aggregate = table.mixture(table.members(), layers=2)
    for i in QUESTIONS:
        said = [*(one.texts[i] for one in drafts), aggregate.texts[i]]
        assert len(said) == 7 and lane(pool, table, i, 2) == said
