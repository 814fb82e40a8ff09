"""Tasks as in the papers: JSON lines in the usual schemas become one typed value.

A line is one question. Its schema is told by its keys, so a file may come from GSM8K, ARC, MedQA,
MBPP(+) or HumanEval(+) as it is, or hold questions of one's own (``question``, ``truth``), or
problems of the pocket worlds (``world``, ``seed``). What is wrong in a file is one sentence with
the line and the reason; no answer is judged anywhere but in `lab.worlds.judge`.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lab.errors import BadInput, LabError
from lab.files import PRESETS
from lab.plan import PlanProblem
from lab.words import first_mistake
from lab.worlds.generate import check, make_problem
from lab.worlds.judge import Kind, judge, kind_of
from lab.worlds.problem import Verdict
from lab.worlds.task_package import package_text

TASKS = PRESETS / "tasks"
"""Tasks that come with the lab."""
SOURCES = TASKS / "sources.yaml"
"""Short names of public tasks, as the `datasets` package knows them."""
LETTERS = "ABCDEFGHIJ"
IN_PYTHON = "Write the whole function in Python, in one code block."


@dataclass(frozen=True)
class TaskItem:
    """One question and all that is needed to judge an answer to it."""

    question: str
    """As agents read it: with its options, if it has any."""
    truth: str
    """Tests, for code."""
    kind: Kind
    number: int = 0
    """Its place in the task, from 1."""
    facts: str = ""
    choices: tuple[str, ...] = ()
    stub: str = ""
    """Code that the answer completes."""
    world: Literal["ledger", "almanac"] | None = None
    seed: int = 0
    depth: int | None = None

    @property
    def problem(self) -> PlanProblem:
        """The question as a plan puts it; the truth stays here."""
        known: dict[str, Any] = {}
        if self.world is not None:
            known = {"world": self.world, "seed": self.seed, "depth": self.depth}
        return PlanProblem(question=self.question, facts=self.facts, **known)

    def judged(self, answer: str) -> Verdict:
        """Is an answer right?"""
        if self.world is not None:
            return check(make_problem(self.world, self.seed, depth=self.depth), answer)
        return judge(self.truth, answer, self.kind, choices=self.choices, stub=self.stub)


@dataclass(frozen=True)
class Task:
    """Questions that belong together."""

    name: str
    items: tuple[TaskItem, ...]
    digest: str
    """Of all questions and truths: results of another file are not continued."""


class _Row(BaseModel):
    """One line of one schema; further keys are of no interest."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    def item(self) -> TaskItem:
        """The line as a question.

        Raises:
            ValueError: with the reason why it is none.
        """
        raise NotImplementedError


class _Own(_Row):
    question: str = Field(min_length=1)
    truth: str = Field(min_length=1)
    kind: Kind | None = None
    facts: str = ""
    choices: tuple[str, ...] = ()
    stub: str = ""

    def item(self) -> TaskItem:
        kind = self.kind or ("choice" if self.choices else kind_of(self.truth))
        asked = _with_options(self.question, self.choices) if kind == "choice" else self.question
        return TaskItem(asked, self.truth, kind, 0, self.facts, self.choices, self.stub)


class _World(_Row):
    world: Literal["ledger", "almanac"]
    seed: int = Field(ge=0)
    depth: int | None = None

    def item(self) -> TaskItem:
        made = make_problem(self.world, self.seed, depth=self.depth)
        return TaskItem(
            made.question,
            made.truth,
            "number" if self.world == "ledger" else "text",
            facts=made.facts,
            world=self.world,
            seed=self.seed,
            depth=self.depth,
        )


class _Gsm8k(_Row):
    question: str = Field(min_length=1)
    answer: str

    def item(self) -> TaskItem:
        truth = self.answer.rpartition("####")[2].strip()
        return TaskItem(self.question, truth, "number")


class _Options(BaseModel):
    text: tuple[str, ...]
    label: tuple[str, ...]


