"""A quick look at a model in training: greedy text and latent relays on held-out problems, batched.

Small and self-contained so that the trainer needs nothing beyond torch and transformers; the
figures of the cards come from `lab.zoo.abilities`, which runs the lab's own engine.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import DynamicCache

from lab.models.host import Model
from lab.worlds import Problem, check, make_problems
from lab.worlds.almanac import fact_problem, known_facts
from lab.worlds.prompts import pocket_prompts
from lab.zoo.recipes import Recipe
from lab.zoo.tokenizer import AGENT, END, USER, TextCoder
from lab.zoo.unrolling import align


class Rollout:
    """A growing batch of contexts over one model: read prompts, think latent steps, speak
    greedily."""

    def __init__(self, model: Model, tokenizer: TextCoder, rows: int) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.device = next(model.parameters()).device
        self.cache = DynamicCache()
        self.mask = torch.zeros(rows, 0, dtype=torch.long, device=self.device)
        self.hidden = torch.zeros(rows, model.config.hidden_size, device=self.device)

    def read(self, prompts: Sequence[str]) -> None:
        """Append user messages and the mark of the agent, left-padded."""
        ids = [
            self.tokenizer.encode(f"{USER} {p}{AGENT}", add_special_tokens=False) for p in prompts
        ]
        width = max(map(len, ids))
        pad = self.tokenizer.pad_token_id
        block = torch.tensor([[pad] * (width - len(row)) + row for row in ids], device=self.device)
        mask = torch.tensor(
            [[0] * (width - len(row)) + [1] * len(row) for row in ids], device=self.device
        )
        self._feed(self.model.get_input_embeddings()(block), mask)

    def think(self, steps: int, kind: str = "identity") -> None:
        """Feed the aligned last hidden state back ``steps`` times."""
        for _ in range(steps):
            self._feed(
                align(self.model, self.hidden, kind)[:, None], torch.ones_like(self.mask[:, :1])
            )

    def speak(self, most: int = 48) -> list[str]:
        """Greedy text of every row up to ``<end>``."""
        end = self.tokenizer.convert_tokens_to_ids(END)
        said: list[Tensor] = []
        done = torch.zeros(len(self.mask), dtype=torch.bool, device=self.device)
        for _ in range(most):
            token = (self.hidden @ self.model.get_output_embeddings().weight.T).argmax(-1)
            said.append(torch.where(done, end, token))
            done |= token == end
            if done.all():
                break
            self._feed(
                self.model.get_input_embeddings()(token[:, None]), torch.ones_like(self.mask[:, :1])
            )
        return [self.tokenizer.decode(row[row != end].tolist()) for row in torch.stack(said, 1)]

    @torch.no_grad()
    def _feed(self, embeds: Tensor, mask: Tensor) -> None:
        self.mask = torch.cat([self.mask, mask], dim=1)
        positions = (self.mask.cumsum(1) - 1).clamp_min(0)[:, -mask.shape[1] :]
        out = self.model.model(
            inputs_embeds=embeds,
            attention_mask=self.mask,
            position_ids=positions,
            past_key_values=self.cache,
            use_cache=True,
        )
        self.hidden = out.last_hidden_state[:, -1].float()


def quick_look(model: Model, tokenizer: TextCoder, recipe: Recipe, n: int = 64) -> dict[str, float]:
    """Accuracies on ``n`` held-out problems each: the figures that tell whether training goes
    well."""
    prompts = pocket_prompts()
    problems = make_problems("ledger", n, seed=500_000)
    solo = Rollout(model, tokenizer, n)
    solo.read([prompts.user("solo", p.question, p.facts) for p in problems])
    result = {"solo": _share(problems, solo.speak())}
    fresh = Rollout(model, tokenizer, n)
    fresh.read(
        [prompts.user("judger", p.question, heard=[("solver", p.thought)]) for p in problems]
    )
    result["relay_heard"] = _share(problems, fresh.speak(4))
    untied = () if model.config.tie_word_embeddings else (("ridge", 34),)
    for kind, steps in (("identity", 34), ("softmax", 34), ("identity", 0), *untied):
        result[f"relay_{kind}_{steps}"] = _share(
            problems, relay(model, tokenizer, problems, steps, kind)
        )
    known = sorted(known_facts(recipe.mask_seed))[: 2 * n : 2]
    facts = [fact_problem(who, attribute) for who, attribute in known]
    recall = Rollout(model, tokenizer, len(facts))
    recall.read([prompts.user("solo", p.question) for p in facts])
    result["recall_known"] = _share(facts, recall.speak(10))
    return result


def relay(
    model: Model,
    tokenizer: TextCoder,
    problems: Sequence[Problem],
    steps: int,
    kind: str = "identity",
) -> list[str]:
    """Answers of a judger who sees only the question, after a solver's prompt and ``steps`` latent
    steps."""
    run = Rollout(model, tokenizer, len(problems))
    run.read([pocket_prompts().user("solver", p.question, p.facts) for p in problems])
    run.think(steps, kind)
    run.read([pocket_prompts().user("judger", p.question) for p in problems])
    return run.speak(4)


def _share(problems: Sequence[Problem], answers: Sequence[str]) -> float:
    return sum(check(p, a).correct for p, a in zip(problems, answers, strict=True)) / len(problems)
