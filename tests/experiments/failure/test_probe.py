"""The probe finds what is there, finds nothing where nothing is, and does not learn the
template.
"""

import numpy as np
import pytest

from lab.errors import BadInput
from lab.experiments.failure import probe
from lab.experiments.harness import registry
from lab.experiments.harness.driver import run_experiment
from lab.experiments.transfer.relay_problems import Relay, make_relays
from lab.models.pool import HostPool

RNG = np.random.default_rng(0)
N, NAMES, TEMPLATES = 240, 4, 60
OF = RNG.integers(0, NAMES, N)
GROUPS = np.arange(N) % TEMPLATES
LABELS = probe.Labels(("a", "b", "c", "d"), OF, np.ones((N, NAMES), bool), np.eye(NAMES))


def share(x: np.ndarray, groups: np.ndarray = GROUPS, folds: int = 5) -> float:
    return float(probe.named_right(x, LABELS, OF[None], groups, folds, 1.0).mean())


def test_a_direction_per_answer_is_read() -> None:
    x = np.eye(NAMES)[OF] @ RNG.normal(size=(NAMES, 32)) + 0.1 * RNG.normal(size=(N, 32))
    assert share(x) == 1.0


def test_noise_is_read_at_chance() -> None:
    assert share(RNG.normal(size=(N, 32))) == pytest.approx(1 / NAMES, abs=0.1)


def test_what_only_the_template_tells_is_not_read_from_a_template_held_out() -> None:
    # The state says which template a problem has, and the answer follows from it alone.
    of = RNG.integers(0, NAMES, TEMPLATES)[GROUPS]
    labels = probe.Labels(LABELS.names, of, LABELS.allowed, LABELS.closeness)
    x = np.eye(TEMPLATES)[GROUPS]
    held_out = probe.named_right(x, labels, of[None], GROUPS, 5, 1.0).mean()
    leaking = probe.named_right(x, labels, of[None], RNG.integers(0, 60, N), 5, 1.0).mean()
    assert held_out < 0.45
    assert leaking > 0.85  # the same problems in folds that share templates


def test_only_names_of_its_sort_are_chosen() -> None:
    allowed = np.zeros((N, NAMES), bool)
    allowed[np.arange(N), OF] = True
    labels = probe.Labels(LABELS.names, OF, allowed, LABELS.closeness)
    right = probe.named_right(RNG.normal(size=(N, 8)), labels, OF[None], GROUPS, 5, 1.0)
    assert right.all()


def test_many_tasks_at_once_are_the_same_as_one_by_one() -> None:
    x = RNG.normal(size=(N, 16))
    tasks = np.stack([OF, RNG.permutation(OF), RNG.permutation(OF)])
    together = probe.named_right(x, LABELS, tasks, GROUPS, 5, 3.0)
    for line, task in zip(together, tasks, strict=True):
        alone = probe.named_right(x, LABELS, task[None], GROUPS, 5, 3.0)[0]
        assert (line == alone).all()


def test_fewer_templates_than_folds_is_a_sentence() -> None:
    with pytest.raises(BadInput, match="5 folds need at least 5 templates"):
        share(RNG.normal(size=(N, 4)), GROUPS % 3)


def test_the_control_task_depends_on_the_question_only() -> None:
    asked = [Relay(i, "", f"Question {i % 7}?", "abcd"[i % 4]) for i in range(N)]
    drawn = probe.by_lot(asked, LABELS, np.random.default_rng(1))
    assert all(len({drawn[i] for i in range(N) if i % 7 == k}) == 1 for k in range(7))
    assert len(set(drawn.tolist())) > 1


def test_problems_of_one_template_differ_in_names_numbers_and_colours_only() -> None:
    relays = make_relays(60, 0, (1,))
    for one in relays:
        assert not any(c.isdigit() for c in one.template)
        assert "coins" in one.template
    assert 1 < len({r.template for r in relays}) < 60


def test_on_pocket_models_the_answer_is_read_and_used_once_it_is_worked_out() -> None:
    entry = registry.find("probe")
    settings = registry.load_settings(
        entry, {"n": 60, "depths": [2], "steps": 18, "at": [1, 16], "permutations": 19}
    )
    table = run_experiment(entry, settings, HostPool().get)
    read = table.rows[table.rows["channel"] == "probe"].groupby("condition")["read"].mean()
    used = table.rows[table.rows["channel"] == "latent"].groupby("condition")["accuracy"].mean()
    assert read["step 16, layer 3"] > 0.9
    assert read["step 1, layer 1"] < 0.3
    assert used["step 16, layer 3"] > 0.9
    assert used["step 1, layer 1"] < 0.3
    assert table.meta["probe"]["p"]["step 16, layer 3"] == pytest.approx(1 / 20)
    assert table.meta["probe"]["p"]["step 1, layer 1"] > 0.05


def test_steps_beyond_the_rollout_are_refused() -> None:
    entry = registry.find("probe")
    settings = registry.load_settings(entry, {"n": 20, "steps": 4, "at": [5]})
    with pytest.raises(BadInput, match="1 to 4"):
        run_experiment(entry, settings, HostPool().get)
