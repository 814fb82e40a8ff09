"""Experiment “layers”: the hidden state of layer k, continued at layer l, for every pair of layers.

Both models read the same texts (problem, thought and answer); the receiver's block l gets the sender's states of layer
k at all positions and goes on from there. k = l in one model changes nothing, to the bit. Teacher-forced: a reply is
right when every one of its words, thought and answer, is the top word, which is when greedy decoding says it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from pydantic import Field
from torch import Tensor

from lab.engine.memory import LatentMemory
from lab.errors import SpaceMismatch
from lab.experiments.driver import Hosts, Watch
from lab.experiments.problems import Prompts, Relay, answer_ids, make_relays
from lab.experiments.receiver import kl
from lab.experiments.sender import pad_left
from lab.experiments.table import Metric, ResultTable
from lab.experiments.vectors import replaced_input
from lab.models.host import Host
from lab.plan import Strict

METRICS = (
    Metric("accuracy", "share", "rate", "high"),
    Metric("agreement", "share", "mean", "high"),
    Metric("nll", "nats", "mean", "low"),
    Metric("kl", "nats", "mean", "low"),
)
"""``accuracy``: the whole reply word for word; ``agreement``: share of its positions whose top word is the undisturbed
model's; ``nll``: of the answer alone."""


class Settings(Strict):
    """What the heat-map depends on."""

    n: int = Field(50, ge=1, le=2000)
    seed: int = 0
    sender: str = "pocket-base"
    receiver: str = "pocket-base"
    depths: tuple[int, ...] = (1, 2, 3, 4)
    rescale: bool = False
    """Bring the foreign states to the mean norm of the receiver's own at that layer: is it only the norm?"""


@dataclass(frozen=True)
class Texts:
    """The same texts as both models spell them (ids must be equal for states to be continued)."""

    ids: Tensor
    """(B, T) left-padded."""
    lengths: list[int]
    reply: Tensor
    """(B, T) True where the next word belongs to the reply."""
    answer: Tensor
    """(B, T) True where the next word belongs to the answer."""
    targets: Tensor
    """(B, T) the next word."""


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """All cells, one condition each."""
    sender, receiver = hosts(settings.sender), hosts(settings.receiver)
    for host in (sender, receiver):
        table.host(host.name, host.info())
    if sender.d_model != receiver.d_model or sender.vocab_size != receiver.vocab_size:
        raise SpaceMismatch(
            f"States of {sender.name} ({sender.d_model} numbers, {sender.vocab_size} words) cannot be continued in "
            f"{receiver.name} ({receiver.d_model}, {receiver.vocab_size}); choose two models of one shape."
        )
    relays = make_relays(settings.n, settings.seed, settings.depths)
    texts = spell(receiver, relays)
    theirs, own = all_states(sender, texts), all_states(receiver, texts)
    right = torch.log_softmax(receiver.logits(own[-1]).float(), -1)
    total, done = (sender.n_layers + 1) * (receiver.n_layers + 1), 0
    for k in range(sender.n_layers + 1):
        for layer in range(receiver.n_layers + 1):
            name = cell_name(k, layer)
            watch.step(done, total, name)
            done += 1
            if table.done(name):
                continue
            state = theirs[k]
            if settings.rescale:
                real = own[layer].norm(dim=-1).mean() / state.norm(dim=-1).mean().clamp_min(1e-12)
                state = state * real
            here = torch.log_softmax(continued(receiver, texts, state, layer).float(), -1)
            control = "ceiling" if k == layer and settings.sender == settings.receiver else ""
            table.add(name, _rows(relays, texts, right, here, k, layer), control=control)


def cell_name(read: int, write: int) -> str:
    """The condition's name of one cell."""
    return f"layer {read} into layer {write}"


def spell(host: Host, relays: list[Relay]) -> Texts:
    """Problem, thought and answer as one agent would have written them."""
    prompts = Prompts.pocket()
    ids, starts, answers = [], [], []
    for relay in relays:
        opened = prompts.ids(host, "solo", relay)
        user = {"role": "user", "content": " ".join(prompts.solo.format(
            facts=relay.facts, question=relay.question, heard="").split())}  # fmt: skip
        said = relay.problem.answer if relay.problem else relay.truth
        whole = host.render([user, {"role": "assistant", "content": said}], add_generation_prompt=False)
        ids.append(whole)
        starts.append(len(whole) - len(opened))
        answers.append(len(answer_ids(host, relay.truth)))
    padded, lengths = pad_left(host, ids)
    place = torch.arange(padded.shape[1] - 1, device=host.device)[None]
    width = padded.shape[1]
    reply = place >= width - 1 - torch.tensor(starts, device=host.device)[:, None]
    answer = place >= width - 1 - torch.tensor(answers, device=host.device)[:, None]
    return Texts(padded[:, :-1], [n - 1 for n in lengths], reply, answer, padded[:, 1:])


@torch.no_grad()
def all_states(host: Host, texts: Texts) -> tuple[Tensor, ...]:
    """``hidden_states[0..L]`` of the texts, each (B, T, D), by the same arithmetic as `continued`, to the bit."""
    memory = LatentMemory(host, len(texts.lengths))
    embeds = host.embed(texts.ids)
    with replaced_input(host, 0, embeds):
        block = memory.write("reader", "prompt", embeds, texts.lengths, want_states=True)
    return block.states or ()


@torch.no_grad()
def continued(host: Host, texts: Texts, state: Tensor, layer: int) -> Tensor:
    """Logits (B, T, V) when block ``layer`` continues ``state``; layer L hands it straight to the head."""
    if layer == host.n_layers:
        return host.logits(state)
    memory = LatentMemory(host, len(texts.lengths))
    with replaced_input(host, layer, state):
        block = memory.write("reader", "prompt", host.embed(texts.ids), texts.lengths)
    return host.logits(block.last)


def _rows(
    relays: list[Relay], texts: Texts, right: Tensor, here: Tensor, read: int, write: int
) -> list[dict[str, object]]:
    top, ought = here.argmax(-1), right.argmax(-1)
    own = here.gather(-1, texts.targets[..., None])[..., 0]
    nll = -(own * texts.answer).sum(1)
    hit = ((top == texts.targets) | ~texts.reply).all(1)
    same = ((top == ought) & texts.reply).sum(1) / texts.reply.sum(1)
    far = (kl(right, here) * texts.reply).sum(1) / texts.reply.sum(1)
    return [
        {
            "problem": r.number, "depth": r.depth, "accuracy": float(hit[i]), "agreement": float(same[i]),
            "nll": float(nll[i]), "kl": float(far[i]), "read": read, "write": write,
        }
        for i, r in enumerate(relays)
    ]  # fmt: skip
