"""Evaluates conditions over many problems in batches: a sender thinks once, every condition forks
what it thought.

The road of one condition: the sender's thoughts → what is handed over (text, ids, vectors or cache,
with the condition's operations) → the receiver's reply → a row per problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from lab.errors import BadInput, LabError, ModelUnavailable
from lab.experiments.harness import packing
from lab.experiments.harness.batch import Batch
from lab.experiments.harness.driver import Watch
from lab.experiments.harness.packing import Message, Workshop
from lab.experiments.transfer.conditions import Channel, Condition, ReadLayer
from lab.experiments.transfer.receiver import Reply, ask, kl
from lab.experiments.transfer.relay_problems import Prompts, Relay, answer_ids
from lab.experiments.transfer.states import Doc
from lab.models.host import Host
from lab.models.hosts import Hosts
from lab.records.results import ResultTable
from lab.words import say


class Evaluator:
    """Runs conditions on problems and fills a table."""

    def __init__(
        self,
        relays: Sequence[Relay],
        prompts: Prompts,
        hosts: Hosts,
        steps: int,
        seed: int = 0,
        batch: int = 100,
        docs: list[Doc] | None = None,
        held_out: list[Doc] | None = None,
    ) -> None:
        self.relays, self.prompts, self.hosts = list(relays), prompts, hosts
        self.steps, self.seed, self.batch = steps, seed, batch
        self.workshop = Workshop(hosts, seed, docs, held_out)

    def fill(self, table: ResultTable, conditions: Sequence[Condition], watch: Watch) -> None:
        """Add rows of every condition that is not done yet, batch after batch; parts are marked as
        such."""
        todo = [c for c in conditions if not table.done(c.name, c.channel)]
        chunks = [self.relays[i : i + self.batch] for i in range(0, len(self.relays), self.batch)]
        longest = max([self.steps, *(c.think.steps or 0 for c in todo)])
        rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
        refused: set[tuple[str, str]] = set()
        for turn, number in enumerate(table.parts(len(chunks))):
            work = Batch(
                list(chunks[number]),
                self.prompts,
                self.steps,
                longest,
                self.seed,
                any(map(needs_states, todo)),
            )
            for place, condition in enumerate(todo):
                watch.step(
                    turn * len(todo) + place,
                    len(chunks) * len(todo),
                    condition.title or condition.name,
                )
                key = (condition.name, condition.channel)
                if key in refused or not table.takes(*key, number):
                    continue
                try:
                    rows.setdefault(key, []).extend(self.rows(condition, work, table))
                except ModelUnavailable as error:
                    refused.add(key)
                    table.meta.setdefault("refused", {})[f"{key[0]}/{key[1]}"] = str(error)
                except LabError as error:
                    refused.add(key)
                    table.refuse(*key, str(error))
                else:
                    last = number + 1 == len(chunks)
                    table.meta.get("refused", {}).pop("/".join(key), None)
                    table.add(
                        condition.name,
                        rows[key],
                        condition.channel,
                        condition.control,
                        finished=last,
                    )

    def rows(
        self, condition: Condition, work: Batch, table: ResultTable | None = None
    ) -> list[dict[str, Any]]:
        """One row per problem of the batch."""
        sender, receiver = self.host(condition.sender, table), self.host(condition.receiver, table)
        if condition.channel == "solo":
            return self._solo(condition, sender, work)
        message, reply = self.deliver(condition, sender, receiver, work)
        if sender.digest == receiver.digest and condition.unbroken:
            work.right.setdefault(right_key(receiver, condition.channel), reply.logprobs)
        right = self.right(receiver, condition.channel, work)
        distance = kl(right, reply.logprobs) if right.shape == reply.logprobs.shape else None
        n = len(work.relays)
        out = []
        for i, relay in enumerate(work.relays):
            text = receiver.text(reply.said[i]).strip()
            out.append(
                {
                    "problem": relay.number,
                    "depth": relay.depth,
                    "accuracy": float(relay.is_right(text)),
                    "nll": float(reply.nll[i]),
                    "kl": float(distance[i]) if distance is not None else float("nan"),
                    "tokens": float(message.tokens[i] + len(reply.said[i])),
                    "steps": message.steps,
                    "ms": 1e3 * (message.seconds + reply.seconds) / n,
                    "bytes": float(message.bytes / n),
                    "answer": text,
                    "truth": relay.truth,
                    "sender": condition.sender,
                    "receiver": condition.receiver,
                    "curve": condition.curve,
                    "x": float("nan") if condition.x is None else condition.x,
                }
            )
        return out

    def deliver(
        self, condition: Condition, sender: Host, receiver: Host, work: Batch
    ) -> tuple[Message, Reply]:
        """Hand over and let the receiver answer."""
        message = packing.pack(condition, sender, receiver, work, self.workshop)
        golds = [answer_ids(receiver, r.truth) for r in work.relays]
        most = self.prompts.answer_tokens
        return message, ask(receiver, message.memory, message.prompts, golds, most)

    def right(self, receiver: Host, channel: str, work: Batch) -> Tensor:
        """(B, V) what the receiver says at the correct hand-over: from its own model, whole and in
        place."""
        key = right_key(receiver, channel)
        if key not in work.right:
            plain = Condition(
                name="right", channel=key[1], sender=receiver.name, receiver=receiver.name
            )
            message = packing.pack(plain, receiver, receiver, work, self.workshop)
            golds = [answer_ids(receiver, r.truth) for r in work.relays]
            reply = ask(receiver, message.memory, message.prompts, golds, max_tokens=0)
            work.right[key] = reply.logprobs
        return work.right[key]

    def host(self, name: str, table: ResultTable | None = None) -> Host:
        """A host by name; the table learns what it is."""
        host = self.hosts(name)
        if table is not None and name not in table.meta["hosts"]:
            table.host(name, host.info())
        return host

    def _solo(self, condition: Condition, sender: Host, work: Batch) -> list[dict[str, Any]]:
        words, seconds = work.speak(sender, "solo")
        return [
            {
                "problem": r.number,
                "depth": r.depth,
                "accuracy": float(r.is_right(sender.text(w).strip())),
                "tokens": float(len(w)),
                "steps": 0,
                "ms": 1e3 * seconds / len(words),
                "bytes": 0.0,
                "answer": sender.text(w).strip(),
                "truth": r.truth,
                "sender": condition.sender,
                "receiver": condition.receiver,
                "curve": "",
                "x": float("nan"),
            }
            for r, w in zip(work.relays, words, strict=True)
        ]


def right_key(receiver: Host, channel: str) -> tuple[str, Channel]:
    """Under which the undisturbed hand-over to a receiver is kept."""
    plain: dict[str, Channel] = {"latent": "latent", "text": "text", "ids": "text"}
    return receiver.digest, plain.get(channel, "kv")


def needs_states(condition: Condition) -> bool:
    """Whether a condition reads other layers of the sender."""
    return any(isinstance(op, ReadLayer) for op in condition.ops)


def require_conditions(conditions: Sequence[Condition]) -> None:
    """Raise `BadInput` if two conditions share name and channel: their rows could not be told
    apart."""
    seen: set[tuple[str, str]] = set()
    for c in conditions:
        if (c.name, c.channel) in seen:
            raise BadInput(
                say("error.evaluate.two_conditions_called_channel", name=c.name, channel=c.channel)
            )
        seen.add((c.name, c.channel))
