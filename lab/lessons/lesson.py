"""A lesson as it stands in its file: parsed at the border, with the line of the first mistake.

The texts are the page's, under ``lesson.NAME.title``, ``lesson.NAME.about`` and for every scene
``lesson.NAME.SCENE.{ask,take,look}`` and ``lesson.NAME.SCENE.option.OPTION``. It knows neither
results nor models.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from lab.errors import BadInput
from lab.files import PRESETS
from lab.plan import Strict
from lab.words import first_mistake, say, texts_of

FOLDER = PRESETS / "lessons"
TOUR = "tour"
"""The lesson for a newcomer."""
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
SAME = ("higher", "lower", "same")
"""Answers to a comparison."""


class FigureAt(Strict):
    """Where a figure stands among an experiment's results."""

    condition: str = Field(min_length=1)
    channel: str = ""
    experiment: str = ""
    """The scene's own if empty."""


class AskRate(Strict):
    """Predict a share, on a slider from 0 to 100 %."""

    kind: Literal["rate"]
    of: FigureAt


class AskWhich(Strict):
    """Predict which of several has most, or least."""

    kind: Literal["which"]
    wanted: Literal["most", "least"]
    options: dict[Name, FigureAt] = Field(min_length=2, max_length=6)


class AskCompare(Strict):
    """Predict whether one figure is higher or lower than another, or no difference can be told."""

    kind: Literal["compare"]
    of: FigureAt
    to: FigureAt


class Scene(Strict):
    """One question with its figures."""

    name: Name
    seconds: int = Field(ge=5, le=900)
    """How long a teacher should plan for it."""
    address: str = Field(min_length=1, max_length=4000)
    """The view of the lab it is about: the query of its address."""
    experiment: str = Field(min_length=1)
    metric: str = "accuracy"
    predict: Annotated[AskRate | AskWhich | AskCompare, Field(discriminator="kind")]
    floor: FigureAt | None = None
    """If not said, the experiment's own; in the same metric."""
    ceiling: FigureAt | None = None
    bounds: bool = True
    """Whether floor and ceiling say anything in this metric."""
    only_recorded: Literal["", "same questions", "public model", "training"] = ""
    """Why it cannot be measured now: its experiment has no other questions, its model does not come
    with the lab, or models are trained for it, which the panel behind it does; empty: it can be, on
    the pocket models, within moments."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """Settings of the experiment when it is measured live, where not all of it is needed."""

    @property
    def asked(self) -> dict[str, FigureAt]:
        """The figures that the question is about, by option; one without options has no name."""
        if isinstance(self.predict, AskWhich):
            return dict(self.predict.options)
        if isinstance(self.predict, AskCompare):
            return {"of": self.predict.of, "to": self.predict.to}
        return {"": self.predict.of}

    def experiment_of(self, at: FigureAt) -> str:
        """The experiment in which a figure of this scene was measured."""
        return at.experiment or self.experiment

    @model_validator(mode="after")
    def _asks_for_shares(self) -> Scene:
        if isinstance(self.predict, AskRate) and self.metric in ("tokens", "ms", "bytes", "nll"):
            raise ValueError(f"a rate is predicted in percent, and {self.metric} is no share")
        return self


class LessonPath(Strict):
    """A path of scenes."""

    name: Name
    number: int = Field(ge=0, le=99)
    """Its place; 0 is the tour."""
    scenes: tuple[Scene, ...] = Field(min_length=1, max_length=12)

    @model_validator(mode="after")
    def _names_scenes_once(self) -> LessonPath:
        names = [scene.name for scene in self.scenes]
        if len(set(names)) < len(names):
            raise ValueError("two scenes have the same name")
        return self

    @property
    def title(self) -> str:
        """Its name for people."""
        return say(f"lesson.{self.name}.title")

    @property
    def about(self) -> str:
        """What one knows after it, in a sentence."""
        return say(f"lesson.{self.name}.about")

    @property
    def seconds(self) -> int:
        """How long all of it takes."""
        return sum(scene.seconds for scene in self.scenes)

    def text(self, scene: Scene, part: str, **values: str) -> str:
        """A text of one of its scenes.

        Args:
            scene: one of this lesson.
            part: ``ask``, ``take``, ``look`` or ``option.NAME``; the last two have texts for
                scenes without their own.
            values: figures that the text may name.
        """
        key = f"lesson.{self.name}.{scene.name}.{part}"
        return say(key if key in texts_of("en") else f"lesson.any.{part}", **values)

    def choices(self, scene: Scene) -> tuple[str, ...]:
        """What one may choose in a scene; nothing where a rate is predicted."""
        if isinstance(scene.predict, AskWhich):
            return tuple(self.text(scene, f"option.{name}") for name in scene.predict.options)
        if isinstance(scene.predict, AskCompare):
            return tuple(self.text(scene, f"option.{answer}") for answer in SAME)
        return ()


def read_lesson(path: Path, check: Callable[[str], Sequence[str]] | None = None) -> LessonPath:
    """The lesson in a file; its name is the file's.

    Args:
        path: a YAML file.
        check: what is wrong with a scene's address, as keys of the address that nobody knows; the
            page knows its addresses.

    Raises:
        BadInput: one sentence with file, line and reason.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise BadInput(say("error.lesson.cannot_read", name=path.name, reason=reason)) from error
    try:
        tree = yaml.compose(text, yaml.SafeLoader)
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        reason = getattr(error, "problem", None) or type(error).__name__
        raise BadInput(
            say("error.lesson.line", name=path.name, line=line, reason=reason)
        ) from error
    if not isinstance(data, dict):
        kind = type(data).__name__
        raise BadInput(say("error.lesson.no_mapping", name=path.name, kind=kind))
    try:
        lesson = LessonPath.model_validate({"name": path.stem, **data})
    except ValidationError as error:
        where = [part for part in error.errors()[0]["loc"] if part not in ("rate", "which")]
        told = {"name": path.name, "line": _line(tree, where)}
        raise BadInput(say("error.lesson.line", **told, reason=first_mistake(error))) from error
    for i, scene in enumerate(lesson.scenes):
        wrong = check(scene.address) if check else ()
        if wrong:
            line, keys = _line(tree, ("scenes", i, "address")), ", ".join(wrong)
            raise BadInput(say("error.lesson.address", name=path.name, line=line, keys=keys))
    return lesson


def _line(node: Any, where: Sequence[int | str]) -> int:
    """The line of a mistake: as deep as the file goes."""
    line = int(node.start_mark.line) + 1 if node is not None else 1
    for part in where:
        inner = None
        if isinstance(node, yaml.MappingNode):
            inner = next((v for k, v in node.value if k.value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            inner = node.value[part] if part < len(node.value) else None
        if inner is None:
            continue  # names of alternatives stand in no file
        node, line = inner, int(inner.start_mark.line) + 1
    return line


@cache
def lessons(folder: Path = FOLDER) -> Mapping[str, LessonPath]:
    """All lessons of a folder by name, in their order.

    Raises:
        BadInput: if one of the files is damaged; the sentence names it.
    """
    found = sorted((read_lesson(path) for path in folder.glob("*.yaml")), key=lambda x: x.number)
    return {lesson.name: lesson for lesson in found}


def find_lesson(name: str) -> LessonPath:
    """The lesson of a name.

    Raises:
        BadInput: if there is none.
    """
    known = lessons()
    if name not in known:
        names = ", ".join(known)
        raise BadInput(say("error.lesson.unknown", name=name, names=names))
    return known[name]
