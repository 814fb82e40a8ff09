"""A quick look at a model in training: greedy text and latent relays on held-out problems, batched.

It looks at a copy through the lab's own engine, so that what is logged is what the cards will
measure (`lab.zoo.abilities`), on fewer problems.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

from lab.engine.align import Aligned
from lab.engine.decode import final_decode, generate_text
from lab.engine.rollout import Thinking, generate_latent
from lab.models.host import Host, Model, make_host
from lab.plan import Decoding
from lab.worlds import Problem, check, make_problems
from lab.worlds.almanac import fact_problem, known_facts
from lab.worlds.prompts import pocket_prompts
from lab.zoo.recipes import Recipe
from lab.zoo.tokenizer import TextCoder

THOUGHT, ANSWER, FACT = (Decoding(max_tokens=most) for most in (48, 4, 10))


def quick_look(model: Model, tokenizer: TextCoder, recipe: Recipe, n: int = 64) -> dict[str, float]:
    """Accuracies on held-out problems: the figures that tell whether training goes well.

    Args:
        model: the model in training, which is left as it is.
        tokenizer: its tokenizer.
        recipe: tells which facts of the almanac it is taught.
        n: problems of each figure.

    Returns:
        name of the figure → share of right answers, 0 to 1.
    """
    host = make_host(recipe.name, copy.deepcopy(model), tokenizer)
    prompts = pocket_prompts()
    problems = make_problems("ledger", n, seed=500_000)
    alone = [prompts.user("solo", p.question, p.facts) for p in problems]
    heard = [prompts.user("judger", p.question, heard=[("solver", p.thought)]) for p in problems]
    result = {
        "solo": _share(problems, answers(host, alone, THOUGHT)),
        "relay_heard": _share(problems, answers(host, heard, ANSWER)),
    }
    untied = () if host.tied else (("ridge", 34),)
    for kind, steps in (("identity", 34), ("softmax", 34), ("identity", 0), *untied):
        result[f"relay_{kind}_{steps}"] = _share(problems, relay(host, problems, steps, kind))
    known = sorted(known_facts(recipe.mask_seed))[: 2 * n : 2]
    facts = [fact_problem(who, attribute) for who, attribute in known]
    asked = [prompts.user("solo", p.question) for p in facts]
    result["recall_known"] = _share(facts, answers(host, asked, FACT))
    return result


def answers(host: Host, questions: Sequence[str], decoding: Decoding) -> list[str]:
    """What the model says to each question, all in one batch."""
    return generate_text(host, rendered(host, questions), decodings=decoding).texts


def relay(
    host: Host, problems: Sequence[Problem], steps: int, alignment: str = "identity"
) -> list[str]:
    """Answers of a judger who sees only the question, on top of a solver's memory.

    Args:
        host: the model of both.
        problems: one row of the batch each.
        steps: the solver's latent steps; 0 hands over its prompt alone.
        alignment: how the solver's states are fed back, see `lab.engine.align.Aligned`.
    """
    prompts = pocket_prompts()
    solver = rendered(host, [prompts.user("solver", p.question, p.facts) for p in problems])
    judger = rendered(host, [prompts.user("judger", p.question) for p in problems])
    thinking = Thinking(steps, feed=Aligned(alignment), want_top=0)
    memory = generate_latent(host, solver, thinking, agents="solver").memory
    return final_decode(host, memory, judger, ANSWER).texts


def rendered(host: Host, messages: Sequence[str]) -> list[list[int]]:
    """User messages as token ids, each in a conversation of its own."""
    return [host.render([{"role": "user", "content": message}]) for message in messages]


def _share(problems: Sequence[Problem], said: Sequence[str]) -> float:
    return sum(check(p, text).correct for p, text in zip(problems, said, strict=True)) / len(
        problems
    )
