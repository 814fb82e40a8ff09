"""The facts about the pocket family are those of its recipes."""

from __future__ import annotations

from lab.models.pocket_family import POCKETS
from lab.zoo.recipes import FAMILY


def test_facts_and_recipes_agree() -> None:
    assert list(POCKETS) == list(FAMILY)
    for name, member in POCKETS.items():
        assert (member.mask_seed, member.match) == (FAMILY[name].mask_seed, FAMILY[name].match)
    assert [POCKETS[f"pocket-scholar-{i}"].mask_seed for i in (1, 2, 3)] == [1, 2, 3]
    assert {n for n, m in POCKETS.items() if m.match} == {"pocket-unified"}
