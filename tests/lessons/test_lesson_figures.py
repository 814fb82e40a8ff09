"""What a scene reveals is what the experiments say, and what the models say again."""

from __future__ import annotations

import pandas as pd
import pytest

from lab.files import EXPERIMENTS
from lab.lessons import Scene, find_lesson, lessons
from lab.lessons.lesson_figures import agree, bars, is_clear, missing, recorded, right_answer
from lab.lessons.lesson_live import measure_scene, settings_for
from lab.lessons.lesson_view import Walk, lessons_value
from lab.stats import Estimate
from lab.words import for_the_page

SCENES = {f"{o.name}/{s.name}": s for o in lessons().values() for s in o.scenes}


@pytest.mark.parametrize("key", SCENES)
def test_every_scene_shows_what_results_csv_says(key: str) -> None:
    scene = SCENES[key]
    assert missing(scene) == {}
    assert is_clear(scene), "the recorded problems cannot tell which choice is right"
    for bar in bars(scene):
        table = pd.read_csv(EXPERIMENTS / scene.experiment_of(bar.at) / "results.csv")
        line = table[
            (table["condition"] == bar.at.condition)
            & (table["channel"].fillna("") == bar.at.channel)
            & (table["metric"] == scene.metric)
        ].iloc[0]
        told = (bar.figure.value, bar.figure.low, bar.figure.high)
        assert told == pytest.approx((line["value"], line["low"], line["high"]), abs=2e-3)
        assert bar.figure.n <= line["n"]


def test_the_right_choice_follows_the_figures() -> None:
    why = {scene.name: scene for scene in find_lesson("why").scenes}
    assert list(why["tokenizer"].asked)[right_answer(why["tokenizer"]) or 0] == "words"
    assert right_answer(why["gauge_cache"]) == 0  # the cache, more often
    assert right_answer(why["norm"]) == 2  # no difference that can be told
    turned = why["gauge_cache"].model_copy(
        update={
            "predict": why["gauge_cache"].predict.model_copy(
                update={
                    "of": why["gauge_cache"].asked["to"],
                    "to": why["gauge_cache"].asked["of"],
                }
            )
        }
    )
    assert right_answer(turned) == 1


def test_nothing_is_shown_before_a_prediction_and_the_first_one_stays() -> None:
    with for_the_page():
        walk = Walk().at("why", 1)
        assert lessons_value(walk).card.revealed is None
        told = walk.predicting(99)
        assert told.guesses == {"why/tokenizer": 3.0}
        assert told.predicting(0).guesses == told.guesses
        shown = lessons_value(told).card.revealed
    assert shown is not None and shown.right == 3 and shown.agrees == ""
    assert [bar.role for bar in shown.bars] == ["floor", *["asked"] * 4, "ceiling"]


def test_intervals_that_do_not_meet_disagree() -> None:
    low, high = Estimate(0.1, 0.05, 0.2, 40), Estimate(0.5, 0.4, 0.6, 40)
    assert agree(low, Estimate(0.2, 0.15, 0.3, 40))
    assert not agree(low, high)


def live(key: str, hosts: object, n: int) -> None:
    """Measured now on the first problems of the recording, a scene says of each what it says."""
    scene: Scene = SCENES[key]
    found = measure_scene(scene, hosts, n=n, seed=0)  # type: ignore[arg-type]
    for bar in bars(scene):
        name = scene.experiment_of(bar.at)
        here = [table.rows for table in (found.table(name), recorded(name))]
        now, then = (
            r[(r["condition"] == bar.at.condition) & (r["channel"] == bar.at.channel)].set_index(
                "problem"
            )["accuracy"]
            for r in here
        )
        assert len(now) and list(now) == list(then.loc[now.index])


def test_a_live_run_has_only_the_conditions_of_the_scene() -> None:
    scene = SCENES["why/reseed"]
    wanted = list(scene.asked.values())
    settings = settings_for("constraints", wanted, {}, 4, 7)
    assert [(c.name, c.channel) for c in settings.conditions] == [("reseed", "latent")]
    assert (settings.n, settings.seed) == (4, 7)


@pytest.mark.slow
@pytest.mark.parametrize(
    "key", ["tour/stranger", "why/positions", "vectors/one", "tour/drafts", "tour/doubt"]
)
def test_measured_again_every_problem_comes_out_as_recorded(key: str) -> None:
    from lab.models.pool import HostPool

    live(key, HostPool().get, 24)
