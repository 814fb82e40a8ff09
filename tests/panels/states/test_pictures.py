"""Watched words, alignment, layers, three vectors, memory, cost, attention: identities and
hand-computed cases.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lab.errors import BadInput
from lab.events import Segment
from lab.panels.agent_colors import colors_of
from lab.panels.caption import caption
from lab.panels.run.cost_table import cost_headers, cost_rows, cost_table
from lab.panels.states import alignment_table as alignment
from lab.panels.states import attention_figure as attention
from lab.panels.states import layer_statistics as layers
from lab.panels.states import memory_strips as memory
from lab.panels.states import three_vectors as vectors
from lab.panels.states import watch
from lab.panels.states.choose import Choice
from lab.service.look import ask, decoder
from lab.service.look import attention as replay_attention


def test_watched_words_are_exact_with_the_model_and_bounded_without(real, pool):
    stored = watch.watch(real, ["box", "3"])
    exact = watch.watch(real, ["box", "3"], decoder=decoder(real, "pocket-base", pool))
    same = stored.merge(exact, on=["point_id", "word"], suffixes=("", "_exact"))
    own = same[same["point_id"].isin(real.points.index[real.points["host"] == "pocket-base"])]
    known = own[own["known"]]
    assert np.allclose(known["p"], known["p_exact"], atol=2e-3)
    assert (own[~own["known"]]["p"] >= own[~own["known"]]["p_exact"] - 2e-3).all()
    figure = watch.watch_figure(stored, colors_of(real))
    assert {t.name for t in figure.data} == {"‘box’", "‘3’"}
    with pytest.raises(BadInput, match="expected at least one word, got none"):
        watch.watch(real, [" "])


def test_the_answer_is_watched_by_default(synthetic):
    assert watch.answer_words(synthetic) == ["10"]


def test_fed_vectors_are_the_aligned_states_of_the_slot_before(real):
    table = alignment.alignment_table(real, "latentmas", "planner")
    points = real.points
    latent = points[(points["agent"] == "planner") & (points["kind"] == "latent")]
    last = (
        latent[latent["layer"] == points["layer"].max()].sort_values("step")["point_id"].to_numpy()
    )
    before, fed = real.states(last[:-1]), real.states(table["point_id"].to_numpy()[1:])
    cosine = (before * fed).sum(1) / np.linalg.norm(before, axis=1) / np.linalg.norm(fed, axis=1)
    assert cosine == pytest.approx(
        np.ones(len(cosine)), abs=1e-3
    )  # identity alignment only rescales
    assert np.linalg.norm(fed, axis=1) == pytest.approx(table["fed_norm"].to_numpy()[1:], rel=1e-2)
    assert np.linalg.norm(before, axis=1) == pytest.approx(table["norm"].to_numpy()[1:], rel=1e-2)


def test_nearest_embeddings_agree_with_the_whole_vocabulary_where_it_is_known(real, pool):
    made = decoder(real, "pocket-base", pool)
    ids, matrix = alignment.embedding_table(real, "pocket-base")
    found, among = alignment.nearest_embeddings(real, "pocket-base", matrix, 1)
    assert [row[0][0] for row in found] == [real.token("pocket-base", int(i)) for i in ids]
    assert among == len(ids)
    table = alignment.alignment_table(real, "latentmas", "planner", decoder=made)
    assert table["among"].iloc[0] == made.host.vocab_size
    few = alignment.alignment_table(real, "latentmas", "planner")
    for exact, known in zip(table["after"], few["after"], strict=True):
        assert exact[0][1] >= known[0][1] - 1e-3
    with pytest.raises(BadInput, match="took no latent steps"):
        alignment.alignment_table(real, "latentmas", "judger")
    alignment.alignment_figure(few, "planner", "#0072B2")
    assert "embeddings are tied" in alignment.alignment_sentence(few, True, "ridge")


def test_layer_measures_by_hand():
    x = np.array([[3.0, 4.0], [3, -4], [0, 5]])
    m = layers.measures(x, np.array([[0.0, 1.0]]))
    assert m["norm"] == pytest.approx(5)
    assert m["variance"] == pytest.approx(np.square(x - x.mean(0)).sum(1).mean())
    assert m["largest"] == pytest.approx((16 + 16 + 25) / (9 + 9 + 57))
    assert m["anisotropy"] == pytest.approx(((9 - 16) / 25 + 20 / 25 - 20 / 25) / 3)
    assert m["previous"] == pytest.approx(((9 - 16) / 25 + -20 / 25) / 2)
    assert m["embedding"] == pytest.approx(1 - (0.8 - 0.8 + 1) / 3)
    assert np.isnan(layers.measures(x[:1])["anisotropy"])


def test_statistics_cover_every_layer_and_prompts_lie_on_their_embeddings(real):
    choice = Choice(host="pocket-base")
    table = layers.layer_statistics(real, choice)
    assert set(table["layer"]) == {0, 1, 2}
    first = table[(table["layer"] == 0) & (table["kind"] == "prompt")]
    assert first["embedding"].max() == pytest.approx(0, abs=1e-5)
    steps = layers.step_statistics(real, choice, 2)
    assert (
        steps.groupby(["lane", "agent", "kind"])["previous"].first().notna().all()
    )  # pandas skips the first, which is NaN
    layers.layers_figure(table, colors_of(real))
    layers.steps_figure(steps, colors_of(real), 2)


def test_settling_is_told_from_moving():
    def table(cosines):
        rows = {"agent": "a", "kind": "latent", "step": range(len(cosines)), "previous": cosines}
        return pd.DataFrame(rows)

    assert "settle" in layers.settle_sentence(table([np.nan, 0.5, 0.6, 0.7, 0.99, 0.995, 0.999]))
    assert "keep moving" in layers.settle_sentence(table([np.nan, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]))
    assert layers.settle_sentence(table([0.5] * 3)) == ""


def test_one_embedding_many_states(real):
    data = vectors.three_vectors(real, "pocket-base", "box")
    assert data.distinct[0] == 1
    assert data.cosine[0] == pytest.approx(1)
    assert data.distinct[-1] > 1
    assert data.cosine[-1] < 1
    assert "1 vector in" in data.sentences_text()[0]
    assert "[" in data.contexts["text"].iloc[0]
    vectors.three_vectors_figure(data)
    named = vectors.three_vectors(
        real, "pocket-base", "box", ("toy", lambda texts: np.eye(len(texts), 4))
    )
    assert named.sentence_model == "toy"
    with pytest.raises(BadInput, match="was not read or said as one token"):
        vectors.three_vectors(real, "pocket-base", "zebra")


def test_strips_count_what_the_engine_counted(real):
    found = {s.agent: s for s in memory.strips(real.events, "latentmas")}
    judger = found["judger"]
    assert judger.kept == judger.kv_len == len(judger.slots)
    assert list(judger.by_writer()) == ["planner", "refiner", "judger"]
    host = real.host("pocket-base")
    assert memory.slot_bytes(host) * judger.kv_len == judger.measured
    assert found["refiner"].received[0].slots == found["planner"].kv_len
    captured = real.points.drop_duplicates("moment").set_index("moment")
    for slot in judger.slots:
        if slot.moment is not None:
            row = captured.loc[slot.moment]
            assert (row["agent"], row["kind"]) == (slot.writer, slot.kind)


def test_a_running_lane_has_the_strip_it_has_so_far(real):
    events = [e for e in real.events if e.lane == "latentmas"]
    cut = next(i for i, e in enumerate(events) if e.type == "latent_step" and e.step == 3)
    (strip,) = memory.strips(events[: cut + 1], "latentmas")
    assert [s.kind for s in strip.segments] == ["prompt", "latent"]
    assert strip.segments[1].length == 3
    assert strip.kv_len == events[cut].kv_len == len(strip.slots)
    with pytest.raises(BadInput, match="no agents yet"):
        memory.strips(events[:1], "latentmas")


def test_cropped_slots_are_hatched(synthetic):
    record = synthetic
    events = list(record.events)
    i = next(i for i, e in enumerate(events) if e.type == "agent_finished" and e.agent == "refiner")
    memory_after = tuple(replace(s, kept=s.kind == "latent") for s in events[i].memory)
    events[i] = replace(events[i], memory=memory_after)
    cropped = memory.strips(events, "latentmas")[1]
    assert cropped.kept == 16
    assert "24 cropped" in memory.bytes_text(cropped, record.host("toy-a"))
    record = type(record)(record.folder, record.meta)
    record.__dict__["events"] = events
    figure = memory.strips_figure(record, "latentmas", colors_of(record))
    assert any(t.marker.pattern.shape == "/" and "cropped" in t.name for t in figure.data)


def test_growth_ends_at_the_recorded_length(real):
    table = memory.growth_table(real.events)
    ends = {e.lane: e.kv_len for e in real.events if e.type == "lane_finished"}
    assert table.groupby("lane")["kv_len"].last()["latentmas"] == ends["latentmas"]
    assert table.groupby("lane")["nth"].max().min() > 5
    memory.growth_figure(real, colors_of(real), "nth")


def test_costs_add_up(real):
    table = cost_table(real)
    for _, rows in table.groupby("lane"):
        total, agents = rows[rows["agent"] == ""].iloc[0], rows[rows["agent"] != ""]
        for column in ("tokens_read", "tokens_written", "latent_steps"):
            assert agents[column].sum() == total[column]
        assert agents["bytes_moved"].sum() == total["bytes_moved"]
        assert 0 < total["weights_flops"] <= total["flops"]
    assert all(len(row) == len(cost_headers()) for row in cost_rows(table, colors_of(real)))


def test_attention_mass_sums_to_one_by_hand():
    weights = np.array([[[0.1, 0.2, 0.3, 0.4]]])
    segments = (
        Segment("a", "prompt", 0, 2),
        Segment("a", "latent", 2, 9, kept=False),
        Segment("b", "latent", 2, 1),
    )
    table = attention.attention_table(weights, segments, "b")
    mass = {(r.writer, r.kind): r.mass for r in table.itertuples()}
    assert mass == pytest.approx(
        {
            (attention.first_position(), "prompt"): 0.1,
            ("a", "prompt"): 0.2,
            ("b", "latent"): 0.3,
            ("b", "token"): 0.4,
        }
    )
    assert table["uniform"].sum() == pytest.approx(1)
    with pytest.raises(BadInput, match="to 1, got"):
        attention.attention_table(weights * 2, segments, "b")
    with pytest.raises(BadInput, match="compute again"):
        attention.attention_table(weights, (Segment("a", "prompt", 0, 9),), "b")


def test_recomputed_attention_is_over_the_slots_of_the_strip(real, pool):
    weights, segments = replay_attention(real, "latentmas", "judger", pool)
    table = attention.attention_table(weights, segments, "judger")
    assert table.groupby(["layer", "head"])["mass"].sum().to_numpy() == pytest.approx(1, abs=1e-4)
    found = next(s for s in memory.strips(real.events, "latentmas") if s.agent == "judger")
    prompt = next(s for s in found.segments if s.agent == "judger" and s.kind == "prompt")
    assert weights.shape[2] == prompt.start + prompt.length
    attention.mass_figure(table, colors_of(real).of("latentmas"))
    attention.heads_figure(table, "planner")
    assert "judger attends to" in attention.reading_sentence(table, "judger")
    with pytest.raises(BadInput, match="wrote no slots"):
        attention.heads_figure(table, "nobody")


def test_asking_a_latent_leaves_the_record_alone(real, pool):
    before = {p.name: p.stat().st_mtime_ns for p in real.folder.iterdir()}
    said = ask(real, "latentmas", "planner", pool, "latent", 3, "", max_tokens=5)
    assert said["agrees"]
    assert 1 <= len(said["tokens"]) <= 5
    fifth = next(
        e for e in real.events if e.type == "latent_step" and e.agent == "planner" and e.step == 3
    )
    assert said["slots"] == fifth.kv_len
    assert (
        ask(real, "latentmas", "planner", pool, "latent", 3, "How many?", max_tokens=3)["text"]
        is not None
    )
    assert {p.name: p.stat().st_mtime_ns for p in real.folder.iterdir()} == before


def test_captions_name_model_digest_seed_and_versions(real):
    text = caption(real, "pocket-base", "PCA of layer 2.")
    assert "pocket-base (" in text
    assert "seed 0" in text
    assert "transformers" in text
    assert text.endswith("PCA of layer 2.")
