"""Two agents by hand: what crosses, what does not, and one sentence for every wrong use."""

from collections.abc import Callable

import pytest
import torch

import lab
from lab.engine.memory import LatentMemory
from lab.errors import BadInput, LabError
from lab.events import Segment
from lab.face.reading import prompt_ids, unknown_words
from lab.models.host import Host
from lab.worlds import Problem

SEEDS = range(8)


@pytest.fixture(scope="module")
def base() -> Host:
    return lab.load("pocket-base")


@pytest.fixture(scope="module")
def task() -> Problem:
    return lab.problem("ledger", seed=11, depth=2)


@pytest.fixture(scope="module")
def thought(base: Host, task: Problem) -> LatentMemory:
    return lab.think(base, task)


def test_a_model_is_loaded_once(base: Host) -> None:
    assert lab.load("pocket-base") is base


def test_the_thought_carries_the_answer_and_nothing_does_not(base: Host) -> None:
    right = {"memory": 0, "nothing": 0, "solo": 0}
    for seed in SEEDS:
        asked = lab.problem("ledger", seed=seed, depth=2)
        memory = lab.think(base, asked)
        right["memory"] += lab.speak(base, asked.question, memory).text == asked.truth
        right["nothing"] += lab.speak(base, asked.question).text == asked.truth
        solo = lab.speak(base, asked, role="solo").text
        right["solo"] += solo == asked.answer
    assert right["memory"] >= len(SEEDS) - 1
    assert right["nothing"] <= 2
    assert right["solo"] >= len(SEEDS) - 1


def test_a_hand_over_in_words_works_too(base: Host, task: Problem) -> None:
    words = lab.speak(base, task, role="solver").text
    assert lab.speak(base, task.question, heard={"solver": words}).text == task.truth


def test_the_memory_says_who_wrote_its_slots(base: Host, task: Problem) -> None:
    memory = lab.think(base, task, steps=5, agent="Ada")
    read = len(prompt_ids(base, task, "solver", thinks=True))
    assert memory.strip() == (
        Segment("Ada", "prompt", 0, read),
        Segment("Ada", "latent", read, 5),
    )
    assert memory.hidden["Ada"].shape == (1, 5, base.d_model)


def test_what_is_handed_over_is_not_changed(
    base: Host, task: Problem, thought: LatentMemory
) -> None:
    before = (thought.kv_len, thought.cache.pairs()[0][0].clone())
    first = lab.speak(base, task.question, thought)
    lab.think(base, task.question, steps=3, role="refiner", memory=thought)
    assert thought.kv_len == before[0]
    assert torch.equal(thought.cache.pairs()[0][0], before[1])
    assert lab.speak(base, task.question, thought) == first
    assert first.memory.kv_len > thought.kv_len


def test_an_answer_knows_its_confidence(base: Host, task: Problem) -> None:
    said = lab.speak(base, task, role="solo", temperature=1.0, seed=3)
    assert len(said.logprobs) == len(said.tokens) == len(said.entropies)
    product = torch.tensor(said.logprobs, dtype=torch.float64).exp().prod()
    assert said.confidence == pytest.approx(float(product ** (1 / len(said.tokens))))
    assert str(said) == said.text


def test_known_and_unknown_words() -> None:
    asked = lab.problem("ledger", seed=3)
    assert unknown_words(f"{asked.facts} {asked.question} {asked.answer}") == []
    assert unknown_words("How many apples are in the Red box? apples!") == ["apples", "Red"]
    assert unknown_words("40 41") == ["41"]
    assert unknown_words("Wie viele Münzen") == ["Wie", "viele", "Münzen"]


