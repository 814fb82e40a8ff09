"""What a widget is given and what it sends back: frozen models, so that Python and JavaScript agree
on every field.

`lab.ui.bridge` lists the models of all widgets; `lab.ui.typescript` writes their TypeScript
declarations, against which the modules under ``assets/js`` are checked.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from lab.errors import BadInput
from lab.words import say

V = TypeVar("V", bound="Value")
MOST_POINTS = 100_000
"""Points that a message of the browser may name."""


class Value(BaseModel):
    """A model of the bridge. Fields are required unless they have a default; unknown ones are an
    error."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_serialization_defaults_required=True,
    )

    @classmethod
    def read(cls, data: Any) -> Self:
        """The value in what the browser sent.

        Raises:
            BadInput: if it is no such value; anything can come from a browser.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"])) or "all of it"
            raise BadInput(
                say(
                    "error.value.page_sent_cannot_read",
                    name=cls.__name__,
                    where=where,
                    first=first["msg"],
                )
            ) from error

    def plain(self) -> dict[str, Any]:
        """The value as plain JSON data."""
        return self.model_dump(mode="json")


class ErrorValue(Value):
    """An error that stands in the place of the picture."""

    error: str
    told: int = 0
    """Another one each time that it is told: who meets the same error twice is told it twice."""


class EmptyValue(Value):
    """A hint that says what would stand here, and how to get it."""

    empty: str


class FromBrowser(Value):
    """Something that a widget sends back; fields with a default may be left out."""


class Lasso(FromBrowser):
    """The marks within a lasso or a box."""

    point_ids: tuple[int, ...] = Field(max_length=MOST_POINTS)


class Pick(FromBrowser):
    """A click that selects: a point, or a moment (at the layer selected before) of an agent."""

    point_id: int | None = None
    moment: int | None = None
    layer: int | None = None
    record: str | None = None
    lane: str | None = None
    agent: str | None = None


class Selection(Value):
    """The one moment that all panels show, or the sentence that says why there is none."""

    record: str
    error: str = ""
    point_id: int | None = None
    moment: int | None = None
    layer: int | None = None
    lane: str = ""
    agent: str = ""
    kind: str = ""
    step: int | None = None

    def lies_in(self, record_id: str | None) -> bool:
        """Whether a moment of this record is selected."""
        return not self.error and self.record == record_id


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


Known = Annotated[float | None, BeforeValidator(_finite)]
"""A number, or None where it is not known: JSON has no NaN."""
