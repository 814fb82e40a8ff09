"""The relays that are measured: the sender sees the facts, the receiver only the question.

Problems come from a world of the pocket models (exact truth, held out from training) or from a list
of short factual relays written for larger models. What is done with them is not known here.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import Field, ValidationError

from lab import worlds
from lab.errors import BadInput
from lab.files import PRESETS
from lab.models.host import Host
from lab.plan import Strict
from lab.words import first_mistake, say
from lab.worlds.judge import Kind, judge
from lab.worlds.prompts import fill, pocket_prompts, tidy

MAX_PROBLEMS = 5000


@dataclass(frozen=True)
class Relay:
    """One problem."""

    number: int
    facts: str
    question: str
    truth: str
    depth: int = 1
    thought: str = ""
    """The way to the answer in words, where the world knows it."""
    problem: worlds.Problem | None = None
    kind: Kind = "text"
    """How the answer to a written relay is judged."""
    sort: str = ""
    """What has to cross, see `Fact.sort`; empty for a world's problems."""
    template: str = ""
    """Problems of one template differ in their names and numbers only."""

    def is_right(self, text: str) -> bool:
        """Whether an answer is right."""
        if self.problem is not None:
            return worlds.check(self.problem, text).correct
        return judge(self.truth, text, self.kind).correct


class Fact(Strict):
    """A relay written by hand."""

    facts: str
    question: str
    truth: str
    kind: Kind = "text"
    """How an answer is judged: as a ``number``, ``text`` or the letter of a ``choice``."""
    sort: str = ""
    """What has to cross: ``names``, ``numbers``, ``places``, ``orders``, ``two-hop``,
    ``negation``."""
    template: str = ""
    """Relays of one template differ in their names and numbers only."""


class Prompts(Strict):
    """What sender and receiver are told; ``{facts}``, ``{question}`` and ``{heard}`` are filled
    in."""

    sender: str
    receiver: str
    receiver_text: str
    """The receiver's prompt when the sender's words are handed over."""
    alone: str
    """A single agent with the facts that must answer at once: the receiver alone."""
    solo: str
    """A single agent with the facts that thinks in words and answers: the sender alone."""
    answer_tokens: int = Field(8, ge=1, le=256)
    """Most tokens of a receiver's answer."""

    @classmethod
    def pocket(cls) -> Prompts:
        """The pocket models' own prompts (``presets/prompts/pocket.yaml``): solver, then judger."""
        made = pocket_prompts()
        spoken = {role: made.roles[role].user for role in ("solver", "judger")}
        judger = fill(spoken["judger"], {"facts": ""})
        item = fill(made.heard_item, {"role": "solver", "text": "{heard}"})
        return cls(
            sender=fill(spoken["solver"], {"heard": ""}),
            receiver=fill(judger, {"heard": ""}),
            receiver_text=fill(judger, {"heard": item}),
            alone=made.roles["solo_at_once"].user,
            solo=made.roles["solo"].user,
        )

    @classmethod
    def plain(cls) -> Prompts:
        """Facts and question as they stand, for models that read English and know no roles."""
        asked = "{facts} {question}"
        return cls(
            sender=asked,
            receiver="{question}",
            receiver_text="{heard} {question}",
            alone=asked,
            solo=asked,
            answer_tokens=16,
        )

    def text(self, which: str, relay: Relay, heard: str = "", facts: bool = True) -> str:
        """One filled prompt, see `ids`.

        Args:
            which, relay, heard, facts: as there.
        """
        template = getattr(self, which)
        values = {
            "facts": relay.facts if facts else "",
            "question": relay.question,
            "heard": heard,
        }
        return tidy(template, fill(template, values))

    def ids(
        self, host: Host, which: str, relay: Relay, heard: str = "", facts: bool = True
    ) -> list[int]:
        """One filled prompt as token ids of a host, ready for the agent to speak.

        Args:
            which: ``sender``, ``receiver``, ``receiver_text``, ``alone`` or ``solo``.
            relay: the problem.
            heard: what the sender said in words; empty where it said nothing.
            facts: False leaves ``{facts}`` empty: the frame of the sender's prompt without its
                content.
        """
        asked = [{"role": "user", "content": self.text(which, relay, heard, facts)}]
        # answers are few tokens: a model that thinks aloud first would never come to one
        return host.render(asked, enable_thinking=False)


