"""``compat`` is what the official LatentMAS code computes: a plain loop over transformers' own
cache, cut as that code cuts it (`LatentMASMethod._truncate_past`), is the oracle.

The official code itself does not run on this transformers: its cache classes are gone.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor
from transformers import DynamicCache

from lab.events import AgentStarted, LaneStarted, LatentStep, PromptRead, TokenOut
from lab.methods import run_lane
from lab.methods.chain import Thinker, Wiring, think_through
from lab.plan import Decoding, LatentMASLane
from tests.engine.tiny_models import prompts_of, tiny

SHORT = Decoding(max_tokens=8)
CUTS = ("latent_only", "last_agent")


@dataclass
class Official:
    """The official code's chain for one question, greedy, on the host's own model."""

    model: torch.nn.Module
    past: DynamicCache | None = None

    def length(self) -> int:
        return 0 if self.past is None else self.past.get_seq_length()

    def forward(self, **inputs: Tensor):
        """One pass; the model itself numbers what is new by the cache's present length."""
        out = self.model(
            **inputs, past_key_values=self.past, use_cache=True, output_hidden_states=True
        )
        self.past = out.past_key_values
        return out

    @torch.no_grad()
    def think(self, ids: list[int], steps: int, cache: str) -> None:
        before = self.length()
        weight = self.model.get_input_embeddings().weight
        norm = weight.norm(dim=1).mean()
        last = self.forward(input_ids=torch.tensor([ids])).hidden_states[-1][:, -1]
        for _ in range(steps):
            fed = last * (norm / last.norm(dim=-1, keepdim=True))
            last = self.forward(inputs_embeds=fed[:, None]).hidden_states[-1][:, -1]
        if cache != "keep_all":
            self.truncate(steps if cache == "latent_only" else self.length() - before)

    def truncate(self, keep: int) -> None:
        assert self.past is not None
        layers = self.past.layers
        self.past = None
        if keep > 0:
            self.past = DynamicCache()
            for i, layer in enumerate(layers):
                self.past.update(layer.keys[:, :, -keep:], layer.values[:, :, -keep:], i)

    @torch.no_grad()
    def speak(self, ids: list[int], most: int) -> list[int]:
        said, new = [], ids
        for _ in range(most):
            out = self.forward(input_ids=torch.tensor([new]))
            said.append(int(out.logits[0, -1].argmax()))
            new = said[-1:]
        return said


def handed(host, prompts, wiring: Wiring):
    thinkers = [Thinker(f"thinker {i}", [ids], wiring.steps) for i, ids in enumerate(prompts)]
    return think_through(host, thinkers, wiring, alignment="identity")


def differences(memory, past: DynamicCache) -> list[float]:
    """Largest difference of keys and of values per layer."""
    return [
        float((ours - theirs).abs().max())
        for (keys, values), layer in zip(memory.cache.pairs(), past.layers, strict=True)
        for ours, theirs in ((keys, layer.keys), (values, layer.values))
    ]


@pytest.mark.parametrize("kind", ["qwen3", "llama"])
@pytest.mark.parametrize("cache", ["keep_all", *CUTS])
def test_keys_and_values_are_those_of_the_official_chain(kind: str, cache: str) -> None:
    host, prompts, steps = tiny(kind), prompts_of([9, 7, 6]), 3
    official = Official(host.model)
    for ids in prompts:
        official.think(ids, steps, cache)
    assert official.past is not None
    ours = handed(host, prompts, Wiring("compat", cache, steps))
    assert (ours.kv_len, ours.next_positions) == (official.length(), [official.length()])
    close = max(differences(ours, official.past))
    assert close < 2e-3, "rounding, made larger by every step that is fed back"
    if cache == "keep_all":
        return
    carried = handed(host, prompts, Wiring("sequential", cache, steps))
    assert carried.next_positions == [sum(map(len, prompts)) + 3 * steps]
    if cache == "last_agent":
        assert carried.kv_len == ours.kv_len
        assert max(differences(carried, official.past)) > 100 * close, "carrying is another thing"
    else:
        assert carried.kv_len == 3 * ours.kv_len, "the lab's own policy keeps everybody's latents"


@pytest.mark.parametrize("cache", ["keep_all", *CUTS])
def test_a_lane_says_what_the_official_code_says(context, pool, cache: str) -> None:
    plan = LatentMASLane(
        topology="compat",
        cache=cache,
        steps=4,
        alignment="identity",
        agents=("planner", "critic", "refiner", "judger"),
        decoding=SHORT,
    )
    events = list(run_lane("L", plan, context()))
    *thinkers, last = [list(e.ids) for e in events if isinstance(e, PromptRead)]
    official = Official(pool.get("pocket-base").model)
    for ids in thinkers:
        official.think(ids, plan.steps, cache)
    kept = sum(s.length for s in judger_of(events).memory if s.kept)
    assert kept == official.length()
    said = [e.token_id for e in events if isinstance(e, TokenOut)]
    assert said == official.speak(last, len(said))


def judger_of(events) -> AgentStarted:
    return [e for e in events if isinstance(e, AgentStarted)][-1]


def test_the_last_thinkers_latents_alone_are_handed_over(context) -> None:
    plan = LatentMASLane(topology="compat", cache="latent_only", steps=3, decoding=SHORT)
    events = list(run_lane("L", plan, context()))
    kept = [(s.agent, s.kind, s.length) for s in judger_of(events).memory if s.kept]
    assert kept == [("refiner", "latent", 3)]


@pytest.mark.parametrize("cache", CUTS)
def test_carrying_positions_makes_another_run(context, cache: str) -> None:
    agents = ("planner", "critic", "refiner", "judger")
    plan = LatentMASLane(topology="compat", cache=cache, steps=4, agents=agents, decoding=SHORT)
    official, own = (
        [
            e.entropy
            for e in run_lane("L", lane, context())
            if isinstance(e, LatentStep) and e.agent == "refiner"
        ]
        for lane in (plan, plan.model_copy(update={"topology": "sequential"}))
    )
    assert official != pytest.approx(own, rel=1e-3)


def test_without_steps_latent_only_hands_nothing_to_anybody(context) -> None:
    plan = LatentMASLane(topology="compat", cache="latent_only", steps=0, decoding=SHORT)
    started = [e for e in run_lane("L", plan, context()) if isinstance(e, AgentStarted)]
    assert [sum(s.length for s in e.memory if s.kept) for e in started] == [0, 0, 0]


@pytest.mark.parametrize("topology", ["sequential", "compat"])
@pytest.mark.parametrize("cache", CUTS)
def test_the_lane_says_whether_positions_are_carried(context, topology: str, cache: str) -> None:
    plan = LatentMASLane(topology=topology, cache=cache, steps=1, decoding=SHORT)
    (started,) = [e for e in run_lane("L", plan, context()) if isinstance(e, LaneStarted)]
    assert ("positions are not carried" in started.drawn_as) == (topology == "compat")
