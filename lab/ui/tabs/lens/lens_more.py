"""Below the lens: watched words over the whole run, a question to a latent, the difference of two
grids.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from lab.errors import BadInput
from lab.panels.agent_colors import colors_of
from lab.panels.caption import caption
from lab.panels.states.lens import lens_grid
from lab.panels.states.lens_figure import difference_figure
from lab.panels.states.lens_values import watched_value
from lab.panels.states.watch import answer_words, watch
from lab.panels.style import KIND_WORD, share, visible
from lab.panels.value import Selection, Value
from lab.panels.widget_values import notes_value, plot_value
from lab.ui.frame.context import Ctx
from lab.ui.frame.controls import button, dropdown, notes, on_device
from lab.ui.frame.menus import in_menu
from lab.ui.tabs.lens.captured_menu import captured_menu
from lab.ui.widgets import empty, plotly_widget
from lab.words import agent_name, known, say

if TYPE_CHECKING:
    from lab.models.pool import HostPool


@dataclass
class Parts:
    """The views below the lens."""

    words: gr.Textbox
    exact: gr.Checkbox
    watch: gr.HTML
    question: gr.Textbox
    go: gr.Button
    said: gr.HTML
    other: gr.Dropdown
    other_who: gr.Dropdown
    compare: gr.Button
    difference: gr.HTML


def build(ctx: Ctx) -> Parts:
    """Three folds."""
    with gr.Accordion(ctx.t("lens.watch"), open=True) as fold:
        ctx.label(fold, "lens.watch")
        with gr.Row(elem_classes="panel-row"):
            words = ctx.label(gr.Textbox(label=ctx.t("lens.words"), max_lines=1), "lens.words")
            exact = ctx.label(gr.Checkbox(False, label=ctx.t("lens.exact")), "lens.exact")
        watched = plotly_widget("lens-watch", hint=say("lens.watch_hint"))
    with gr.Accordion(ctx.t("lens.ask"), open=False) as fold:
        ctx.label(fold, "lens.ask")
        with gr.Row(elem_classes="panel-row"):
            question = ctx.label(
                gr.Textbox(label=ctx.t("lens.question"), max_lines=2), "lens.question"
            )
            go = button(ctx, "lens.go")
        said = notes("lens-said", say("lens.ask_hint"))
    with gr.Accordion(ctx.t("lens.difference"), open=False) as fold:
        ctx.label(fold, "lens.difference")
        with gr.Row(elem_classes="panel-row"):
            other = dropdown(ctx, "lens.other")
            other_who = dropdown(ctx, "lens.other_who")
            compare = button(ctx, "lens.compare")
        difference = plotly_widget("lens-difference", hint=say("lens.difference_hint"))
    for chart in (watched, difference):
        ctx.selects(chart)
    return Parts(words, exact, watched, question, go, said, other, other_who, compare, difference)


def wire(ctx: Ctx, parts: Parts, who: gr.Dropdown, kinds: gr.Dropdown) -> None:
    """Connect the three folds."""
    held = gr.State(None)

    def first(record_id: str, before: str | None, words: str, exact: bool) -> tuple[Any, ...]:
        record = ctx.open(record_id)
        if before != record_id:
            words = ", ".join(answer_words(record))
        names = [
            (f"{in_menu(known(str(i['title'] or i['name'])))} · {i['id']}", Path(i["folder"]).name)
            for f in ctx.folders
            for i in ctx.listed(f)
        ]
        return (
            record_id,
            words,
            gr.update(choices=names),
            gr.update(choices=captured_menu(record), value=None),
            watched(record_id, words, exact and before == record_id),
        )

    def others(record_id: str, other: str | None) -> Any:
        return gr.update(choices=captured_menu(ctx.open(other or record_id)), value=None)

    def watched(record_id: str, words: str, exact: bool) -> Value:
        return watch_value(ctx, record_id, words or "", bool(exact))

    def ask(record_id: str, selection: Selection | None, question: str) -> Value:
        return ask_value(ctx, record_id, selection, question or "")

    def compare(
        record_id: str, mine: str | None, kinds: str, other: str | None, theirs: str | None
    ) -> Value:
        agent, _, lane = (mine or "").rpartition(" · ")
        other_agent, _, other_lane = (theirs or mine or "").rpartition(" · ")
        a, b = ctx.open(record_id), ctx.open(other or record_id)
        chosen = tuple(kinds.split(","))
        grids = (
            lens_grid(a, lane, agent, kinds=chosen),
            lens_grid(b, other_lane, other_agent, kinds=chosen),
        )
        what = say(
            "said.lens_tab.minus",
            theirs=colors_of(b).name(other_lane, other_agent),
            run_id=b.run_id,
            mine=colors_of(a).name(lane, agent),
        )
        text = caption(a, None, what)
        return plot_value(difference_figure(*grids), "lens-difference", text)

    ctx.redraw(
        "lens",
        first,
        [held, parts.words, parts.exact],
        [held, parts.words, parts.other, parts.other_who, parts.watch],
    )
    for event in (parts.words.submit, parts.exact.input):
        ctx.when(event, watched, [ctx.record, parts.words, parts.exact], [parts.watch], device=True)
    for event in (parts.go.click, parts.question.submit):
        ctx.when(event, ask, [ctx.record, ctx.selection, parts.question], [parts.said], device=True)
    ctx.when(parts.other.input, others, [ctx.record, parts.other], [parts.other_who])
    inputs = [ctx.record, who, kinds, parts.other, parts.other_who]
    ctx.when(parts.compare.click, compare, inputs, [parts.difference])


def watch_value(ctx: Ctx, record_id: str, words: str, exact: bool) -> Value:
    """The chart of watched words, from the stored lens or exactly from the model."""
    record = ctx.open(record_id)
    chosen = [w for w in words.replace("，", ",").split(",") if w.strip()]
    if not chosen:
        return empty(say("lens.watch_hint"))
    if exact:
        host = str(record.points["host"].value_counts().index[0])

        def work(pool: HostPool) -> Any:
            from lab.service.look import decoder

            return watch(record, chosen, decoder=decoder(record, host, pool))

        table = on_device(ctx, "watch words", work)
    else:
        table = watch(record, chosen)
    return watched_value(record, table)


def run_again(*, agrees: bool, older_cut: bool) -> str:
    """Whether the lane, run again, said what the record says, and if not, why."""
    if agrees:
        return say("said.lens_tab.the_lane_was_run_again")
    if older_cut:
        return say("said.lens_tab.run_again_the_cut_changed")
    return say("said.lens_tab.run_again_here_the_lane")


def ask_value(ctx: Ctx, record_id: str, selection: Selection | None, question: str) -> Value:
    """What the model says from the selected moment.

    Raises:
        LabError: without a selection, or if the model is not here.
    """
    if selection is None or not selection.lies_in(record_id):
        raise BadInput(say("error.lens_more.ask_latent_selected_moment"))
    record = ctx.open(record_id)
    kind, step = selection.kind, selection.step

    def work(pool: HostPool) -> Any:
        from lab.service.look import ask

        when: Any = "prompt" if kind == "prompt" else kind
        return ask(
            record,
            selection.lane,
            selection.agent,
            pool,
            when,
            None if kind == "prompt" else step,
            question,
        )

    said = on_device(ctx, "ask the latent", work, own=bool(question.strip()))
    agent = agent_name(selection.agent)
    where = (
        say("said.lens_tab.after_its_prompt", agent=agent)
        if kind == "prompt"
        else say("said.lens_tab.after", agent=agent, kind=KIND_WORD[kind], step=step)
    )
    words = " ".join(f"{visible(t, 16)} ({share(p)})" for t, p in said["tokens"][:24])
    agrees = run_again(agrees=said["agrees"], older_cut=said["older_cut"])
    key = "said.lens_tab.asked_at" if question.strip() else "said.lens_tab.left_to_go_on_at"
    lines = [
        say(key, where=where, slots=said["slots"]),
        say("said.lens_tab.word_by_word", words=words),
        agrees,
    ]
    heard = visible(said["text"], 400)
    return notes_value(lines, strong=f"“{heard}”" if heard else say("said.lens_tab.nothing"))
