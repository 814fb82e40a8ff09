"""The one way to make a widget: a ``gr.HTML`` with a static template, one typed value as JSON,
drawn by an ES module.

A function and not a subclass, because Gradio writes a stub file beside the source of every
component subclass. The template holds no value, so nothing in the data is ever evaluated or
inserted as markup.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from lab.panels.value import EmptyValue, ErrorValue, FromBrowser, V, Value
from lab.words import known

TEMPLATE = '<div class="lab-widget" data-module="MODULE"></div>'
ON_LOAD = """
/* events: EVENTS */
const at = (path) => new URL(path, document.baseURI).href;
Promise.all([import(at('lab/js/widget.js')), import(at('lab/js/MODULE'))])
  .then(([frame, module]) => frame.mount(module, { element, trigger, props, watch }))
  .catch((error) => console.error('widget MODULE failed to load', error));
"""


@dataclass(frozen=True)
class Kind:
    """One kind of widget: who draws it, what it is given and what it sends."""

    module: str
    """File name of an ES module under ``assets/js`` that exports ``draw``."""
    value: type[Value]
    events: Mapping[str, type[FromBrowser]] = field(default_factory=dict)
    """What the module may ``trigger``; each name becomes a listener of the component."""

    def widget(
        self,
        value: Value | None = None,
        *,
        label: str = "",
        elem_id: str | None = None,
        elem_classes: list[str] | None = None,
        **options: Any,
    ) -> gr.HTML:
        """A component of this kind.

        Args:
            value: a value of the kind, a sentence in its place, or None for nothing.
            label: what a screen reader calls it.
            options: further arguments of ``gr.HTML``.
        """
        quoted = " ".join(json.dumps(name) for name in self.events)
        made = gr.HTML(
            self.as_json(value),
            html_template=TEMPLATE.replace("MODULE", self.module),
            js_on_load=ON_LOAD.replace("MODULE", self.module).replace("EVENTS", quoted),
            apply_default_css=False,
            label=label or self.module.removesuffix(".js"),
            elem_id=elem_id,
            elem_classes=["lab-frame", *(elem_classes or [])],
            **options,
        )
        # Handlers return models; Gradio calls this on every value on its way to the browser.
        made.postprocess = self.as_json  # type: ignore[method-assign,assignment]
        return made

    def as_json(self, value: Value | None) -> str | None:
        """The JSON that the browser is given, as one text: at every event Gradio's page clones all
        that it holds of its components, which took seconds for a run of a thousand steps.

        Raises:
            TypeError: if the value is of another kind of widget, a mistake of the programmer.
        """
        if value is None:
            return None
        if not isinstance(value, (self.value, ErrorValue, EmptyValue)):
            raise TypeError(
                f"{self.module} draws a {self.value.__name__}, got {type(value).__name__}."
            )
        return value.model_dump_json()


def message(model: type[V], event: gr.EventData) -> V:
    """What a widget's event carried.

    Raises:
        BadInput: if it is not a message of this model.
    """
    return model.read(event._data)


def sentence(error: BaseException | str) -> ErrorValue:
    """A widget value that states an error in the place of the picture."""
    return ErrorValue(error=known(str(error)))


def empty(hint: str) -> EmptyValue:
    """A widget value that says what would stand here, and how to get it."""
    return EmptyValue(empty=hint)
