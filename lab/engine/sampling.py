"""From logits to a word: greedy, or inverse-transform sampling with temperature and top-p, each row
by its own seed.

Random numbers come from Python's generator, one draw per word and row, so a row's words depend
neither on the device nor on the rows beside it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lab.plan import Decoding


class Sampler:
    """Chooses the next word of every row."""

    def __init__(self, decodings: Sequence[Decoding]) -> None:
        self.decodings = tuple(decodings)
        self._random = [random.Random(d.seed) for d in decodings]
        self.greedy = all(d.temperature == 0 for d in decodings)

    def choose(
        self, logits: Float[Tensor, "n vocab"], rows: Sequence[int]
    ) -> tuple[Int[Tensor, " n"], Float[Tensor, " n"], Float[Tensor, " n"]]:
        """Next ids of the given rows.

        Args:
            logits: (n, V), one line per entry of ``rows``.
            rows: which row's settings and seed each line follows.

        Returns:
            ids (n,), log-probability (n,) and entropy (n,) of the untempered distribution, nats.
        """
        logits = logits.float()
        logp = torch.log_softmax(logits, dim=-1)
        entropy = -torch.special.xlogy(probs := logp.exp(), probs).sum(-1)
        ids = logits.argmax(-1)
        if not self.greedy:
            ids = self._sampled(logits, ids, rows)
        return ids, logp.gather(-1, ids[:, None])[:, 0], entropy

    def _sampled(
        self, logits: Float[Tensor, "n vocab"], ids: Int[Tensor, " n"], rows: Sequence[int]
    ) -> Int[Tensor, " n"]:
        ids = ids.clone()
        for line, row in enumerate(rows):
            setting = self.decodings[row]
            if setting.temperature > 0:
                ids[line] = draw(
                    logits[line], setting.temperature, setting.top_p, self._random[row].random()
                )
        return ids


def draw(
    logits: Float[Tensor, " vocab"], temperature: float, top_p: float, uniform: float
) -> Int[Tensor, ""]:
    """One word id from logits (V,) by a uniform number in [0, 1).

    Top-p keeps the smallest set of most probable words whose sum reaches p (Holtzman et al. 2020,
    arXiv 1904.09751).

    Args:
        logits: (V,) untempered.
        temperature: above 0; 1 leaves the distribution as it is.
        top_p: in (0, 1]; 1 keeps all tokens.
        uniform: in [0, 1), the only source of chance.
    """
    probs, order = torch.softmax(logits / temperature, dim=-1).sort(descending=True)
    cumulated = probs.cumsum(-1)
    kept = cumulated - probs < top_p
    kept[0] = True
    total = float((probs * kept).sum())
    place = int((cumulated < uniform * total).sum())
    return order[min(place, int(kept.sum()) - 1)]
