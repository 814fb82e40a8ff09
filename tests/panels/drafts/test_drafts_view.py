"""From events to the drafts tab: who read whom, what was taken, figures, cards; odd and hostile
drafts.
"""

import json
import time
from pathlib import Path

import numpy as np
import pytest

from lab.errors import BadInput
from lab.panels.drafts import claim_cards as drafts_cards
from lab.panels.drafts import drafts_figures
from lab.panels.drafts.claim_cards import Card, card_view, judged
from lab.panels.drafts.drafts import (
    Draft,
    DraftsRun,
    find_run,
    oddity,
    runs_of,
    token_places,
    two_way,
    uncertain_claims,
    view,
)
from lab.plan import PlanProblem
from lab.records.results import ResultTable
from tests import REPOSITORY
from tests.make_moa_record import AGGREGATE, DRAFTS, FACTS, PROBLEM, moa_events, write_record


def one_run(**options: object) -> DraftsRun:
    return find_run(runs_of(moa_events(DRAFTS, AGGREGATE, **options)), None)  # type: ignore[arg-type]


def test_view_says_who_gave_what_and_what_was_invented() -> None:
    seen = view(one_run(), PROBLEM)
    assert [draft.agent for draft in seen.drafts] == ["ada", "bob", "cyd"]
    assert sum(draft.owed for draft in seen.drafts) + seen.shares["new"] == pytest.approx(1)
    assert seen.drafts[0].taken == 1.0
    fates = {row.about: row.fate for row in seen.claims}
    assert (
        fates["Ann"] == "invented" and fates["answer"] == "corrected" and fates["Ivy"] == "dropped"
    )
    assert (seen.figures.inflation or 0) > 1
    json.dumps(seen.plain(), allow_nan=False)


def test_layers_are_stepped_through() -> None:
    run = one_run(layers=2)
    assert [reader.agent for reader in run.readers] == [
        "ada, layer 2",
        "bob, layer 2",
        "cyd, layer 2",
        "aggregator",
    ]
    first = view(run, PROBLEM, "bob, layer 2")
    assert first.reader == "bob, layer 2" and [d.agent for d in first.drafts] == [
        "ada",
        "bob",
        "cyd",
    ]


def test_a_failed_proposer_is_shown_as_failed_and_not_as_read() -> None:
    run = one_run(failed=("bob",))
    lost = next(agent for agent in run.agents if agent.agent == "bob")
    assert lost.failed and "cannot be reached" in lost.note
    assert [draft.agent for draft in view(run, PROBLEM).drafts] == ["ada", "cyd"]


def test_a_running_lane_shows_the_words_so_far() -> None:
    events = moa_events(DRAFTS, AGGREGATE)
    cut = (
        next(
            i
            for i, e in enumerate(events)
            if getattr(e, "agent", "") == "aggregator" and e.type == "token"
        )
        + 4
    )
    run = find_run(runs_of(events[:cut]), None)
    assert run.answer is None and AGGREGATE.startswith(run.readers[-1].text)
    assert view(run, PROBLEM).target.writing


def test_own_probability_of_each_claim() -> None:
    claims = {c.about: c for c in uncertain_claims(one_run().agents[0], PROBLEM)}
    assert claims["answer"].probability == pytest.approx(0.98)
    assert claims["answer"].right is True


def test_tokens_are_found_in_the_text() -> None:
    draft = one_run().agents[0]
    assert [draft.text[a:b] for _, a, b in token_places(draft)] == draft.text.split()


def test_record_and_events_give_the_same_view(tmp_path: Path) -> None:
    events = moa_events(DRAFTS, AGGREGATE)
    record = write_record(tmp_path / "moa", events)
    live, replayed = (view(find_run(runs_of(e), None), PROBLEM) for e in (events, record.events))
    assert live == replayed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "said nothing"),
        ("\x07\x1b\x00", "holds no words"),
        (FACTS, "repeats the prompt"),
        ("red 9; answer 6", ""),
    ],
)
def test_odd_drafts_are_named(text: str, said: str) -> None:
    assert oddity(text, PROBLEM) == said


def test_hostile_drafts_are_data_only() -> None:
    hostile = {
        "x": "<script>alert(1)</script> ${boom} {{value}} \u202e\x00",
        "y": "`${1}` </style>",
        "z": "",
    }
    run = find_run(runs_of(moa_events(hostile, "<b>`${boom}`</b>")), None)
    seen = view(run, None)
    json.dumps(seen.plain(), allow_nan=False)
    for figure in (
        drafts_figures.flow(seen),
        drafts_figures.waiting(run),
        drafts_figures.confidence(run, None),
    ):
        assert "<script>" not in figure.to_json() and "<b>`" not in figure.to_json()


