"""The ledger: boxes of coins and what happens to them, in plain English, then one question.

Depth is the number of events that touch the box asked for; every other event touches another box.
Every sentence names its box first, so that a small reader knows at once whether it matters. All
amounts stay between 0 and `MOST`. The way to the answer is written as ``red 9; Ned 9 + 1 = 10; Ben
10 - 4 = 6``. Knows nothing of tokens or models.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace

from lab.errors import BadInput
from lab.words import say
from lab.worlds.names import FIRST_NAMES
from lab.worlds.problem import HELD_OUT_SEEDS as _HELD_OUT_SEEDS
from lab.worlds.problem import Claim, Problem, generator_for, is_held_out

COLORS = ("red", "blue", "green", "white", "black", "lime", "pink", "gold")
ACTORS = FIRST_NAMES[:16]
MOST = 30
MAX_DEPTH = 4
MAX_DISTRACTORS = 6
_STEP = re.compile(r"(?:(?P<who>[A-Z][a-z]+) )?(?P<a>\d+) (?P<op>[-+*]) (?P<b>\d+) = (?P<c>\d+)")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Step:
    """One event on one box: ``actor`` turns ``before`` into ``after`` by ``op`` ('+', '-', '*')
    with ``amount``."""

    actor: str
    op: str
    amount: int
    before: int
    after: int

    def sentence(self, color: str) -> str:
        """The event in English."""
        if self.op == "*":
            return f"The {color} box is doubled by {self.actor}."
        if self.op == "+":
            return f"The {color} box gets {self.amount} from {self.actor}."
        return f"The {color} box gives {self.amount} to {self.actor}."

    def entry(self) -> str:
        """The event in a plan, without its result."""
        return f"{self.actor} {self.op} {self.amount}"

    def line(self) -> str:
        """The event worked out."""
        return f"{self.actor} {self.before} {self.op} {self.amount} = {self.after}"


def write_plan(color: str, start: int, steps: tuple[Step, ...]) -> str:
    """The events that count, in order: ``red 9; Ned + 1; Ben - 4``."""
    return "; ".join([f"{color} {start}", *(step.entry() for step in steps)])


def write_thought(color: str, start: int, steps: tuple[Step, ...]) -> str:
    """The events worked out: ``red 9; Ned 9 + 1 = 10; Ben 10 - 4 = 6``."""
    return "; ".join([f"{color} {start}", *(step.line() for step in steps)])


def write_answer(thought: str, value: int | str) -> str:
    """What a single agent says: the thought and then the answer."""
    return f"{thought}; answer {value}"


def template(text: str) -> str:
    """A problem's text without its numbers, people and colours (A, B … as they first appear):
    problems of one template differ in these only."""
    seen: dict[str, str] = {}

    def blank(found: re.Match[str]) -> str:
        word = found[0]
        if word.isdigit():
            return "#"
        return "N" if word in ACTORS else seen.setdefault(word, chr(ord("A") + len(seen)))

    return re.sub(rf"\d+|\b(?:{'|'.join((*ACTORS, *COLORS))})\b", blank, text)


def make_ledger(seed: int, depth: int | None = None, distractors: int | None = None) -> Problem:
    """The ledger problem of a seed.

    Args:
        seed: any integer from 0; below 1,000,000 the problem is held out from all training.
        depth: events on the box asked for, 1 to 4; drawn from the seed if None.
        distractors: events on other boxes, 0 to 6; drawn (0 to 3) if None.

    Raises:
        BadInput: for a seed, depth or number of distractors out of range.
    """
    _check_range("seed", seed, 0, 2**62)
    if depth is not None:
        _check_range("depth", depth, 1, MAX_DEPTH)
    if distractors is not None:
        _check_range("distractors", distractors, 0, MAX_DISTRACTORS)
    attempt = 0
    while True:
        problem = _draw(generator_for("ledger", seed, attempt), seed, depth, distractors)
        if problem and is_held_out(problem.text) == (seed < _HELD_OUT_SEEDS):
            return problem
        attempt += 1


def draw_steps(rng: random.Random, start: int, names: list[str]) -> tuple[Step, ...]:
    """A random event for each name, one after the other, on a box that starts with ``start``
    coins."""
    steps, value = [], start
    for name in names:
        ops = [
            op
            for op, fits in (("+", value < MOST), ("-", value > 0), ("*", 0 < value <= MOST // 2))
            if fits
        ]
        op = rng.choice(ops)
        room = min(5, MOST - value) if op == "+" else min(5, value)
        amount = 2 if op == "*" else rng.randint(1, room)
        after = {"+": value + amount, "-": value - amount, "*": value * 2}[op]
        steps.append(Step(name, op, amount, value, after))
        value = after
    return tuple(steps)


def _draw(
    rng: random.Random, seed: int, depth: int | None, distractors: int | None
) -> Problem | None:
    depth = rng.randint(1, MAX_DEPTH) if depth is None else depth
    distractors = rng.randint(0, 3) if distractors is None else distractors
    colors = rng.sample(COLORS, rng.choice((2, 2, 3)))
    asked = rng.choice(colors)
    others = [color for color in colors if color != asked]
    per_box = dict.fromkeys(colors, 0)
    per_box[asked] = depth
    for _ in range(distractors):
        per_box[rng.choice(others)] += 1
    names = rng.sample(ACTORS, depth + distractors)
    starts = {color: _opening(rng) for color in colors}
    queues = {}
    for color, count in per_box.items():
        queues[color] = list(draw_steps(rng, starts[color], [names.pop() for _ in range(count)]))
    steps = tuple(queues[asked])
    order = [color for color, count in per_box.items() for _ in range(count)]
    rng.shuffle(order)
    opening = [f"The {color} box has {starts[color]} coins." for color in colors]
    events = [queues[color].pop(0).sentence(color) for color in order]
    value = steps[-1].after
    thought = write_thought(asked, starts[asked], steps)
    return Problem(
        world="ledger",
        seed=seed,
        facts=" ".join(opening + events),
        question=f"How many coins are in the {asked} box?",
        truth=str(value),
        answer=write_answer(thought, value),
        thought=thought,
        plan=write_plan(asked, starts[asked], steps),
        depth=depth,
        claims=parse_steps(thought),
    )


def _opening(rng: random.Random) -> int:
    """Coins in a box at first: 0 or 2 to 20, never one, so that “coins” is always right."""
    drawn = rng.randint(0, 20)
    return 2 if drawn == 1 else drawn


def parse_steps(text: str) -> tuple[Claim, ...]:
    """Every step of arithmetic in a text, as claims (who, left side, result)."""
    return tuple(
        Claim(m["who"] or "", f"{m['a']} {m['op']} {m['b']}", m["c"]) for m in _STEP.finditer(text)
    )


def step_is_right(claim: Claim) -> bool:
    """Whether the arithmetic of a step claim holds."""
    left, op, right = claim.attribute.split()
    results = {
        "+": int(left) + int(right),
        "-": int(left) - int(right),
        "*": int(left) * int(right),
    }
    return results[op] == int(claim.value)


def corrupt(rng: random.Random, problem: Problem) -> tuple[str, str]:
    """A wrong plan and a wrong thought for a problem, of the kinds that models make: a slip in
    arithmetic or reading that is carried on, or an event left out. Returns (plan, thought); the
    final value differs from the truth."""
    color = problem.plan.split()[0]
    start = int(_NUMBER.findall(problem.plan)[0])
    steps = read_plan(problem.plan)
    while True:
        wrong_start, wrong = start, list(steps)
        kind = rng.choice(("start", "amount", "drop", "slip"))
        at = rng.randrange(len(wrong))
        if kind == "start":
            wrong_start = max(0, start + rng.choice((-2, -1, 1, 2)))
        elif kind == "amount" and wrong[at].op != "*":
            wrong[at] = replace(wrong[at], amount=max(1, wrong[at].amount + rng.choice((-1, 1, 2))))
        elif kind == "drop" and len(wrong) > 1:
            del wrong[at]
        worked = rework(
            wrong_start, wrong, slip=(at, rng.choice((-2, -1, 1, 2))) if kind == "slip" else None
        )
        if worked and str(worked[-1].after) != problem.truth:
            return write_plan(color, wrong_start, worked), write_thought(color, wrong_start, worked)


def read_plan(plan: str) -> tuple[Step, ...]:
    """The events of a written plan, worked out from its start value."""
    head, *entries = plan.split("; ")
    steps = []
    for entry in entries:
        actor, op, amount = entry.split()
        steps.append(Step(actor, op, int(amount), 0, 0))
    return rework(int(head.split()[1]), steps) or ()


def rework(
    start: int, steps: list[Step], slip: tuple[int, int] | None = None
) -> tuple[Step, ...] | None:
    """Work events out from a start value; ``slip`` = (step, error) adds a mistake. None if a value
    leaves 0…30."""
    done, value = [], start
    for i, step in enumerate(steps):
        after = {"+": value + step.amount, "-": value - step.amount, "*": value * 2}[step.op]
        if slip and slip[0] == i:
            after += slip[1]
        if not 0 <= after <= MOST:
            return None
        done.append(replace(step, before=value, after=after))
        value = after
    return tuple(done)


def _check_range(name: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadInput(
            say("error.ledger.ledger_whole_number_from", name=name, low=low, high=high, value=value)
        )
