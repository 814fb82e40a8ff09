"""The rate beside a lane is that of the same hand-over in the recorded experiments, or none."""

from lab import stats
from lab.files import EXPERIMENTS
from lab.panels.run.lane_rates import lane_rates
from lab.plan import Plan, ProblemSpec
from lab.presets import load_preset
from lab.records.results import ResultTable


def recorded(experiment: str, condition: str, channel: str) -> tuple[float, int]:
    rows = ResultTable.open(EXPERIMENTS / experiment).rows
    part = rows[(rows["condition"] == condition) & (rows["channel"] == channel)]
    rate = stats.rate(part["accuracy"].astype(float))
    return rate.value, rate.n


def changed(plan: Plan, lane: int, **values: object) -> Plan:
    lanes = list(plan.lanes)
    lanes[lane] = lanes[lane].model_copy(update=values)
    return plan.model_copy(update={"lanes": tuple(lanes)})


def test_every_lane_of_the_first_screen_has_the_rate_of_its_own_hand_over() -> None:
    found = lane_rates(load_preset("relay"))
    wanted = {
        "textmas": ("relay", "text", "text"),
        "latentmas": ("relay", "m = 40", "kv"),
        "latentmas-2": ("relay", "nothing", "none"),
        "latentmas-3": ("constraints", "reseed", "kv"),
    }
    assert {k: (r.value, r.n) for k, r in found.items()} == {
        k: recorded(*place) for k, place in wanted.items()
    }
    assert all(rate.low <= rate.value <= rate.high for rate in found.values())


def test_the_almanac_has_those_of_coverage() -> None:
    found = lane_rates(load_preset("almanac-coverage"))
    assert found["single"].value == recorded("coverage", "proposer 1: pocket-scholar-1", "text")[0]
    assert found["moa"].value == recorded("coverage", "aggregate", "text")[0]


def test_a_lane_that_was_never_measured_so_has_none() -> None:
    plan = load_preset("relay")
    for values in ({"steps": 7}, {"layer": -2}, {"host": "pocket-wide"}, {"cache": "latent_only"}):
        assert "latentmas" not in lane_rates(changed(plan, 1, **values)), values
    assert "latentmas-3" not in lane_rates(changed(plan, 3, sender="pocket-base:int8~x"))
    everyone = plan.problem.model_copy(update={"facts_for": "everyone"})
    assert lane_rates(plan.model_copy(update={"problem": everyone})) == {}
    deep = ProblemSpec(world="almanac", seed=1, depth=6)
    almanac = load_preset("almanac-coverage")
    assert lane_rates(almanac.model_copy(update={"problem": deep})) == {}


def test_joined_caches_have_those_of_the_plane_set_alike() -> None:
    plan = load_preset("hybrid")
    found = lane_rates(plan)["hybrid"]
    assert (found.value, found.n) == recorded("plane", "almanac: 16 steps × 3 × 1", "kv")
    scholars = plan.lanes[1].thinkers
    for values in (
        {"steps": 17},
        {"host": "pocket-reseed"},
        {"thinkers": scholars[::-1]},
        {"alignment": "softmax"},
    ):
        assert "hybrid" not in lane_rates(changed(plan, 1, **values)), values