def test_no_drafts_is_a_sentence() -> None:
    with pytest.raises(BadInput, match="holds no drafts"):
        find_run([], None)
    with pytest.raises(BadInput, match="no agent 'nobody'"):
        two_way(one_run(), "nobody", "ada")


def test_every_figure_draws() -> None:
    run = one_run()
    seen = view(run, PROBLEM)
    assert drafts_figures.flow(seen).data[0].type == "sankey"
    assert drafts_figures.waiting(run).data and drafts_figures.confidence(run, PROBLEM).data


def table(tmp_path: Path, method: list[float], control: list[float]) -> ResultTable:
    made = ResultTable.start("causal", {"n": len(method)}, tmp_path / "causal", resume=False)
    for name, values in (("real drafts", method), ("another question's drafts", control)):
        made.add(name, [{"problem": i, "accuracy": v} for i, v in enumerate(values)])
    return made.finish("finished")


CARD = Card("causal", "causal", "accuracy", "share", "real drafts", "another question's drafts")


def test_cards_judge_by_the_paired_difference(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    base = rng.integers(0, 2, 100).astype(float)
    same = dict(enumerate(base))
    better = {i: max(v, float(i % 3 == 0)) for i, v in same.items()}
    assert judged(CARD, better, same)[0] == "yes"
    assert judged(CARD, same, better)[0] == "no"
    assert judged(CARD, same, same)[0] == "unclear"
    seen = card_view(CARD, table(tmp_path, list(better.values()), list(base)))
    assert seen.verdict == "yes" and "n = 100" in seen.sentence and seen.lines[1].control


def test_a_card_without_result_says_how_to_get_one() -> None:
    seen = card_view(CARD, None)
    assert seen.verdict == "none" and "python -m lab experiment causal" in seen.sentence


def test_every_card_names_conditions_of_an_experiment_that_exists() -> None:
    from lab.experiments.harness import registry

    for card in drafts_cards.cards():
        assert registry.find(card.experiment).name == card.experiment


def test_shipped_results_stand_behind_the_cards() -> None:
    found = drafts_cards.results_in(REPOSITORY / "assets" / "experiments")
    for name in (
        "coverage",
        "uncertainty",
        "jury",
        "causal",
        "consensus",
        "selfmoa",
        "kvmoa",
        "hostile",
        "gate",
        "judge",
    ):
        table = found[name]
        assert table.meta["status"] == "finished" and set(table.rows["control"]) & {
            "control",
            "floor",
        }
        for card in drafts_cards.cards():
            if card.experiment == name:
                assert len(card_view(card, table).lines) == 2, card.name


def test_the_tab_of_2000_words_is_made_in_half_a_second() -> None:
    rng = np.random.default_rng(1)
    words = np.array([f"w{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(400)])
    texts = [". ".join(" ".join(rng.choice(words, 20)) for _ in range(33)) for _ in range(3)]
    target = ". ".join(text.split(". ")[i] for i in range(33) for text in texts)
    agents = [
        Draft(f"p{i}", "proposer", "h", 0, (), t, (), 1, 700, 0, 0, 1, "")
        for i, t in enumerate(texts)
    ]
    reader = Draft("a", "aggregator", "h", 1, ("p0", "p1", "p2"), target, (), 1, 2000, 1, 1, 2, "")
    run = DraftsRun("moa", "MoA", "moa", (*agents, reader), target, None, 2.0, 1.0, {})
    problem = PlanProblem(question="What?")
    view(run, problem)
    began = time.process_time()
    view(run, problem)
    assert time.process_time() - began < 0.8  # the bench asks for 0.5 s with the drawing


def test_cards_about_latentmas_carry_paper_reports_and_a_measured_control() -> None:
    found = drafts_cards.results_in(REPOSITORY / "assets" / "experiments")
    mine = {card.name: card for card in drafts_cards.cards() if card.about == "latentmas"}
    papers = {name for name, card in mine.items() if "arXiv 2511.20639" in card.claim}
    assert {"gain", "tokens", "speed", "lossless", "w_a", "steps", "training_free"} <= papers
    assert all(mine[name].reports for name in papers)
    assert all(card.control and card.caveat for card in mine.values())
    seen = {name: card_view(card, found.get(card.experiment)) for name, card in mine.items()}
    assert all(view.about == "latentmas" for view in seen.values())
    for name in ("gain", "tokens", "passes", "speed", "lossless", "w_a", "steps", "training_free"):
        assert len(seen[name].lines) == 2 and seen[name].lines[1].control, name
    assert seen["tokens"].verdict == "yes", "fewer tokens are decoded"
    assert seen["passes"].verdict == "no", "with latent steps counted the sign turns"
    assert seen["w_a"].verdict == "yes" and seen["training_free"].verdict == "no"
