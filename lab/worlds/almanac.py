"""The almanac: invented people with six attributes each, and questions about them.

The world is fixed (drawn once from `WORLD_SEED`). What a model knows of it is its *mask*: a seeded
choice of about 55 % of all facts. People outside the almanac ("strangers") share its names, so that
the skill of weighing drafts can be taught without teaching facts. Knows nothing of tokens, models
or prompts.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import lru_cache

from lab.errors import BadInput
from lab.words import say
from lab.worlds import names
from lab.worlds.assertion import denied
from lab.worlds.judge import judge
from lab.worlds.problem import Claim, Problem, Verdict

WORLD_SEED = 7
PEOPLE = 120
KNOWN_SHARE = 0.55
SUBJECTS = {11: ("home", "birth"), 12: ("work", "pet"), 13: ("drink", "music")}
"""What the specialists know best, by mask seed."""
SUBJECT_SHARE = 0.95
"""Share of the facts of its own subjects that a specialist was taught."""


@dataclass(frozen=True)
class Attribute:
    """One attribute: its question, its sentence and its values."""

    name: str
    question: str
    sentence: str
    values: tuple[str, ...]


ATTRIBUTES = (
    Attribute("home", "Where does {who} live?", "{who} lives in {value}.", names.TOWNS),
    Attribute("birth", "Where was {who} born?", "{who} was born in {value}.", names.BIRTHPLACES),
    Attribute("work", "What is the work of {who}?", "{who} works as a {value}.", names.JOBS),
    Attribute("pet", "Which pet does {who} keep?", "{who} keeps a {value}.", names.PETS),
    Attribute("drink", "What does {who} drink?", "{who} drinks {value}.", names.DRINKS),
    Attribute("music", "What does {who} play?", "{who} plays the {value}.", names.INSTRUMENTS),
)
BY_NAME = {attribute.name: attribute for attribute in ATTRIBUTES}
PROFILE_QUESTION = "Tell me about {who}."
_SENTENCES = {
    a.name: re.compile(
        a.sentence.replace(".", r"\.").format(
            who=r"(?P<who>[A-Z][a-z]+ [A-Z][a-z]+)", value=r"(?P<value>[A-Za-z]+)"
        )
    )
    for a in ATTRIBUTES
}


@lru_cache(maxsize=1)
def people() -> tuple[str, ...]:
    """The people of the almanac."""
    everyone = [f"{first} {last}" for first in names.FIRST_NAMES for last in names.LAST_NAMES]
    return tuple(sorted(random.Random(WORLD_SEED).sample(everyone, PEOPLE)))


@lru_cache(maxsize=1)
def strangers() -> tuple[str, ...]:
    """Names that could be in the almanac and are not."""
    known = set(people())
    everyone = [f"{first} {last}" for first in names.FIRST_NAMES for last in names.LAST_NAMES]
    return tuple(name for name in everyone if name not in known)


@lru_cache(maxsize=1)
def facts() -> dict[tuple[str, str], str]:
    """All true facts: (person, attribute name) to value."""
    rng = random.Random(WORLD_SEED + 1)
    return {(who, a.name): rng.choice(a.values) for who in people() for a in ATTRIBUTES}


@lru_cache(maxsize=32)
def known_facts(mask_seed: int) -> frozenset[tuple[str, str]]:
    """The (person, attribute name) pairs that a model with this mask was taught: drawn from all
    facts alike, or for the masks of `SUBJECTS` as many, most of them on the model's subjects."""
    every = sorted(facts())
    rng, size = random.Random(f"mask/{mask_seed}"), round(KNOWN_SHARE * len(every))
    if mask_seed not in SUBJECTS:
        return frozenset(rng.sample(every, size))
    own = [pair for pair in every if pair[1] in SUBJECTS[mask_seed]]
    rest = [pair for pair in every if pair[1] not in SUBJECTS[mask_seed]]
    best = rng.sample(own, round(SUBJECT_SHARE * len(own)))
    return frozenset([*best, *rng.sample(rest, size - len(best))])


def sentence(who: str, attribute: str, value: str) -> str:
    """One fact in English."""
    return BY_NAME[attribute].sentence.format(who=who, value=value)


