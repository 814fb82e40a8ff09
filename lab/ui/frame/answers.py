"""What handlers answer: values, and a sentence in their place where something is wrong."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import count
from typing import Any

import gradio as gr

from lab.errors import LabError
from lab.panels.value import ErrorValue, Value
from lab.service.libraries import LIBRARIES
from lab.ui.frame.waiting import telling
from lab.ui.widgets import empty, sentence
from lab.words import say

SESSION = "session_request"
"""Name of the parameter by which every handler is told its browser's session."""
_END = object()
_TIMES = count(1)
"""Of errors told."""


def answered(
    fn: Callable[..., Any], args: tuple[Any, ...], outputs: Sequence[Any]
) -> Sequence[Any]:
    """A value for each output: what a function returns, its sentence, or what stands there
    without a record.

    Args:
        fn: whose first argument is the record.
        args: the same.
        outputs: as many as it returns values.
    """
    if not args[0]:
        found = fill(empty(say("empty.no_record")), outputs)
    else:
        try:
            found = fn(*args)
        except LabError as error:
            found = fill(sentence(error), outputs)
    if len(outputs) == 1:
        return [found]
    values: Sequence[Any] = [found] * len(outputs) if isinstance(found, dict) else found
    return values


def guarded(
    asking: Callable[[Any], AbstractContextManager[None]],
    fn: Callable[..., Any],
    outputs: Sequence[Any],
    errors: Sequence[Any],
    device: bool,
) -> Callable[..., Any]:
    """A handler that says what goes wrong in a sentence, and asks for whoever sent the request.

    Args:
        asking: within which a request's sender is the person that asks.
        fn: a function or generator.
        outputs: of it.
        errors: those that show the sentence.
        device: it waits for a model; meanwhile the place in line stands in ``errors``.
    """

    def call(request: gr.Request, *args: Any) -> Any:
        LIBRARIES.settle()
        try:
            with asking(request):
                return fn(*args)
        except LabError as error:
            return fill(_told(error), outputs, errors)

    def stream(request: gr.Request, *args: Any) -> Any:
        def told(line: str) -> Any:
            return fill(empty(line), outputs, errors)

        LIBRARIES.settle()
        with asking(request):
            steps: Generator[Any, None, None] = (
                fn(*args) if inspect.isgeneratorfunction(fn) else telling(partial(fn, *args), told)
            )
        try:
            while True:
                # each step may come on another thread: whose it is must be said each time
                with asking(request):
                    step = next(steps, _END)
                if step is _END:
                    return
                yield step
        except LabError as error:
            yield fill(_told(error), outputs, errors)
        finally:
            steps.close()

    guarded = stream if device or inspect.isgeneratorfunction(fn) else call
    own = inspect.signature(fn)
    session = inspect.Parameter(
        SESSION, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=gr.Request
    )
    guarded.__signature__ = own.replace(  # type: ignore[attr-defined]
        parameters=[session, *own.parameters.values()]
    )
    guarded.__annotations__ = {SESSION: gr.Request} | typing.get_type_hints(fn)
    return guarded


def _told(error: LabError) -> ErrorValue:
    """The sentence, as new: the page draws nothing for a value that it has already."""
    return sentence(error).model_copy(update={"told": next(_TIMES)})


def fill(value: Value, outputs: Sequence[Any], where: Sequence[Any] | None = None) -> Any:
    """The value for every widget among the outputs; other components stay as they are.

    Args:
        value: of any widget.
        outputs: of a handler.
        where: only in these.
    """
    chosen = {id(out) for out in (outputs if where is None else where) if isinstance(out, gr.HTML)}
    filled = [value if id(out) in chosen else gr.skip() for out in outputs]
    return filled[0] if len(filled) == 1 else filled


def skipped(outputs: Sequence[Any]) -> Any:
    """Nothing changes.

    Args:
        outputs: of a handler.
    """
    left = [gr.skip() for _ in outputs]
    return left[0] if len(left) == 1 else left
