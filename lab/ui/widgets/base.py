"""The one way to make a widget: a ``gr.HTML`` with a static template, JSON as value, drawn by an ES
module.

A function and not a subclass, because Gradio writes a stub file beside the source of every
component subclass. The template holds no value, so nothing in the data is ever evaluated or
inserted as markup.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import gradio as gr

TEMPLATE = '<div class="lab-widget" data-module="MODULE"></div>'
ON_LOAD = """
/* events: EVENTS */
const at = (path) => new URL(path, document.baseURI).href;
Promise.all([import(at('lab/js/widget.js')), import(at('lab/js/MODULE'))])
  .then(([frame, module]) => frame.mount(module, { element, trigger, props, server, watch }))
  .catch((error) => console.error('widget MODULE failed to load', error));
"""


def widget(
    module: str,
    value: Any = None,
    *,
    events: Iterable[str] = ("pick",),
    label: str = "",
    elem_id: str | None = None,
    elem_classes: list[str] | None = None,
    **options: Any,
) -> gr.HTML:
    """A widget drawn by ``assets/js/<module>``.

    Args:
        module: file name of an ES module that exports ``draw``.
        value: JSON data; ``{"error": …}`` and ``{"empty": …}`` are drawn as sentences.
        events: names that the module may ``trigger``; each becomes a listener of the component.
        label: what a screen reader calls it.
        options: further arguments of ``gr.HTML``.
    """
    quoted = " ".join(json.dumps(name) for name in events)
    return gr.HTML(
        value,
        html_template=TEMPLATE.replace("MODULE", module),
        js_on_load=ON_LOAD.replace("MODULE", module).replace("EVENTS", quoted),
        apply_default_css=False,
        label=label or module.removesuffix(".js"),
        elem_id=elem_id,
        elem_classes=["lab-frame", *(elem_classes or [])],
        **options,
    )


def sentence(error: BaseException | str) -> dict[str, str]:
    """A widget value that states an error in the place of the picture."""
    return {"error": str(error)}


def empty(hint: str) -> dict[str, str]:
    """A widget value that says what would stand here, and how to get it."""
    return {"empty": hint}
