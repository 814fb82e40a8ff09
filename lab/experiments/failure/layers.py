"""Experiment “layers”: the hidden state of layer k, continued at layer l, for every pair of layers.

Both models read the same texts (problem, thought and answer); the receiver's block l gets the
sender's states of layer k at all positions and goes on from there. k = l in one model changes
nothing, to the bit. Teacher-forced: a reply is right when every one of its words, thought and
answer, is the top word, which is when greedy decoding says it. Where relays are written by hand,
the reply is what the undisturbed receiver says itself: a model that is used to sentences would
never say the bare answer, with or without a foreign state.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from pydantic import Field
from torch import Tensor

from lab.engine.cache import GrowingCache
from lab.engine.decode import generate_text
from lab.engine.fast import fast_backbone
from lab.engine.masks import attention_mask
from lab.engine.memory import LatentMemory
from lab.engine.prompt import pad_ids
from lab.errors import SpaceMismatch
from lab.experiments.harness.driver import Watch
from lab.experiments.interventions.vectors import replaced_input
from lab.experiments.transfer.receiver import kl
from lab.experiments.transfer.relay_problems import (
    Prompts,
    Relay,
    answer_ids,
    make_relays,
    written_facts,
)
from lab.models.host import Host
from lab.models.hosts import Hosts
from lab.plan import Decoding, Strict
from lab.records.results import Metric, ResultTable
from lab.words import say

METRICS = (
    Metric("accuracy", "share", "rate", "high"),
    Metric("agreement", "share", "mean", "high"),
    Metric("nll", "nats", "mean", "low"),
    Metric("kl", "nats", "mean", "low"),
)
"""``accuracy``: the whole reply word for word; ``agreement``: share of its positions whose top word
is the undisturbed model's; ``nll``: of the answer alone."""


class Settings(Strict):
    """What the heat-map depends on."""

    n: int = Field(50, ge=1, le=2000)
    seed: int = 0
    sender: str = "pocket-base"
    receiver: str = "pocket-base"
    depths: tuple[int, ...] = (1, 2, 3, 4)
    every: int = Field(1, ge=1, le=32)
    """Layers between two that are tried, on both axes; the last one always is."""
    written: str = ""
    """Name of a file in ``presets/relays``; empty: the ledger world."""
    rescale: bool = False
    """Bring the foreign states to the mean norm of the receiver's own at that layer: is it only the
    norm?"""


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

    @property
    def longest(self) -> int:
        """Positions of the longest reply."""
        return int(self.reply.sum(1).max())


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """All cells, one condition each."""
    sender, receiver = hosts(settings.sender), hosts(settings.receiver)
    for host in (sender, receiver):
        table.host(host.name, host.info())
    if sender.d_model != receiver.d_model or sender.vocab_size != receiver.vocab_size:
        raise SpaceMismatch(
            say(
                "error.layers.states_numbers_words_cannot",
                name=sender.name,
                d_model=sender.d_model,
                vocab_size=sender.vocab_size,
                name2=receiver.name,
                d_model2=receiver.d_model,
                vocab_size2=receiver.vocab_size,
            )
        )
    facts = written_facts(settings.written) if settings.written else ()
    relays = make_relays(settings.n, settings.seed, settings.depths, facts)
    texts = spell(receiver, relays, Prompts.plain() if facts else None)
    theirs, own = all_states(sender, texts), all_states(receiver, texts)
    right = said(receiver, texts, own[-1])
    read, written = tried(sender.n_layers, settings.every), tried(receiver.n_layers, settings.every)
    total, done = len(read) * len(written), 0
    for k in read:
        for layer in written:
            name = cell_name(k, layer)
            watch.step(done, total, name)
            done += 1
            if not table.takes(name):
                continue
            state = theirs[k]
            if settings.rescale:
                real = own[layer].norm(dim=-1).mean() / state.norm(dim=-1).mean().clamp_min(1e-12)
                state = state * real
            here = said(receiver, texts, continued(receiver, texts, state, layer))
            control = "ceiling" if k == layer and settings.sender == settings.receiver else ""
            table.add(name, rows(relays, texts, right, here, k, layer), control=control)


def tried(n_layers: int, every: int) -> list[int]:
    """Layers 0 to ``n_layers`` in steps, the last one always.

    Args:
        n_layers: blocks of the model.
        every: length of a step.
    """
    return sorted({*range(0, n_layers + 1, every), n_layers})


def cell_name(read: int, write: int) -> str:
    """The condition's name of one cell."""
    return f"layer {read} into layer {write}"


