"""UMAP behind its lock: reasons, cache, determinism, threads, and its own honesty strip."""

import threading

import numpy as np
import pytest

from lab.errors import BadInput
from lab.panels.states import honesty, umap_fit

RNG = np.random.default_rng(4)
GROUPS = np.repeat(RNG.standard_normal((3, 24)) * 3, 20, axis=0) + RNG.standard_normal((60, 24))


def test_fewer_than_fifteen_points_is_a_reason():
    with pytest.raises(BadInput, match="at least 15 distinct points, got 14"):
        umap_fit.fit(RNG.standard_normal((14, 5)), umap_fit.UmapSettings())


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"n_neighbors": 1}, "expected 2 to 200, got 1"),
        ({"min_dist": 2.0}, "expected 0 to 0.99"),
        ({"dims": 4}, "2 or 3"),
    ],
)
def test_settings_out_of_range(settings, sentence):
    with pytest.raises(BadInput, match=sentence):
        umap_fit.UmapSettings(**settings)


def test_same_content_is_fitted_once_and_other_content_again():
    settings = umap_fit.UmapSettings(norm="none")
    first = umap_fit.fit(GROUPS, settings)
    assert umap_fit.fit(GROUPS.copy(), settings) is first
    assert umap_fit.fit(GROUPS, umap_fit.UmapSettings(norm="none", seed=1)) is not first
    assert first.shape == (60, 2)


def test_two_threads_at_once_do_not_abort_the_process():
    sets = [RNG.standard_normal((30, 8)) for _ in range(3)]
    out: list[np.ndarray] = []
    work = [
        threading.Thread(target=lambda x=x: out.append(umap_fit.fit(x, umap_fit.UmapSettings())))
        for x in sets
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join(120)
    assert len(out) == 3


def test_groups_are_found_and_shuffled_data_has_none():
    settings = umap_fit.UmapSettings(norm="none")

    def mapper(x, seed):
        return umap_fit.fit(x, umap_fit.UmapSettings(norm="none", seed=seed))

    strip = honesty.honesty(GROUPS, mapper, "none")
    trust, recall, _ = strip.measures
    assert trust.value > trust.shuffled + 0.05
    assert recall.value > recall.shuffled
    # Noise scores far above zero on both: the control is what makes the number readable.
    assert trust.shuffled > 0.55
    assert settings.text(60).startswith("UMAP, 15 neighbours")