class _Arc(_Row):
    question: str = Field(min_length=1)
    choices: _Options
    answer_key: str = Field(alias="answerKey")

    def item(self) -> TaskItem:
        labels, texts = self.choices.label, self.choices.text
        if len(labels) != len(texts):
            raise ValueError(f"choices: {len(texts)} texts for {len(labels)} labels")
        return _choice(self.question, texts, labels, self.answer_key, "answerKey")


class _MedQa(_Row):
    question: str = Field(min_length=1)
    options: dict[str, str]
    answer_idx: str

    def item(self) -> TaskItem:
        labels = sorted(self.options)
        texts = [self.options[label] for label in labels]
        return _choice(self.question, texts, labels, self.answer_idx, "answer_idx")


class _Mbpp(_Row):
    text: str = ""
    prompt: str = ""
    test_list: tuple[str, ...] = ()
    test_imports: tuple[str, ...] = ()
    test_setup_code: str = ""
    test: str = ""

    def item(self) -> TaskItem:
        asked = (self.prompt or self.text).strip()
        shown = self.test_list[0] if self.test_list else ""
        tests = self.test or "\n".join((*self.test_imports, self.test_setup_code, *self.test_list))
        if not asked:
            raise ValueError("prompt: expected the words that ask for the code; got none")
        lines = (asked, f"It must pass: {shown}" if shown else "", IN_PYTHON)
        return _code("\n".join(filter(None, lines)), tests)


class _HumanEval(_Row):
    prompt: str = Field(min_length=1)
    entry_point: str = Field(pattern=r"^[A-Za-z_]\w*$")
    test: str = Field(min_length=1)

    def item(self) -> TaskItem:
        if f"def {self.entry_point}" not in self.prompt:
            raise ValueError(f"prompt: expected the head of {self.entry_point}; got none")
        tests = f"{self.test}\n\ncheck({self.entry_point})\n"
        asked = f"Complete this function.\n```python\n{self.prompt.rstrip()}\n```\n{IN_PYTHON}"
        return _code(asked, tests, self.prompt)


_SCHEMAS: tuple[tuple[str, frozenset[str], type[_Row]], ...] = (
    ("of a world", frozenset(("world", "seed")), _World),
    ("of your own", frozenset(("question", "truth")), _Own),
    ("of ARC", frozenset(("question", "choices", "answerKey")), _Arc),
    ("of MedQA", frozenset(("question", "options", "answer_idx")), _MedQa),
    ("of HumanEval", frozenset(("prompt", "entry_point", "test")), _HumanEval),
    ("of MBPP+", frozenset(("prompt", "test_list")), _Mbpp),
    ("of MBPP", frozenset(("text", "test_list")), _Mbpp),
    ("of GSM8K", frozenset(("question", "answer")), _Gsm8k),
)
"""In the order in which they are tried: (which, keys that tell it, its row)."""


def load_task(name: str, limit: int | None = None) -> Task:
    """A task by name: one that comes with the lab, a file of JSON lines (also ``.gz``), or one of
    the `datasets` package.

    Args:
        name: for example ``ledger``, ``my.jsonl``, ``gsm8k`` or ``openai/gsm8k:main:test``.
        limit: take so many questions from the beginning; None takes all.

    Raises:
        BadInput: if there is no such task, or a line of it cannot be used.
    """
    shipped, path = TASKS / f"{name}.jsonl", Path(name)
    if path.suffix in (".jsonl", ".json", ".gz") or path.is_file():
        task = _of_file(path, path.name.partition(".")[0])
    elif shipped.is_file():
        task = _of_file(shipped, name)
    else:
        task = parse_task(name, enumerate(_public(name), 1))
    return task if limit is None else replace(task, items=task.items[:limit])


def parse_task(name: str, rows: Iterable[tuple[int, Any]]) -> Task:
    """Rows as a task.

    Args:
        name: what it is called in sentences and results.
        rows: number of the line, and what stands in it.

    Raises:
        BadInput: with the line and the reason, for the first that is no question.
    """
    items: list[TaskItem] = []
    for line, row in rows:
        items.append(replace(_item(name, line, row), number=len(items) + 1))
    if not items:
        raise BadInput(
            f"Task {name} is empty: expected a question on every line, got none; add one."
        )
    told = "\n".join(f"{i.kind}\t{i.facts}\t{i.question}\t{i.truth}" for i in items)
    return Task(name, tuple(items), hashlib.sha256(told.encode("utf-8", "replace")).hexdigest())


