"""Above the pictures of a record: their question, the right answer, and who said it."""

from __future__ import annotations

from typing import Any

import gradio as gr

from lab.panels.value import Value
from lab.records import summary
from lab.ui.frame.context import Ctx
from lab.ui.frame.frame_values import RailAnswer
from lab.ui.widgets import Kind
from lab.words import known

TABS = ("map", "lens", "memory", "drafts")
"""Those that show pictures of the open record; the first tab shows its question itself."""


class QuestionValue(Value):
    """The question of the open record; nothing where there is none."""

    question: str = ""
    truth: str = ""
    answers: tuple[RailAnswer, ...] = ()
    record: str = ""
    """Id of the record, to take what is shown along as a notebook."""


QUESTION = Kind("question.js", QuestionValue)


def build(name: str) -> gr.HTML | None:
    """The strip of one tab; None where it has none."""
    if name not in TABS:
        return None
    return QUESTION.widget(QuestionValue(), elem_id=f"question-{name}", label="question")


def wire(ctx: Ctx, name: str, strip: gr.HTML) -> None:
    """It follows the record."""

    def show(record_id: str) -> QuestionValue:
        shown = question_value(summary(ctx.folder_of(record_id)))
        return shown.model_copy(update={"record": record_id})

    ctx.redraw(name, show, [], [strip])


def question_value(item: dict[str, Any]) -> QuestionValue:
    """The strip of a record, from what the history knows of it.

    Args:
        item: as `lab.records.summary` gives it.
    """
    return QuestionValue(
        question=str(item["question"]),
        truth=str(item["truth"] or ""),
        answers=tuple(
            RailAnswer(title=known(a["title"]), text=a["answer"], correct=a["correct"])
            for a in item["answers"]
        ),
    )