def spell(host: Host, relays: list[Relay], prompts: Prompts | None = None) -> Texts:
    """Problem, thought and answer as one agent would have written them; for a relay without a
    problem of a world what the host says itself.

    Args:
        host: whose ids are wanted.
        relays: what is spelled.
        prompts: ``solo`` of them opens each text; None means the pocket models' own.
    """
    prompts = prompts or Prompts.pocket()
    own = iter(_own_replies(host, [r for r in relays if r.problem is None], prompts))
    ids, starts, answers = [], [], []
    for relay in relays:
        opened = prompts.ids(host, "solo", relay)
        if relay.problem is None:
            words = next(own)
            ids.append([*opened, *words])
            starts.append(len(words))
            answers.append(len(words))
            continue
        user = {"role": "user", "content": prompts.text("solo", relay)}
        said = relay.problem.answer
        whole = host.render(
            [user, {"role": "assistant", "content": said}], add_generation_prompt=False
        )
        ids.append(whole)
        starts.append(len(whole) - len(opened))
        answers.append(len(answer_ids(host, relay.truth)))
    padded, lengths = pad_ids(ids, host.device)
    place = torch.arange(padded.shape[1] - 1, device=host.device)[None]
    width = padded.shape[1]
    reply = place >= width - 1 - torch.tensor(starts, device=host.device)[:, None]
    answer = place >= width - 1 - torch.tensor(answers, device=host.device)[:, None]
    return Texts(padded[:, :-1], [n - 1 for n in lengths], reply, answer, padded[:, 1:])


def _own_replies(host: Host, relays: list[Relay], prompts: Prompts) -> list[list[int]]:
    """Greedy ids of every relay's reply, at least one, end token included where it came."""
    if not relays:
        return []
    asked = [prompts.ids(host, "solo", relay) for relay in relays]
    decoding = Decoding(max_tokens=prompts.answer_tokens)
    return generate_text(
        host, asked, LatentMemory(host, len(asked)), decoding, "reader", spend_memory=True
    ).ids


@torch.no_grad()
def all_states(host: Host, texts: Texts) -> tuple[Tensor, ...]:
    """``hidden_states[0..L]`` of the texts, each (B, T, D), by the same arithmetic as `continued`,
    to the bit."""
    embeds = host.embed(texts.ids)
    fast = fast_backbone(host)
    if fast is not None:
        return fast(embeds, *_geometry(host, texts), GrowingCache(), want_states=True)[1] or ()
    with replaced_input(host, 0, embeds):
        block = LatentMemory(host, len(texts.lengths)).write(
            "reader", "prompt", embeds, texts.lengths, True
        )
    return block.states or ()


@torch.no_grad()
def continued(host: Host, texts: Texts, state: Tensor, layer: int) -> Tensor:
    """Last layer after the final norm (B, T, D) when block ``layer`` continues ``state``.

    Layer L hands the state straight to the head, as it is.
    """
    if layer == host.n_layers:
        return state
    fast = fast_backbone(host)
    if fast is not None:
        return fast(state, *_geometry(host, texts), GrowingCache(), want_states=False, first=layer)[
            0
        ]
    with replaced_input(host, layer, state):
        memory = LatentMemory(host, len(texts.lengths))
        return memory.write("reader", "prompt", host.embed(texts.ids), texts.lengths).last


def _geometry(host: Host, texts: Texts) -> tuple[Tensor | None, Tensor]:
    """Mask and positions (B, T) of the texts, for the fast way through the model."""
    width = texts.ids.shape[1]
    pads = width - torch.tensor(texts.lengths, device=host.device)[:, None]
    place = torch.arange(width, device=host.device)[None]
    real, positions = place >= pads, (place - pads).clamp_min(0)
    mask = attention_mask(host, real, positions, width, bool(real.all()), width - 1)
    assert mask is None or isinstance(mask, Tensor)
    return mask, positions


def said(host: Host, texts: Texts, last: Tensor) -> Tensor:
    """(B, R, V) log-probabilities over the replies: the R last positions, where R is the longest
    reply."""
    return torch.log_softmax(host.logits(last[:, -texts.longest :]).float(), -1)


def rows(
    relays: list[Relay], texts: Texts, right: Tensor, here: Tensor, read: int, write: int
) -> list[dict[str, object]]:
    """One row per problem of the cell (read, write), from `said` of the undisturbed and of the
    continued run."""
    reply, answer, targets = (
        x[:, -texts.longest :] for x in (texts.reply, texts.answer, texts.targets)
    )
    top, ought = here.argmax(-1), right.argmax(-1)
    own = here.gather(-1, targets[..., None])[..., 0]
    nll = -(own * answer).sum(1)
    hit = ((top == targets) | ~reply).all(1)
    same = ((top == ought) & reply).sum(1) / reply.sum(1)
    far = (kl(right, here) * reply).sum(1) / reply.sum(1)
    return [
        {
            "problem": r.number,
            "depth": r.depth,
            "accuracy": float(hit[i]),
            "agreement": float(same[i]),
            "nll": float(nll[i]),
            "kl": float(far[i]),
            "read": read,
            "write": write,
        }
        for i, r in enumerate(relays)
    ]
