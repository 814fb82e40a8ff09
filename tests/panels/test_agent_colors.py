"""One agent has one colour: whatever else runs, live, replayed and exported."""

from itertools import combinations
from pathlib import Path

import pytest

from lab.models.pool import HostPool
from lab.panels.agent_colors import AgentColors, colors_of, roster_of
from lab.panels.drafts.drafts import runs_of
from lab.panels.export_html import content
from lab.panels.run.lanes import Lanes, lanes_state
from lab.panels.style import OKABE_ITO, THEMES, contrast
from lab.plan import (
    Decoding,
    GatedLane,
    LatentMASLane,
    MoALane,
    Plan,
    PlanProblem,
    Proposer,
    SingleLane,
    TextMASLane,
)
from lab.roster import roster
from lab.service.runner import run_plan

SCHOLARS = MoALane(proposers=tuple(Proposer(name=f"scholar {i}") for i in (1, 2, 3)), layers=2)
LANES = (
    SingleLane(),
    TextMASLane(agents=("planner", "critic", "refiner", "judger")),
    LatentMASLane(agents=("planner", "critic", "refiner", "judger")),
    SCHOLARS,
    GatedLane(moa=SCHOLARS),
)


def plan_of(*lanes) -> Plan:
    return Plan(problem=PlanProblem(question="How many?"), lanes=lanes)


def looks(*lanes) -> dict[tuple[str, str], tuple[str, str, str]]:
    known = roster(plan_of(*lanes))
    colors = AgentColors.from_roster(known)
    return {
        (c.lane, c.name): (
            colors.color(c.lane, c.name),
            colors.symbol(c.lane, c.name),
            colors.symbol(c.lane, c.name, dims=3),
        )
        for c in known.cards
    }


def test_an_agent_looks_the_same_whatever_methods_are_ticked() -> None:
    whole = looks(*LANES)
    for n in range(1, len(LANES) + 1):
        for some in combinations(LANES, n):
            assert looks(*some).items() <= whole.items()


def test_an_agent_that_two_methods_share_has_one_colour() -> None:
    whole = looks(*LANES)
    for role in ("planner", "critic", "refiner", "judger"):
        assert whole["textmas", role] == whole["latentmas", role]
    for name in ("scholar 1", "scholar 2", "scholar 3", "aggregator", "scholar 1, layer 2"):
        assert whole["moa", name] == whole["gated", name]
    assert whole["single", "solo"] == whole["gated", "solo"]


@pytest.mark.parametrize(
    "lane",
    [
        *LANES,
        LatentMASLane(agents=("solver",) * 8 + ("judger",)),
        LatentMASLane(agents=("solver", "planner", "critic", "planner", "sage", "judger")),
        MoALane(proposers=(Proposer(),) * 12, layers=3),
        GatedLane(moa=MoALane(proposers=(Proposer(),) * 12, layers=3)),
    ],
)
def test_agents_of_one_lane_never_share_a_colour(lane) -> None:
    colors = [color for color, _, _ in looks(lane).values()]
    assert len(set(colors)) == len(colors)


def test_who_stands_beside_whom_is_told_by_colour_and_by_shape() -> None:
    lanes = looks(*LANES[:3], SCHOLARS.model_copy(update={"layers": 1}))
    every = [look for (lane, _), look in lanes.items() if lane != "textmas"]
    assert len({color for color, _, _ in every}) == len(every)
    chain = [looks(LANES[2])["latentmas", r] for r in ("planner", "critic", "refiner", "judger")]
    assert len({symbol for _, symbol, _ in chain}) == len(chain)


def test_the_documented_colours() -> None:
    whole = looks(*LANES)
    named = [("latentmas", r) for r in ("planner", "refiner", "judger")]
    named += [("moa", f"scholar {i}") for i in (1, 2, 3)]
    assert [whole[name][0] for name in named] == list(OKABE_ITO)


def test_a_planner_is_blue_beside_a_solver_too() -> None:
    mixed = looks(LatentMASLane(agents=("solver", "planner", "judger")))
    assert mixed["latentmas", "planner"] == looks(*LANES)["latentmas", "planner"]
    assert mixed["latentmas", "solver"][0] != mixed["latentmas", "planner"][0]


def test_first_colours_can_be_seen_in_both_themes() -> None:
    for name, (color, _, _) in looks(*LANES[:3], MoALane()).items():
        for theme in THEMES.values():
            assert contrast(color, theme["paper"]) >= 2.2, name


def test_two_proposers_of_one_name_live_replayed_and_exported(
    pool: HostPool, tmp_path: Path
) -> None:
    short = Decoding(max_tokens=4)
    hosts = ("pocket-base", "pocket-other", "pocket-base")
    plan = Plan(
        problem=PlanProblem(question="How many coins are in the red box?", facts="It has 9 coins."),
        lanes=(
            MoALane(
                proposers=tuple(Proposer(host=h, name="a", decoding=short) for h in hosts),
                layers=2,
                aggregator=Proposer(role="aggregator", decoding=short),
            ),
        ),
    )
    live, pictures = Lanes(roster(plan)), []

    def draw(event) -> None:
        live.add(event)
        pictures.append(live.state())

    record = run_plan(plan, tmp_path / "run", pool, on_event=draw)
    wanted = looks(*plan.lanes)
    names = [name for _, name in wanted]
    assert names[:3] == ["a", "a (2)", "a (3)"]
    colors = {name: look[0] for (_, name), look in wanted.items()}
    for i, picture in enumerate(pictures):
        assert picture == lanes_state(record.events[: i + 1], roster_of(record))
    assert pictures[-1].lanes[0].colors == colors
    assert colors_of(record).of("moa") == colors
    (run,) = runs_of(record.events, roster_of(record))
    assert run.colors == colors
    exported = content(record).model_dump_json()
    spoken = [e.agent for e in record.events if e.type == "token"]
    assert spoken
    assert all(colors[name] in exported for name in spoken)
