"""The lens against the model's own words, against plain NumPy, and what it says where it cannot
know.
"""

import numpy as np
import pytest
import torch

from lab.errors import BadInput, ModelUnavailable, SpaceMismatch
from lab.panels.states import lens as ln
from lab.panels.states import lens_figure as lf
from lab.service.look import HostDecoder, decoder


@pytest.fixture(scope="module")
def made(real, pool):
    return decoder(real, "pocket-base", pool)


def test_last_row_says_the_token_that_came_next(real):
    for lane, agent in (("latentmas", "judger"), ("moa", "aggregator")):
        grid = ln.lens_grid(real, lane, agent, kinds=("token",))
        said = grid.moments["token"].tolist()
        assert grid.words[-1, :-1].tolist() == said[1:]
        assert grid.words[0, :-1].tolist() != said[1:]


def test_stored_top_words_equal_recomputed_ones(real, made):
    for agent in ("planner", "judger"):
        stored = ln.lens_grid(real, "latentmas", agent)
        again = ln.lens_grid(real, "latentmas", agent, lens=ln.ModelLens(made))
        assert (stored.words == again.words).mean() > 0.99  # float16 log-probabilities may tie
        assert stored.p == pytest.approx(again.p, abs=2e-3)
        assert stored.entropy == pytest.approx(again.entropy, abs=2e-2)


def test_entropy_rank_and_kl_by_hand(real, made):
    grid = ln.lens_grid(
        real, "latentmas", "planner", kinds=("latent",), lens=ln.ModelLens(made), token_id=9
    )
    layer, column = 2, 3
    host = made.host
    with torch.no_grad():

        def logits(k):
            h = torch.tensor(real.states([grid.point_ids[k, column]]))
            return (
                host.output_head(h if k == host.n_layers else host.final_norm(h))
                .double()
                .numpy()[0]
            )

        here, last = (
            v - np.log(np.exp(v - v.max()).sum()) - v.max()
            for v in (logits(layer), logits(host.n_layers))
        )
    p = np.exp(here)
    assert grid.entropy[layer, column] == pytest.approx(-(p * here).sum(), rel=1e-4)
    assert grid.kl[layer, column] == pytest.approx((p * (here - last)).sum(), rel=1e-3)
    assert grid.rank[layer, column] == 1 + (here > here[9]).sum()
    assert grid.watched_p[layer, column] == pytest.approx(p[9], rel=1e-3)
    assert grid.kl[-1] == pytest.approx(np.zeros(grid.kl.shape[1]), abs=1e-5)


def test_stored_lens_never_calls_an_unknown_word_impossible(real):
    rows = ln.lens_grid(real, "latentmas", "planner").point_ids
    ids = real.lens(rows.ravel())[0]
    absent = next(i for i in range(400) if i not in ids)
    reading = ln.StoredLens().read(real, rows, (absent, int(ids[0, 0])))
    assert np.isnan(reading.watched_logp[..., 0]).all()
    assert (reading.watched_rank[..., 0] == 0).all()
    assert reading.watched_rank[0, 0, 1] == 1


def test_vectors_of_another_model_are_refused(real, pool):
    other = HostDecoder(pool.get("pocket-other"))
    with pytest.raises(SpaceMismatch, match="read vectors through this head"):
        ln.lens_grid(real, "latentmas", "planner", lens=ln.ModelLens(other))
    real_digest = real.meta["hosts"]["pocket-base"]["digest"]
    real.meta["hosts"]["pocket-base"]["digest"] = "0" * 64
    try:
        with pytest.raises(
            ModelUnavailable, match=r"is not the model of this record.*stored lens still shows"
        ):
            decoder(real, "pocket-base", pool)
    finally:
        real.meta["hosts"]["pocket-base"]["digest"] = real_digest


def test_words_are_found_with_and_without_the_model(real, made):
    token_id, text = ln.word_to_id(real, "pocket-base", "box")
    assert text.strip(" ␣") == "box"
    assert ln.word_to_id(real, "pocket-base", "box", made)[0] == token_id
    with pytest.raises(BadInput, match=r"knows no token for ‘ŧŧŧ’.*load the model"):
        ln.word_to_id(real, "pocket-base", "ŧŧŧ")
    with pytest.raises(BadInput, match="expected a word, got nothing"):
        ln.word_to_id(real, "pocket-base", " ")


def test_shades_and_their_reasons(real, made):
    grid = ln.lens_grid(real, "latentmas", "planner")
    assert lf.lens_figure(grid).data[0].zmax == 1
    lf.lens_figure(grid, "entropy")
    with pytest.raises(BadInput, match="stores its top words only; load the model"):
        lf.lens_figure(grid, "kl")
    with pytest.raises(BadInput, match="needs a watched word"):
        lf.lens_figure(grid, "rank")
    with pytest.raises(BadInput, match="Unknown shade 'taste'"):
        lf.lens_figure(grid, "taste")
    exact = ln.lens_grid(real, "latentmas", "planner", lens=ln.ModelLens(made), token_id=5)
    for shade in lf.SHADES:
        lf.lens_figure(exact, shade)


def test_cells_carry_their_points(real):
    grid = ln.lens_grid(real, "latentmas", "planner")
    cells = lf.lens_figure(grid).data[0].customdata
    rows = real.points.iloc[[c for line in cells for c in line]]
    assert rows["layer"].tolist() == [int(v) for v in grid.layers for _ in range(len(grid.moments))]


def test_difference_of_two_lenses_is_zero_and_of_two_agents_is_not(real, made):
    a = ln.lens_grid(real, "latentmas", "planner")
    b = ln.lens_grid(real, "latentmas", "planner", lens=ln.ModelLens(made))
    same = np.array(lf.difference_figure(a, b).data[0].z, dtype=float)
    assert np.abs(same).max() < 5e-3
    other = lf.difference_figure(a, ln.lens_grid(real, "latentmas", "refiner")).data[0]
    z = np.array(other.z, dtype=float)
    assert np.abs(z).max() > 0.05
    assert other.zmin == -other.zmax
    assert any("→" in word for line in other.text for word in line)
    with pytest.raises(BadInput, match="share no layer and step"):
        lf.difference_figure(a, ln.lens_grid(real, "latentmas", "judger", kinds=("token",)))