Use = Callable[[Host, Problem, LatentMemory], object]
WRONG: dict[str, tuple[Use, str]] = {
    "unknown words": (
        lambda m, p, t: lab.think(m, "How many sheep graze on the hill?"),
        "pocket-base cannot read 'sheep', 'graze', 'on', 'hill': expected only words of its two "
        "worlds",
    ),
    "unknown facts": (
        lambda m, p, t: lab.speak(
            m,
            lab.problem("ledger", 1).__class__(
                "ledger", 1, "How many coins are in the red box?", "1", "1", "", "A zebra."
            ),
        ),
        "cannot read 'A', 'zebra'",
    ),
    "empty prompt": (lambda m, p, t: lab.speak(m, " \n"), "The prompt is empty: expected"),
    "prompt of another kind": (lambda m, p, t: lab.think(m, 7), "The prompt is a int: expected"),
    "no such role": (
        lambda m, p, t: lab.think(m, p, role="pirate"),
        "has no role 'pirate': expected one of solo,",
    ),
    "role that answers only": (
        lambda m, p, t: lab.think(m, p, role="judger"),
        "not taught to think as 'judger', only to answer: expected one of solo, planner",
    ),
    "too many steps": (lambda m, p, t: lab.think(m, p, 201), "from 0 to 200, got 201"),
    "negative steps": (lambda m, p, t: lab.think(m, p, -1), "from 0 to 200, got -1"),
    "half a step": (lambda m, p, t: lab.think(m, p, 2.5), "a whole number from 0 to 200, got 2.5"),
    "no such layer": (lambda m, p, t: lab.think(m, p, 3, layer=9), "expected"),
    "no such alignment": (lambda m, p, t: lab.think(m, p, 3, alignment="x"), "expected one of"),
    "empty hand-over": (
        lambda m, p, t: lab.speak(m, p.question, LatentMemory(m)),
        "The hand-over is empty: expected a memory that somebody has written on",
    ),
    "empty hand-over to a thinker": (
        lambda m, p, t: lab.think(m, p.question, role="refiner", memory=LatentMemory(m)),
        "The hand-over is empty",
    ),
    "words as a memory": (
        lambda m, p, t: lab.speak(m, p.question, "gold 2"),
        "What is handed over is a str: expected a memory",
    ),
    "several rows": (
        lambda m, p, t: lab.speak(m, p.question, t.expand(2)),
        "holds 2 rows: expected one",
    ),
    "memory of another model": (
        lambda m, p, t: lab.speak("pocket-reseed", p.question, t),
        "was written by pocket-base, expected one of pocket-reseed",
    ),
    "memory of a twin": (
        lambda m, p, t: lab.speak("pocket-gauge", p.question, t),
        "was written by pocket-base, expected one of",
    ),
    "no words allowed": (lambda m, p, t: lab.speak(m, p, max_tokens=0), "max_tokens: "),
    "cold": (lambda m, p, t: lab.speak(m, p, temperature=-1), "temperature: "),
    "no such model": (lambda m, p, t: lab.think("pocket-nobody", p), "is not on this machine"),
    "no model": (lambda m, p, t: lab.think(None, p), "The model is a NoneType: expected a name"),
    "name of another kind": (lambda m, p, t: lab.load(3), "The model's name is a int"),
    "remote": (
        lambda m, p, t: lab.think("remote:somebody", p),
        "",
    ),
    "no such world": (lambda m, p, t: lab.problem("chess"), "Unknown world 'chess': expected"),
    "too deep": (lambda m, p, t: lab.problem("ledger", depth=9), "depth must be a whole number"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_one_sentence(
    name: str, base: Host, task: Problem, thought: LatentMemory
) -> None:
    use, expected = WRONG[name]
    with pytest.raises(LabError) as caught:
        use(base, task, thought)
    said = str(caught.value)
    assert expected in said
    assert said.rstrip().endswith(".") and "\n" not in said


def test_reading_alone_is_no_thought_but_allowed_to_every_role(base: Host, task: Problem) -> None:
    read = lab.think(base, task, 0, role="judger")
    assert [s.kind for s in read.strip()] == ["prompt"]
    with pytest.raises(BadInput):
        lab.think(base, task, 1, role="judger")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"heard": {"solver": "Bonjour"}}, "cannot read 'Bonjour'"),
        ({"heard": {"solver": " "}}, r"heard\['solver'\] holds ' '"),
        ({"heard": {"king": "The white box has 3 coins."}}, "never heard a 'king' speak"),
        ({"heard": "3"}, "expected heard={role: text}"),
        ({"drafts": ["3", ""], "role": "aggregator"}, "drafts holds ''"),
        ({"role": "aggregator"}, "edits drafts, and got none"),
        ({"agent": 3}, "agent's name is 3"),
    ],
)
def test_what_others_said_is_checked(
    base: Host, task: Problem, given: dict[str, object], sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence):
        lab.speak(base, task.question, **given)  # type: ignore[arg-type]


def test_a_text_that_is_no_question_gets_a_sentence_and_no_empty_answer(base: Host) -> None:
    with pytest.raises(BadInput, match="nothing to say to 'the box'"):
        lab.speak(base, "the box")
    with pytest.raises(BadInput, match="agent's name is 3"):
        lab.think(base, "the box", agent=3)  # type: ignore[arg-type]
