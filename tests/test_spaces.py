"""A wrong space raises; it is never ignored."""

import pytest

from lab.errors import SpaceMismatch
from lab.spaces import Space, require_same, space_of_layer


def test_points_follow_the_hidden_states_of_transformers() -> None:
    points = [space_of_layer("m", layer, 3).point for layer in range(4)]
    assert points == ["embed", "residual", "residual", "final_norm"]


@pytest.mark.parametrize("layer", [-1, 4])
def test_unknown_layers_raise(layer: int) -> None:
    with pytest.raises(SpaceMismatch, match="expected 0 to 3"):
        space_of_layer("m", layer, 3)


def test_only_equal_spaces_pass() -> None:
    here = Space("m", 2, "residual")
    require_same(here, Space("m", 2, "residual"), "draw both on one map")
    for other in (
        Space("n", 2, "residual"),
        Space("m", 1, "residual"),
        Space("m", 2, "final_norm"),
    ):
        with pytest.raises(SpaceMismatch, match="draw both on one map"):
            require_same(here, other, "draw both on one map")
