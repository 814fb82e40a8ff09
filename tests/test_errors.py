"""One clause says where, what was expected and what came."""

import pytest
from pydantic import BaseModel, Field, ValidationError

from lab.words import first_mistake


class Inner(BaseModel):
    steps: int = Field(ge=0, le=200)


class Outer(BaseModel):
    lanes: list[Inner]


def mistake(data: object) -> str:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(data)
    return first_mistake(caught.value)


def test_it_names_the_place_the_rule_and_the_value() -> None:
    told = mistake({"lanes": [{"steps": 3}, {"steps": 900}, {"steps": -1}]})
    assert told == "lanes.1.steps: Input should be less than or equal to 200; got 900"


def test_data_that_is_no_mapping_is_named_as_a_whole() -> None:
    assert mistake([]).startswith("top level: ")


def test_a_long_value_is_cut() -> None:
    told = mistake({"lanes": "x" * 10_000})
    assert told.endswith("…") and len(told) < 200