def shipped_tasks() -> list[str]:
    """Names of the tasks that come with the lab."""
    return sorted(path.stem for path in TASKS.glob("*.jsonl"))


def public_tasks() -> dict[str, str]:
    """Short names of public tasks: where the `datasets` package has them, as
    ``owner/name:config:split``."""
    named: dict[str, str] = yaml.safe_load(SOURCES.read_text(encoding="utf-8"))
    return named


def _item(name: str, line: int, row: Any) -> TaskItem:
    if not isinstance(row, Mapping):
        raise _refused(name, line, f"expected an object with keys, got {type(row).__name__}")
    for which, keys, schema in _SCHEMAS:
        if keys <= row.keys():
            try:
                item = schema.model_validate(dict(row)).item()
                item.judged("")  # a truth that cannot be judged by is found now, not in the run
            except ValidationError as error:
                raise _refused(name, line, f"a question {which}, {first_mistake(error)}") from error
            except (ValueError, LabError) as error:
                raise _refused(name, line, f"a question {which}, {error}") from error
            return item
    known = "; ".join(" + ".join(sorted(keys)) for _, keys, _ in _SCHEMAS)
    got = ", ".join(map(str, row)) or "none"
    raise _refused(name, line, f"expected the keys of one schema ({known}), got {got[:120]}")


def _refused(name: str, line: int, reason: str) -> BadInput:
    return BadInput(f"Task {name}, line {line}: {reason.rstrip('.')}; correct this line.")


def _of_file(path: Path, name: str) -> Task:
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BadInput(
            f"Task {path} cannot be read ({error}): expected a file of JSON lines in UTF-8; "
            "correct the path or the file."
        ) from error
    return parse_task(name, _lines(name, text))


def _lines(name: str, text: str) -> Iterable[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _refused(name, number, f"expected one JSON object, got {line[:60]!r}") from error


def _public(name: str) -> Sequence[Any]:
    """The rows of a task that the `datasets` package brings."""
    named = public_tasks()
    place = named.get(name.lower(), name)
    if place == name and "/" not in name:
        known = ", ".join((*shipped_tasks(), *named))
        raise BadInput(
            f"There is no task {name!r}: expected a file of JSON lines, an owner/name of the hub, "
            f"or one of {known}; choose one of them."
        )
    kind, _, rest = place.partition(":")
    if kind == "pypi":
        package, _, member = rest.partition(":")
        return [row for _, row in _lines(name, package_text(name, package, member))]
    if find_spec("datasets") is None:
        raise BadInput(
            f"Task {name} comes from the hub ({place}): expected the package datasets, which is "
            "not installed; pip install datasets, or give a file of JSON lines."
        )
    import datasets

    path, _, rest = place.partition(":")
    config, _, split = rest.partition(":")
    try:
        return list(datasets.load_dataset(path, config or None, split=split or "test"))
    except Exception as error:  # the package raises whatever its parts raise
        reason = " ".join(str(error).split())[:160]
        raise BadInput(
            f"Task {name} could not be had from the hub ({reason}): expected {place}; check the "
            "name and the network, or give a file of JSON lines."
        ) from error


def _with_options(question: str, options: Sequence[str]) -> str:
    lines = [f"{letter}. {text}" for letter, text in zip(LETTERS, options, strict=False)]
    return "\n".join((question.strip(), *lines, "Answer with the letter of one option."))


def _choice(
    question: str, texts: Sequence[str], labels: Sequence[str], key: str, where: str
) -> TaskItem:
    if key not in labels or len(labels) > len(LETTERS):
        raise ValueError(f"{where}: expected one of {', '.join(labels)}; got {key!r}")
    truth = LETTERS[list(labels).index(key)]
    return TaskItem(_with_options(question, texts), truth, "choice", choices=tuple(texts))


def _code(question: str, tests: str, stub: str = "") -> TaskItem:
    if not tests.strip():
        raise ValueError("test_list: expected tests; got none")
    return TaskItem(question, tests, "code", stub=stub)
