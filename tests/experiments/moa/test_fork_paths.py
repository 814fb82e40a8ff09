"""Paths stand at their distance from the mean path; the same text is one line that weighs more."""

import numpy as np

from lab.experiments.moa.fork_paths import Course, across, distinct


def course(mode: str, rows: list[list[float]], count: int = 1) -> Course:
    return Course("one model", "m", mode, ("a",) * len(rows), np.array(rows, np.float32), count)


def test_what_all_paths_share_at_a_token_is_taken_out() -> None:
    trunk = [[5.0, 9.0], [-7.0, 1.0]]
    paths, share = across(
        [course("first", [*trunk, [2.0, 0.0]]), course("second", [*trunk, [-2.0, 0.0]])]
    )
    up, down = (path["y"] for path in paths)
    assert up[:2] == down[:2] == [0.0, 0.0]
    assert {up[2], down[2]} == {2.0, -2.0} and share == 1.0


def test_a_text_drawn_three_times_pulls_the_mean_to_itself() -> None:
    paths, _ = across([course("first", [[3.0, 0.0]], count=3), course("second", [[-1.0, 0.0]])])
    assert [abs(path["y"][0]) for path in paths] == [1.0, 3.0]


def test_a_longer_path_stands_alone_at_its_end() -> None:
    paths, _ = across([course("first", [[1.0], [4.0]]), course("second", [[-1.0]])])
    assert paths[0]["y"][1] == 0.0 and len(paths[1]["y"]) == 1


def test_equal_texts_of_one_model_are_one_line() -> None:
    states = [np.full((2, 3), k, np.float32) for k in range(4)]
    drawn = [("m", (1, 2), "A"), ("m", (1, 3), "B"), ("m", (1, 2), "A"), ("n", (1, 2), "A")]
    made = distinct("one model", drawn, states, {"A": "first"}, lambda host, token: f"{token}")
    assert [(c.host, c.mode, c.count, c.tokens) for c in made] == [
        ("m", "first", 2, ("1", "2")),
        ("m", "other", 1, ("1", "3")),
        ("n", "first", 1, ("1", "2")),
    ]
    assert made[0].states[0, 0] == 0
