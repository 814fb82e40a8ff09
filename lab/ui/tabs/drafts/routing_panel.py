"""One question under the figure of the router: who was asked and why, how sure the router was, and
what another choice would have heard; the same question can be asked anew on the first tab.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from lab.panels.drafts.claim_cards import Card
from lab.panels.drafts.routing_tables import choice_told, heard_table
from lab.panels.widget_values import notes_value
from lab.records.results import ResultTable
from lab.ui.frame.address import Address, link
from lab.ui.frame.context import Ctx
from lab.ui.frame.controls import TABLE, dropdown, notes

if TYPE_CHECKING:
    from lab.experiments.moa.routing_question import Overruled

EXPERIMENT = "routing"
MOST = 60
"""Questions in the menu."""
NUMBERS = tuple(range(1, 7))
ASKED = 2
"""Proposers that the router picks here, as on the first tab."""


@dataclass
class Parts:
    """The components."""

    question: gr.Dropdown
    asked: gr.CheckboxGroup
    told: gr.HTML
    heard: gr.HTML
    live: gr.Button

    @property
    def all(self) -> list[Any]:
        """In the order in which `shown_for` fills them."""
        return [self.question, self.asked, self.told, self.heard, self.live]


def build(ctx: Ctx) -> Parts:
    """Hidden until a claim about the router is open."""
    with gr.Row(elem_classes="panel-row routing-row"):
        question = dropdown(
            ctx,
            "drafts.routing.question",
            visible=False,
            elem_id="routing-question",
            min_width=340,
            scale=3,
        )
        asked = ctx.label(
            gr.CheckboxGroup(
                [(str(number), number) for number in NUMBERS],
                label=ctx.t("drafts.routing.asked"),
                visible=False,
                elem_id="routing-asked",
                min_width=360,
            ),
            "drafts.routing.asked",
        )
        live = ctx.label(
            gr.Button(
                ctx.t("drafts.routing.live"),
                size="sm",
                visible=False,
                link="?",
                link_target="_self",
                elem_id="routing-live",
            ),
            "drafts.routing.live",
            "value",
        )
    told = notes("routing-told")
    heard = TABLE.widget(None, elem_id="routing-heard", label="proposers and the question")
    return Parts(question, asked, told, heard, live)


def shown_for(card: Card, table: ResultTable | None) -> list[Any]:
    """Updates of all parts for the claim that was opened: its first question, or hidden.

    Args:
        card: that was opened.
        table: its results.
    """
    if card.experiment != EXPERIMENT or table is None or "asked" not in table.rows:
        return hidden()
    from lab.experiments.moa.routing_question import questions

    known = questions(table, MOST)
    seed = known[0][1]
    return [
        gr.update(choices=known, value=seed, visible=True),
        *shown(card, table, seed, None),
    ]


def hidden() -> list[Any]:
    """Updates that show nothing."""
    none = gr.update(visible=False)
    return [none, none, notes_value(), None, none]


def shown(card: Card, table: ResultTable, seed: int, chosen: Sequence[int] | None) -> list[Any]:
    """Updates of all parts but the question's menu.

    Args:
        card: the open one; its channel says how knowledge is spread.
        table: its results.
        seed: of the question.
        chosen: who is asked by hand; None: whom the router asks.

    Raises:
        BadInput: if nobody is asked.
    """
    from lab.experiments.moa.routing_question import overruled

    members = None if chosen is None else tuple(int(number) for number in chosen)
    found: Overruled = overruled(table, card.channel or "", int(seed), ASKED, members)
    numbers = [i + 1 for i, one in enumerate(found.candidates) if one.asked]
    address = Address(preset="routed", settings={"problem.seed": int(seed)})
    return [
        gr.update(value=numbers, visible=True),
        notes_value(choice_told(found)),
        heard_table(found),
        gr.update(visible=True, link=f"?{link(address)}"),
    ]
