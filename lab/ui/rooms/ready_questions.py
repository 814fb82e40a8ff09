"""Questions that a teacher can take as they are: a rate to guess, and what was measured, read from
the experiments that come with the lab.
"""

from __future__ import annotations

from functools import cache

from lab.errors import BadInput
from lab.files import PRESETS
from lab.lessons.lesson_figures import recorded
from lab.rooms import Measured, NewQuestion
from lab.words import read_yaml, texts_of

FILE = PRESETS / "rooms" / "questions.yaml"


@cache
def ready_questions() -> tuple[NewQuestion, ...]:
    """The questions of `FILE`; one without a figure on this machine is left out."""
    asked = []
    for name, of in read_yaml(FILE).items():
        measured = _measured(of["experiment"], of["condition"], of["channel"])
        if measured is not None:
            text = texts_of("en")[f"said.room.ask.{name}"]
            asked.append(NewQuestion(text=text, address=of["address"], measured=measured))
    return tuple(asked)


def _measured(experiment: str, condition: str, channel: str) -> Measured | None:
    """A rate with its 95 % interval, in percent."""
    try:
        found = recorded(experiment).estimate(condition, "accuracy", channel)
    except BadInput:
        return None
    rate, low, high = (round(100 * share, 1) for share in (found.value, found.low, found.high))
    return Measured(rate=rate, low=low, high=high, n=found.n)
