"""What a router is taught with: who of some proposers was right on which past question.

Past questions are the almanac's. Results that came with the lab (experiment `routing`) are taken
where they are of the very same weights; any other model is asked some of the questions first. A
question about the one who is asked about now is never among them.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import lru_cache
from weakref import WeakKeyDictionary

import numpy as np

from lab import worlds
from lab.engine.decode import generate_text
from lab.errors import BadInput, LabError
from lab.events import Event, PastAsked
from lab.files import EXPERIMENTS
from lab.methods.lane import Lane
from lab.methods.router import Past
from lab.models.host import Host
from lab.models.remote import RemoteHost
from lab.plan import Decoding
from lab.records.results import ResultTable, read_result
from lab.words import say
from lab.worlds.prompts import PromptSet, pocket_prompts

QUESTIONS = 720
"""Past questions: every fact of the almanac once, by seed."""
FRESH = 240
"""Of them asked where nothing is known of a model."""
AT_ONCE = 60
WORDS = 24
"""Most tokens of an answer to a past question."""
Answers = dict[int, bool]
"""Seed of a question → whether it was answered rightly."""
_asked: WeakKeyDictionary[Host, Answers] = WeakKeyDictionary()
"""What a loaded model answered; it goes with the model."""


def learn(lane: Lane, names: Sequence[str]) -> Generator[Event, None, Past]:
    """The past of some proposers, for the lane's question.

    Args:
        lane: whose problem is asked.
        names: their models, as the plan names them; one may stand twice.

    Raises:
        BadInput: for a remote model, whose past nobody has seen.
    """
    known: dict[str, Answers] = {}
    for name in dict.fromkeys(names):
        host = lane.ctx.hosts(name)
        if isinstance(host, RemoteHost):
            raise BadInput(say("error.router.remote", name=name))
        known[name] = yield from _answers(lane, name, host)
    seeds = sorted(set.intersection(*(set(answers) for answers in known.values())))
    asked = lane.ctx.problem.question
    kept = [seed for seed in seeds if not same_subject(_problem(seed), asked)]
    right = [[known[name][seed] for name in names] for seed in kept]
    return Past(tuple(_problem(seed).question for seed in kept), np.array(right, dtype=bool))


def same_subject(past: worlds.Problem, question: str) -> bool:
    """Whether a question asks about the person whom a past one asked about.

    Args:
        past: of the almanac.
        question: that is asked now, in any words.
    """
    return past.claims[0].entity.lower() in question.lower()


def _answers(lane: Lane, name: str, host: Host) -> Generator[Event, None, Answers]:
    prompts = lane.ctx.prompts
    found = _recorded(name, host.digest) if prompts == pocket_prompts() else None
    found = found or _asked.get(host)
    if found is not None:
        yield PastAsked(lane.id, lane.at, name, len(found), len(found), kept=True)
        return found
    found = {}
    seeds = range(0, QUESTIONS, QUESTIONS // FRESH)
    yield PastAsked(lane.id, lane.at, name, 0, len(seeds), kept=False)
    for at in range(0, len(seeds), AT_ONCE):
        found |= _ask(host, prompts, seeds[at : at + AT_ONCE])
        yield PastAsked(lane.id, lane.at, name, len(found), len(seeds), kept=False)
    _asked[host] = found
    return found


def _ask(host: Host, prompts: PromptSet, seeds: Sequence[int]) -> Answers:
    problems = [_problem(seed) for seed in seeds]
    read = [
        host.render(prompts.messages("proposer", p.question), **prompts.template) for p in problems
    ]
    said = generate_text(host, read, None, Decoding(max_tokens=WORDS))
    return {
        seed: worlds.check(problem, text).correct
        for seed, problem, text in zip(seeds, problems, said.texts, strict=True)
    }


@lru_cache(maxsize=QUESTIONS)
def _problem(seed: int) -> worlds.Problem:
    return worlds.make_problem("almanac", seed, depth=1)


def _recorded(name: str, digest: str) -> Answers | None:
    """What came with the lab, of these weights and no others."""
    try:
        table = read_result(EXPERIMENTS / "routing")
    except LabError:
        return None
    if table.meta.get("hosts", {}).get(name, {}).get("digest") != digest:
        return None
    return _of_table(table, name)


def _of_table(table: ResultTable, name: str) -> Answers | None:
    spec, rows = table.meta["spec"], table.rows
    if spec.get("seed", 0) or spec.get("world", "almanac") != "almanac":
        return None
    own = rows[rows["condition"].str.endswith(f": {name}")].drop_duplicates("problem")
    return dict(zip(own["problem"].astype(int), own["accuracy"].astype(bool), strict=True)) or None