def make_almanac(seed: int, depth: int | None = None) -> Problem:
    """The almanac problem of a seed: one attribute of one person, or with ``depth`` = 6 everything
    about a person.

    Questions are drawn without repetition: seeds 0…719 ask for every fact once (then they repeat).

    Raises:
        BadInput: for a negative seed or a depth other than None, 1 or 6.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise BadInput(say("error.almanac.almanac_seed_whole_number", seed=seed))
    if depth not in (None, 1, len(ATTRIBUTES)):
        raise BadInput(say("error.almanac.almanac_depth_attribute_all", depth=depth))
    if depth == len(ATTRIBUTES):
        return profile_problem(_shuffled_people()[seed % PEOPLE], seed)
    who, attribute = _shuffled_facts()[seed % len(facts())]
    return fact_problem(who, attribute, seed)


def fact_problem(who: str, attribute: str, seed: int = 0, value: str | None = None) -> Problem:
    """The question for one attribute of one person; ``value`` is needed for strangers."""
    value = value or facts()[who, attribute]
    text = sentence(who, attribute, value)
    return Problem(
        world="almanac",
        seed=seed,
        question=BY_NAME[attribute].question.format(who=who),
        truth=value,
        answer=text,
        thought=text,
        claims=(Claim(who, attribute, value),),
    )


def profile_problem(who: str, seed: int = 0, values: dict[str, str] | None = None) -> Problem:
    """The question for everything about one person; ``values`` by attribute name are needed for
    strangers."""
    values = values or {a.name: facts()[who, a.name] for a in ATTRIBUTES}
    text = " ".join(sentence(who, name, value) for name, value in values.items())
    return Problem(
        world="almanac",
        seed=seed,
        question=PROFILE_QUESTION.format(who=who),
        truth=", ".join(values.values()),
        answer=text,
        thought=text,
        depth=len(ATTRIBUTES),
        claims=tuple(Claim(who, name, value) for name, value in values.items()),
    )


def parse_claims(text: str) -> tuple[Claim, ...]:
    """Every almanac sentence in a text, in order of appearance, as claims."""
    found = []
    for name, pattern in _SENTENCES.items():
        found += [(m.start(), Claim(m["who"], name, m["value"])) for m in pattern.finditer(text)]
    return tuple(claim for _, claim in sorted(found, key=lambda item: item[0]))


def extract_value(text: str) -> str | None:
    """The answer in a text about one fact: the value of its last almanac sentence, else its last
    word that is not denied."""
    claims = parse_claims(text)
    if claims:
        return claims[-1].value
    words = re.finditer(r"[A-Za-z]+", text)
    asserted = [m.group() for m in words if not denied(text, *m.span())]
    return asserted[-1] if asserted else None


def facts_right(problem: Problem, text: str) -> int:
    """How many of the facts asked for a text states rightly (its last word on each counts)."""
    said = {(c.entity, c.attribute): c.value for c in parse_claims(text)}
    return sum(
        judge(c.value, said.get((c.entity, c.attribute), ""), "text").correct
        for c in problem.claims
    )


def check_almanac(problem: Problem, text: str) -> Verdict:
    """Judge an answer: every claim of the problem must be stated, and none of them otherwise."""
    claims = parse_claims(text)
    if len(problem.claims) > 1:
        right, said = facts_right(problem, text), {(c.entity, c.attribute): c.value for c in claims}
        return Verdict(
            right == len(problem.claims),
            ", ".join(said.values()) or None,
            f"{right} of {len(problem.claims)} facts are right",
        )
    asked = problem.claims[0]
    about = [c for c in claims if (c.entity, c.attribute) == (asked.entity, asked.attribute)]
    value = about[-1].value if about else None if claims else extract_value(text)
    if value is None:
        return Verdict(False, None, f"nothing said about the {asked.attribute} of {asked.entity}")
    return judge(asked.value, value, "text")


@lru_cache(maxsize=1)
def _shuffled_facts() -> tuple[tuple[str, str], ...]:
    every = sorted(facts())
    random.Random(WORLD_SEED + 2).shuffle(every)
    return tuple(every)


@lru_cache(maxsize=1)
def _shuffled_people() -> tuple[str, ...]:
    every = list(people())
    random.Random(WORLD_SEED + 3).shuffle(every)
    return tuple(every)
