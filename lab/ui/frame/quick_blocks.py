"""Gradio's page without work that grows with the class and that nobody sees.

For every output that a handler leaves as it is, Gradio makes the component anew; every value of an
event it hands to another thread; and after every event it works out statistics of all events
before. Fifty students could not be served so.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.components import _Keywords

SKIP = gr.skip()
FINISHED_ITERATING = _Keywords.FINISHED_ITERATING


class QuickBlocks(gr.Blocks):
    """A page whose events cost what changes."""

    def __init__(self, **options: Any) -> None:
        """
        Args:
            options: of ``gr.Blocks``.
        """
        # Gradio's statistics: of few events, and worked out (nearly) never
        os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))
        os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "100")
        super().__init__(**options)

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> list[Any]:
        """The inputs of a handler."""
        blocks = block_fn.inputs
        if any(getattr(block, "data_model", None) for block in blocks):  # files, by their own rules
            given: list[Any] = await super().preprocess_data(block_fn, inputs, state, explicit_call)
            return given
        raw = copy.copy(block_fn)
        raw.preprocess = False
        values = await super().preprocess_data(raw, inputs, state, explicit_call)
        return [
            value if block.stateful else _own(block, state).preprocess(value)
            for block, value in zip(blocks, values, strict=True)
        ]

    async def postprocess_data(self, block_fn: Any, predictions: Any, state: Any) -> list[Any]:
        """What a handler returned, as the browser is told it."""
        blocks = block_fn.outputs
        values = _each(predictions, blocks)
        if values is None:
            left: list[Any] = await super().postprocess_data(block_fn, predictions, state)
            return left
        told: list[Any] = [None if block.stateful else dict(SKIP) for block in blocks]
        kept = [i for i, value in enumerate(values) if not _is_skip(value)]
        for plain in (True, False):
            chosen = [i for i in kept if _is_plain(blocks[i], values[i]) == plain]
            if not chosen:
                continue
            part = copy.copy(block_fn)
            part.outputs = [blocks[i] for i in chosen]
            given = [values[i] for i in chosen]
            if plain:
                part.postprocess = False
                pairs = zip(part.outputs, given, strict=True)
                given = [_own(block, state).postprocess(value) for block, value in pairs]
            one = given[0] if len(given) == 1 else given
            made = await super().postprocess_data(part, one, state)
            for i, value in zip(chosen, made, strict=True):
                told[i] = value
        return told


def _own(block: Any, state: Any) -> Any:
    """The session's own component, which may have other options."""
    return state[block._id] if state is not None and block._id in state else block


def _each(predictions: Any, blocks: Sequence[Any]) -> list[Any] | None:
    """A value for each output; None where that is for Gradio to sort out."""
    if len(blocks) == 1:
        values = [predictions]
    elif _is_skip(predictions):
        values = [SKIP] * len(blocks)
    elif isinstance(predictions, (list, tuple)) and len(predictions) == len(blocks):
        values = list(predictions)
    else:
        return None
    return None if any(value is FINISHED_ITERATING for value in values) else values


def _is_skip(value: Any) -> bool:
    return isinstance(value, dict) and value == SKIP


def _is_plain(block: Any, value: Any) -> bool:
    """Whether it is the new value of a component: no state, no other options, no file."""
    update = isinstance(value, dict) and "update" in value.get("__type__", "")
    other = update or isinstance(value, (Block, SimpleNamespace))
    return not (block.stateful or other or getattr(block, "data_model", None))