def written_facts(name: str) -> tuple[Fact, ...]:
    """The relays written by hand in ``presets/relays/NAME.yaml``.

    Raises:
        BadInput: if there is no such file, or one of its entries is wrong.
    """
    path = PRESETS / "relays" / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml"))) or "none"
        raise BadInput(say("error.relay_problems.there_no_written_relays", name=name, known=known))
    try:
        return tuple(Fact.model_validate(entry) for entry in _entries(path))
    except ValidationError as error:
        raise BadInput(
            say(
                "error.relay_problems.correct_entry",
                name=path.name,
                mistake=first_mistake(error, "entry"),
            )
        ) from error


@functools.lru_cache(maxsize=8)
def _entries(path: Path) -> list[dict[str, str]]:
    return list(yaml.safe_load(path.read_text(encoding="utf-8")))


def make_relays(
    n: int, seed: int, depths: Sequence[int], facts: Sequence[Fact] = ()
) -> list[Relay]:
    """``n`` problems, the depths taking turns; from ``facts`` (at most as many as there are) if any
    are given.

    Args:
        n: number of problems.
        seed: the same seed gives the same problems.
        depths: steps of arithmetic, in turn.

    Raises:
        BadInput: if n is below one, above `MAX_PROBLEMS`, or larger than the list of facts.
    """
    if not 1 <= n <= MAX_PROBLEMS:
        raise BadInput(
            say(
                "error.relay_problems.number_problems_choose_example",
                max_problems=MAX_PROBLEMS,
                n=n,
            )
        )
    if facts:
        if n > len(facts):
            raise BadInput(say("error.relay_problems.preset_written_relays_n", n=len(facts), n2=n))
        return [
            Relay(i, f.facts, f.question, f.truth, kind=f.kind, sort=f.sort, template=f.template)
            for i, f in enumerate(facts[:n])
        ]
    out = []
    for i in range(n):
        p = worlds.make_problem("ledger", seed + i, depth=depths[i % len(depths)])
        shape = worlds.ledger.template(p.text)
        out.append(
            Relay(seed + i, p.facts, p.question, p.truth, p.depth, p.thought, p, template=shape)
        )
    return out


def answer_ids(host: Host, truth: str) -> list[int]:
    """The right answer as the host would write it: its words and, where a turn is closed, the
    closing token.

    Args:
        truth: the right answer as text.
    """
    question = [{"role": "user", "content": "?"}]
    opened = host.render(question)
    closed = host.render(
        [*question, {"role": "assistant", "content": truth}], add_generation_prompt=False
    )
    if closed[: len(opened)] == opened and len(closed) > len(opened):
        ids = closed[len(opened) :]
        ends = [i for i, token in enumerate(ids) if token in host.eos_ids]
        return ids[: ends[0] + 1] if ends else ids
    if host.tokenizer is None:
        raise BadInput(say("error.relay_problems.no_tokenizer_so_right", name=host.name))
    return list(host.tokenizer.encode(truth, add_special_tokens=False))


def other_row(truths: Sequence[str], seed: int) -> list[int]:
    """For every problem the row of another one with another answer (itself only if all answers are
    equal).

    Args:
        truths: right answer of each problem.
        seed: decides which of the others it is.
    """
    n = len(truths)
    out = []
    for row in range(n):
        steps = [(row + 1 + (seed + k) % max(n - 1, 1)) % n for k in range(max(n - 1, 1))]
        out.append(next((other for other in steps if truths[other] != truths[row]), row))
    return out
