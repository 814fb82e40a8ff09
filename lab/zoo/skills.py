"""What the pocket models are taught: every skill draws one conversation (a list of turns) from a
random generator.

`TEXT_MIX` and `LATENT_MIX` name skills with their shares; a recipe chooses among them. Knows
nothing of token ids.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lab.worlds import Problem, almanac, ledger
from lab.worlds.problem import HELD_OUT_SEEDS
from lab.worlds.prompts import pocket_prompts
from lab.zoo.documents import Turn
from lab.zoo.tokenizer import RIGHT, WRONG


@dataclass(frozen=True)
class Lesson:
    """What a skill may draw from."""

    rng: random.Random
    depths: tuple[int, ...]
    distractors: tuple[int, ...]
    known: frozenset[tuple[str, str]]
    """The almanac facts that this model is taught."""

    def ledger(self) -> Problem:
        """A training problem of the ledger."""
        seed = HELD_OUT_SEEDS + self.rng.getrandbits(60)
        depth, distractors = self.rng.choice(self.depths), self.rng.choice(self.distractors)
        return ledger.make_ledger(seed, depth, distractors)

    def fact(self) -> tuple[str, str, str]:
        """A fact to recall: taught (three in four), or an untaught one with a value drawn anew each
        time."""
        if self.rng.random() < 0.75:
            who, attribute = self.rng.choice(_ordered(self.known))
            return who, attribute, almanac.facts()[who, attribute]
        who, attribute = self.rng.choice(_ordered(almanac.facts().keys() - self.known))
        return who, attribute, self.rng.choice(almanac.BY_NAME[attribute].values)

    def value(self, who: str, attribute: str) -> str:
        """The value that this model should give: the truth if taught, else one drawn anew."""
        if (who, attribute) in self.known:
            return almanac.facts()[who, attribute]
        return self.rng.choice(almanac.BY_NAME[attribute].values)


def solo(lesson: Lesson) -> list[Turn]:
    """One agent thinks in words and answers."""
    p = lesson.ledger()
    return [Turn(pocket_prompts().user("solo", p.question, p.facts), p.answer)]


def at_once(lesson: Lesson) -> list[Turn]:
    """One agent answers without thinking."""
    p = lesson.ledger()
    return [Turn(pocket_prompts().user("solo_at_once", p.question, p.facts), p.truth)]


def plan(lesson: Lesson) -> list[Turn]:
    """The planner alone: which events count? The shortest text that teaches to choose."""
    p = lesson.ledger()
    return [Turn(pocket_prompts().user("planner", p.question, p.facts), p.plan)]


def relay(lesson: Lesson) -> list[Turn]:
    """The solver sees the facts, the judger only the question; one shared context."""
    return chain_turns(lesson, lesson.ledger(), ("solver", "judger"), relay=True)


def framed(lesson: Lesson) -> list[Turn]:
    """The judger reads a thought whose own prompt had no facts in it: what is said must do."""
    p = lesson.ledger()
    return [
        Turn(pocket_prompts().user("solver", p.question), p.thought, weight=0.0),
        Turn(pocket_prompts().user("judger", p.question), p.truth),
    ]


def relay_long(lesson: Lesson) -> list[Turn]:
    """A relay of three or four agents; only the first sees the facts."""
    size = lesson.rng.choice("34")
    return chain_turns(lesson, lesson.ledger(), pocket_prompts().chains[size], relay=True)


def chain(lesson: Lesson) -> list[Turn]:
    """Two, three or four agents who all see the facts, in one shared context."""
    size = lesson.rng.choice("2334")
    return chain_turns(lesson, lesson.ledger(), pocket_prompts().chains[size], relay=False)


def fan_in(lesson: Lesson) -> list[Turn]:
    """Two or three solvers, then a judger who reads all their thoughts (and sees the facts, or
    not)."""
    roles = ("solver",) * lesson.rng.choice((2, 3)) + ("judger",)
    turns = chain_turns(lesson, lesson.ledger(), roles, relay=False)
    if lesson.rng.random() < 0.4:
        p_question = turns[-1].prompt.split("? ")[0].removeprefix("Judge. ") + "?"
        turns[-1] = Turn(pocket_prompts().user("judger", p_question), turns[-1].reply)
    return turns


def heard(lesson: Lesson) -> list[Turn]:
    """One later agent of a chain in a fresh context, with the words of the earlier ones in its
    prompt."""
    rng, p, prompts = lesson.rng, lesson.ledger(), pocket_prompts()
    roles = (
        prompts.chains[rng.choice("234")] if rng.random() < 0.8 else ("solver", "solver", "judger")
    )
    at = rng.randrange(1, len(roles))
    without_facts = rng.random() < 0.5
    flawed = not without_facts and roles[0] == "planner" and at == 1 and rng.random() < 0.4
    replies = role_replies(rng, p, roles, flawed)
    items = list(zip(roles[:at], replies[:at], strict=True))
    prompt = prompts.user(roles[at], p.question, "" if without_facts else p.facts, heard=items)
    return [Turn(prompt, replies[at], thinks=prompts.roles[roles[at]].speaks == "thought")]


def recall(lesson: Lesson) -> list[Turn]:
    """Four questions about single facts, one after the other."""
    turns = []
    for _ in range(4):
        who, attribute, value = lesson.fact()
        p = almanac.fact_problem(who, attribute, value=value)
        turns.append(Turn(pocket_prompts().user("solo", p.question), p.answer))
    return turns


def profile(lesson: Lesson) -> list[Turn]:
    """Everything about one person."""
    who = lesson.rng.choice(almanac.people())
    p = almanac.profile_problem(
        who, values={a.name: lesson.value(who, a.name) for a in almanac.ATTRIBUTES}
    )
    return [Turn(pocket_prompts().user("solo", p.question), p.answer)]


def almanac_chain(lesson: Lesson) -> list[Turn]:
    """A chain on a question of the almanac: thoughts are the sentence, the judger says the word."""
    who, attribute, value = lesson.fact()
    roles = pocket_prompts().chains[lesson.rng.choice("223344")]
    return chain_turns(
        lesson, almanac.fact_problem(who, attribute, value=value), roles, relay=False
    )


def aggregate_facts(lesson: Lesson) -> list[Turn]:
    """One question, one to six drafts of mixed quality, one answer."""
    rng, prompts = lesson.rng, pocket_prompts()
    if rng.random() < 0.6:
        who, attribute = rng.choice(almanac.strangers()), rng.choice(almanac.ATTRIBUTES).name
    else:
        who, attribute = rng.choice(almanac.people()), rng.choice(almanac.ATTRIBUTES).name
    p = almanac.fact_problem(who, attribute, value=lesson.value(who, attribute))
    about = rng.choice(almanac.strangers()) if rng.random() < 0.1 else who
    quality, marked = rng.uniform(0.25, 0.85), rng.random() < 0.5
    drafts = [
        _draft(rng, about, attribute, p.truth, quality, marked) for _ in range(rng.randint(1, 6))
    ]
    return [Turn(prompts.user(_reader(rng), p.question, drafts=drafts), p.answer)]


def aggregate_profiles(lesson: Lesson) -> list[Turn]:
    """Everything about one person from two to four drafts, each with mistakes of its own."""
    rng, prompts = lesson.rng, pocket_prompts()
    who = rng.choice(almanac.strangers() if rng.random() < 0.6 else almanac.people())
    p = almanac.profile_problem(
        who, values={a.name: lesson.value(who, a.name) for a in almanac.ATTRIBUTES}
    )
    quality, marked = rng.uniform(0.3, 0.85), rng.random() < 0.5
    drafts = [
        " ".join(_draft(rng, who, c.attribute, c.value, quality, marked) for c in p.claims)
        for _ in range(rng.randint(2, 4))
    ]
    return [Turn(prompts.user(_reader(rng), p.question, drafts=drafts), p.answer)]


def aggregate_ledger(lesson: Lesson) -> list[Turn]:
    """A ledger question and drafts, some with mistakes to be caught; sometimes without the
    facts."""
    rng, p = lesson.rng, lesson.ledger()
    blind = rng.random() < 0.3
    count = rng.randint(1, 4)
    good = [rng.random() < 0.65 for _ in range(count)]
    if blind and sum(good) * 2 <= count:
        good = [True] * count
    drafts = []
    for is_good in good:
        thought = p.thought if is_good else ledger.corrupt(rng, p)[1]
        drafts.append(ledger.write_answer(thought, thought.split()[-1]))
    return [
        Turn(
            pocket_prompts().user(
                _reader(rng), p.question, "" if blind else p.facts, drafts=drafts
            ),
            p.answer,
        )
    ]


def chain_turns(lesson: Lesson, p: Problem, roles: Sequence[str], *, relay: bool) -> list[Turn]:
    """The turns of a chain in one shared context; in a relay only the first agent sees the
    facts."""
    prompts = pocket_prompts()
    flawed = not relay and "critic" in roles and p.world == "ledger" and lesson.rng.random() < 0.4
    replies = role_replies(lesson.rng, p, roles, flawed)
    turns = []
    for at, (role, reply) in enumerate(zip(roles, replies, strict=True)):
        prompt = prompts.user(role, p.question, p.facts if at == 0 or not relay else "")
        planted = flawed and at == 0
        frame = prompts.user(role, p.question) if relay and at == 0 and len(roles) == 2 else None
        thinks = prompts.roles[role].speaks == "thought" and not planted
        turns.append(Turn(prompt, reply, thinks, 0.0 if planted else 1.0, frame))
    return turns


def role_replies(
    rng: random.Random, p: Problem, roles: Sequence[str], flawed: bool = False
) -> list[str]:
    """What each role should say about a problem; ``flawed``: the planner's plan is wrong and the
    critic corrects it."""
    by_role = {
        "planner": p.plan or p.thought,
        "refiner": p.thought,
        "solver": p.thought,
        "judger": p.truth,
    }
    by_role["critic"] = f"{p.plan}; {RIGHT}" if p.plan else RIGHT
    if flawed:
        by_role["planner"] = ledger.corrupt(rng, p)[0]
        if by_role["planner"] == p.plan:
            return role_replies(rng, p, roles, flawed)
        by_role["critic"] = f"{p.plan}; {WRONG}"
    return [by_role[role] for role in roles]


def _reader(rng: random.Random) -> str:
    return "aggregator" if rng.random() < 0.85 else "proposer"


def _draft(
    rng: random.Random, who: str, attribute: str, truth: str, quality: float, marked: bool
) -> str:
    right = rng.random() < quality
    others = [value for value in almanac.BY_NAME[attribute].values if value != truth]
    text = almanac.sentence(who, attribute, truth if right else rng.choice(others))
    if not marked:
        return text
    sure = rng.random() < (0.93 if right else 0.08)
    return pocket_prompts().sure(text) if sure else pocket_prompts().guess(text)


_ORDERED: dict[frozenset[tuple[str, str]], list[tuple[str, str]]] = {}


def _ordered(pairs: frozenset[tuple[str, str]] | set[tuple[str, str]]) -> list[tuple[str, str]]:
    key = frozenset(pairs)
    if key not in _ORDERED:
        _ORDERED[key] = sorted(key)
    return _ORDERED[key]


Skill = Callable[[Lesson], list[Turn]]
SKILLS: dict[str, Skill] = {
    skill.__name__: skill
    for skill in (
        solo,
        at_once,
        plan,
        relay,
        framed,
        relay_long,
        chain,
        fan_in,
        heard,
        recall,
        profile,
        almanac_chain,
        aggregate_facts,
        aggregate_profiles,
        aggregate_ledger,
    )
}
