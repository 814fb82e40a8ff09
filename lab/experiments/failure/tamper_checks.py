"""Who looks at a hand-over that arrived: the norms of its keys and values, a classifier that was
shown tampering, and a probe that holds the cache against the words. All are set on other problems.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from lab.engine.memory import LatentMemory
from lab.engine.rotary import shift_keys
from lab.errors import BadInput
from lab.experiments.failure.tamper_changes import Handed, Tampering
from lab.words import say

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CheckLearning:
    """How the checks are set."""

    alpha: float
    """Ridge penalty of classifier and probe, on standardised features."""
    false_alarms: float
    """Share of honest hand-overs at which a threshold is set."""
    seed: int
    """Of what happens to the hand-overs that the classifier is shown."""


class Checks:
    """What was learned from honest hand-overs, and from the same tampering on other problems."""

    def __init__(self, learning: CheckLearning, learn: list[Handed]) -> None:
        """
        Args:
            learning: how they are set.
            learn: hand-overs of the problems for learning.
        """
        self.learning, self.learn = learning, learn
        self.half = sum(len(h.relays) for h in learn) // 2
        norms = np.concatenate([norms_of(h.honest) for h in learn])
        self._norm_mean, self._norm_std = norms[: self.half].mean(0), norms[: self.half].std(0)
        self._norm_most = self._most(self._strange(norms))
        self._honest = np.concatenate([features(h.honest, h.prompt_columns) for h in learn])
        said = self._said(learn)
        self._third = self._honest.shape[1] // 3
        read = self._honest[:, : self._third]
        self._probe = RidgeNamer(read[: self.half], said[: self.half], learning.alpha)
        doubts = self._probe.doubts(read, said)
        self._probe_most = self._most(doubts)
        self.probe_right = float((doubts[self.half :] <= 0).mean())
        """Share of honest hand-overs in which the probe's best answer is the words'."""
        self._classifier: RidgeNamer | None = None
        self._classifier_most = 0.0

    def _said(self, handed: list[Handed]) -> list[str]:
        return [last_number(text) for h in handed for text in h.words]

    def _most(self, scores: Floats) -> float:
        """The threshold, from the half that nothing was fitted on."""
        return float(np.quantile(scores[self.half :], 1 - self.learning.false_alarms))

    def _strange(self, norms: Floats) -> Floats:
        """(n,) how far the strangest of a hand-over's norms lies from the mean, in standard
        deviations."""
        away: Floats = np.abs(norms - self._norm_mean) / np.maximum(self._norm_std, 1e-9)
        return np.asarray(away.max(1), np.float64)

    def shown(self, case: Tampering) -> None:
        """Fit the classifier on this case's own kind of tampering, on the problems for learning;
        where nothing is altered, on the false cache."""
        shown = case if case.control == "" else Tampering("", lambda h, _: h.planted)
        generator = torch.Generator().manual_seed(self.learning.seed + 2)
        altered = np.concatenate(
            [features(shown.change(h, generator), h.prompt_columns) for h in self.learn]
        )
        x = np.concatenate([self._honest[: self.half], altered[: self.half]])
        names = ["honest"] * self.half + ["altered"] * self.half
        self._classifier = RidgeNamer(x, names, self.learning.alpha)
        honest = self._classifier.doubts(self._honest, ["honest"] * len(self._honest))
        self._classifier_most = self._most(honest)

    def alarms(self, memory: LatentMemory, handed: Handed) -> dict[str, npt.NDArray[np.bool_]]:
        """(n,) what norms, classifier and probe say of hand-overs that arrived.

        Args:
            memory: what arrived.
            handed: the words that came with it.
        """
        if self._classifier is None:
            raise BadInput(say("error.tamper.not_shown"))
        x = features(memory, handed.prompt_columns)
        doubts = self._classifier.doubts(x, ["honest"] * len(x))
        against_words = self._probe.doubts(x[:, : self._third], self._said([handed]))
        return {
            "norm_alarm": self._strange(norms_of(memory)) > self._norm_most,
            "classifier_alarm": doubts > self._classifier_most,
            "probe_alarm": against_words > self._probe_most,
        }


class RidgeNamer:
    """Ridge regression from features onto names."""

    def __init__(self, x: Floats, names: list[str], alpha: float) -> None:
        self.names = sorted(set(names))
        self._scale = StandardScaler().fit(x)
        targets = np.array([[float(name == one) for one in self.names] for name in names])
        self._fitted = Ridge(alpha=alpha).fit(self._scale.transform(x), targets)

    def doubts(self, x: Floats, names: list[str]) -> Floats:
        """(n,) by how much another name scores higher than the given one; a name never seen scores
        nothing.

        Args:
            x: (n, D) features.
            names: what each is said to be.
        """
        scores = self._fitted.predict(self._scale.transform(x))
        place = {name: i for i, name in enumerate(self.names)}
        own = np.array(
            [row[place[n]] if n in place else 0.0 for row, n in zip(scores, names, strict=True)]
        )
        others = np.where(
            np.array([[one == n for one in self.names] for n in names]), -np.inf, scores
        )
        return np.asarray(others.max(1) - own, np.float64)


def norms_of(memory: LatentMemory) -> Floats:
    """(B, 6 · layers) smallest, mean and largest length of a row's keys and values, per layer.

    Args:
        memory: what arrived.
    """
    real = memory.mask
    out = []
    for pair in memory.cache.pairs():
        for x in pair:
            length = x.transpose(1, 2).flatten(2).float().norm(dim=-1)
            low = length.masked_fill(~real, torch.inf).amin(1)
            high = length.masked_fill(~real, -torch.inf).amax(1)
            mean = (length * real).sum(1) / real.sum(1)
            out += [low, mean, high]
    return torch.stack(out, 1).double().cpu().numpy()


def features(memory: LatentMemory, prompt_columns: int) -> Floats:
    """(B, 3 · 2 · layers · heads · width) keys (rotation undone) and values: largest over the
    thoughts, mean over the thoughts, mean over the prompt. The first third is what reads the answer
    best on problems for learning.

    Args:
        memory: what arrived.
        prompt_columns: columns before the thoughts.
    """
    flat = torch.cat(
        [
            x.transpose(1, 2).flatten(2).float()
            for i, (k, v) in enumerate(memory.cache.pairs())
            for x in (shift_keys(memory.host, i, k, -memory.positions), v)
        ],
        -1,
    )
    columns = torch.arange(memory.kv_len, device=memory.mask.device)
    thoughts = (memory.mask & (columns >= prompt_columns))[..., None]
    prompt = (memory.mask & (columns < prompt_columns))[..., None]
    out = [flat.masked_fill(~thoughts, -torch.inf).amax(1)]
    out += [(flat * real).sum(1) / real.sum(1).clamp_min(1) for real in (thoughts, prompt)]
    return torch.cat(out, 1).double().cpu().numpy()


def last_number(text: str) -> str:
    """The last number of a text, which is the answer that a thought in words comes to; empty
    without one.

    Args:
        text: what the sender said.
    """
    found = [word for word in text.replace(";", " ").split() if word.isdigit()]
    return found[-1] if found else ""


def distance(memory: LatentMemory, honest: LatentMemory) -> list[float]:
    """‖arrived - honest‖ / ‖honest‖ over a row's keys (rotation undone) and values; NaN where the
    slots are others."""
    if memory.mask.shape != honest.mask.shape or not bool((memory.mask == honest.mask).all()):
        return [float("nan")] * memory.rows
    gap = torch.zeros(memory.rows, dtype=torch.float64)
    size = torch.zeros_like(gap)
    for i, (here, there) in enumerate(zip(memory.cache.pairs(), honest.cache.pairs(), strict=True)):
        for a, b in (
            (
                shift_keys(memory.host, i, here[0], -memory.positions),
                shift_keys(honest.host, i, there[0], -honest.positions),
            ),
            (here[1], there[1]),
        ):
            real = honest.mask[:, None, :, None]
            gap += ((a - b) * real).double().square().sum((1, 2, 3)).cpu()
            size += (b * real).double().square().sum((1, 2, 3)).cpu()
    return [float(x) for x in (gap / size).sqrt()]
