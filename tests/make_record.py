"""A small synthetic record: the same files and shapes as a real one, with made-up numbers, for
tests of what reads it.

Run ``python -m tests.make_record FOLDER`` to write one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lab import events as ev
from lab.plan import LatentMASLane, MoALane, Plan, PlanProblem, Proposer
from lab.records import CapturedBlock, Lens, Writer

LAYERS, WIDTH, TOP = 5, 32, 10
WORDS = [
    "the",
    "red",
    "box",
    "has",
    "9",
    "Ned",
    "+",
    "1",
    "=",
    "10",
    ".",
    "How",
    "many",
    "?",
    "6",
    "<end>",
    "Ben",
]
SLOT_BYTES = 2 * 4 * 16 * 4
QUESTION = "How many coins are in the red box?"
FACTS = "The red box has 9 coins. Ned puts 1 in the red box."


def plan() -> Plan:
    """Two lanes of three agents each."""
    proposers = tuple(Proposer(host=h, name=h) for h in ("toy-a", "toy-b"))
    return Plan(
        name="demo",
        title="Synthetic record",
        problem=PlanProblem(
            question=QUESTION, facts=FACTS, truth="10", world="ledger", seed=1, depth=1
        ),
        lanes=(
            LatentMASLane(host="toy-a", steps=8),
            MoALane(proposers=proposers, aggregator=Proposer(host="toy-a")),
        ),
    )


class Maker:
    """Writes events and blocks of made-up agents with consistent moments, slots and times."""

    def __init__(self, writer: Writer, seed: int = 0) -> None:
        self.writer = writer
        self.rng = np.random.default_rng(seed)
        self.moment = 0
        self.at = 0.0

    def tick(self) -> float:
        self.at += 0.004
        return self.at

    def capture(
        self, lane: str, agent: str, host: str, kind: ev.Kind, ids: list[int], first: int
    ) -> int:
        """One block at all layers: a random walk around the agent's own centre, so that maps show
        something."""
        n = len(ids)
        centre = np.random.default_rng(sum(map(ord, lane + agent + kind))).normal(
            size=(LAYERS, 1, WIDTH)
        )
        walk = np.cumsum(self.rng.normal(scale=0.3, size=(LAYERS, n, WIDTH)), axis=1)
        logits = (
            self.rng.normal(size=(LAYERS, n, len(WORDS)))
            * np.linspace(0.5, 4, LAYERS)[:, None, None]
        )
        logp = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        top = np.argsort(-logp, axis=-1)[..., :TOP]
        self.writer.block(
            CapturedBlock(
                lane=lane,
                agent=agent,
                host=host,
                kind=kind,
                layers=tuple(range(LAYERS)),
                hidden=(centre + walk).astype(np.float32),
                moments=np.arange(self.moment, self.moment + n),
                steps=np.arange(1, n + 1),
                positions=np.arange(first, first + n),
                token_ids=np.array(ids),
                tokens=tuple(WORDS[i] for i in ids),
                logprobs=logp[-1, np.arange(n), ids],
                entropies=-(np.exp(logp) * logp).sum(-1)[-1],
                kv_lens=np.arange(first + 1, first + n + 1),
                seconds=self.at + 0.004 * np.arange(n),
                lens=Lens(top, np.take_along_axis(logp, top, -1), -(np.exp(logp) * logp).sum(-1)),
                vocab=dict(enumerate(WORDS)),
            )
        )
        self.moment += n
        return self.moment - n

    def agent(
        self,
        lane: str,
        name: str,
        role: str,
        host: str,
        stage: int,
        reads: tuple[str, ...],
        memory: tuple[ev.Segment, ...],
        latent: int,
        words: list[int],
    ) -> tuple[ev.Segment, ...]:
        """All events and captures of one agent; returns the memory it leaves."""
        began, kv = self.at, sum(s.length for s in memory)
        self.writer.event(
            ev.AgentStarted(lane, self.tick(), name, role, host, stage, reads, memory)
        )
        ids = self.rng.integers(0, 14, size=12).tolist()
        first = self.capture(lane, name, host, "prompt", ids, kv)
        text = " ".join(WORDS[i] for i in ids)
        made = [ev.Segment(name, "prompt", kv, len(ids))]
        kv += len(ids)
        words_read = tuple(WORDS[i] for i in ids)
        self.writer.event(
            ev.PromptRead(
                lane, self.tick(), name, text, words_read, tuple(ids), first, kv, kv * SLOT_BYTES
            )
        )
        if latent:
            said = self.rng.integers(0, len(WORDS), size=latent).tolist()
            first = self.capture(lane, name, host, "latent", said, kv)
            made.append(ev.Segment(name, "latent", kv, latent))
            for i, word in enumerate(said):
                top = ((WORDS[word], 0.8), (WORDS[(word + 1) % 17], 0.1))
                kv += 1
                self.writer.event(
                    ev.LatentStep(lane, self.tick(), name, i + 1, top, 0.6, 5.6, 1.1, first + i, kv)
                )
        if words:
            first = self.capture(lane, name, host, "token", words, kv)
            made.append(ev.Segment(name, "token", kv, len(words)))
            for i, word in enumerate(words):
                kv += 1
                self.writer.event(
                    ev.TokenOut(
                        lane, self.tick(), name, i + 1, WORDS[word], word, -0.1, 0.3, first + i, kv
                    )
                )
        memory = memory + tuple(made)
        self.writer.event(
            ev.AgentFinished(
                lane,
                self.tick(),
                name,
                " ".join(WORDS[i] for i in words),
                len(ids),
                len(words),
                latent,
                kv,
                kv * SLOT_BYTES,
                self.at - began,
                memory,
            )
        )
        return memory


def _latentmas(maker: Maker) -> None:
    lane, memory, before = "latentmas", (), ""
    maker.at = 0.0
    drawn = "One cache, agents in a row, identity alignment with rescaling."
    maker.writer.event(ev.LaneStarted(lane, 0.0, "latentmas", "LatentMAS", "toy-a", drawn))
    for stage, role in enumerate(("planner", "refiner", "judger")):
        if before:
            slots = sum(s.length for s in memory)
            maker.writer.event(
                ev.HandOver(lane, maker.at, before, role, "kv", slots, slots * SLOT_BYTES, 0)
            )
        latent, words = (0, [9, 10, 15]) if role == "judger" else (8, [])
        reads = (before,) if before else ()
        memory = maker.agent(lane, role, role, "toy-a", stage, reads, memory, latent, words)
        before = role
    kv = sum(s.length for s in memory)
    maker.writer.event(
        ev.LaneFinished(
            lane,
            maker.at,
            "10.",
            "10",
            True,
            36,
            3,
            16,
            kv,
            kv * SLOT_BYTES,
            maker.at - 0.02,
            maker.at,
            None,
            1e9,
        )
    )


def _moa(maker: Maker) -> None:
    lane = "moa"
    maker.at = 0.0
    drawn = "Two proposers, then an aggregator reads their drafts."
    maker.writer.event(ev.LaneStarted(lane, 0.0, "moa", "Mixture-of-Agents", "toy-a", drawn))
    for name in ("toy-a", "toy-b"):
        maker.agent(lane, f"proposer {name}", "proposer", name, 0, (), (), 0, [4, 6, 7, 8, 9, 15])
    for name in ("toy-a", "toy-b"):
        text = "9 + 1 = 10"
        maker.writer.event(
            ev.HandOver(
                lane, maker.at, f"proposer {name}", "aggregator", "text", 0, len(text), 5, text
            )
        )
    reads = ("proposer toy-a", "proposer toy-b")
    maker.agent(lane, "aggregator", "aggregator", "toy-a", 1, reads, (), 0, [14, 10, 15])
    maker.writer.event(
        ev.LaneFinished(
            lane,
            maker.at,
            "6.",
            "6",
            False,
            36,
            15,
            0,
            15,
            15 * SLOT_BYTES,
            maker.at - 0.02,
            maker.at,
            None,
            1e9,
        )
    )


def steps(writer: Writer, seed: int = 0) -> Iterator[str]:
    """Write the run, pausing before the end so that a test can break it off."""
    p = plan().problem
    assert isinstance(p, PlanProblem)
    for name, digest in (("toy-a", "aa" * 32), ("toy-b", "bb" * 32)):
        writer.host(
            name,
            {
                "digest": digest,
                "n_layers": LAYERS - 1,
                "d_model": WIDTH,
                "tied": True,
                "dtype": "float32",
                "device": "cpu",
                "why": {"device": "synthetic"},
                "versions": {},
                "params": 12345,
                "n_heads": 4,
                "n_kv_heads": 4,
                "vocab_size": len(WORDS),
                "embed_norm": 1.1,
                "template": "own",
            },
        )
    writer.event(
        ev.RunStarted("", 0.0, writer.meta["run_id"], p.question, p.facts, p.truth, "alone")
    )
    maker = Maker(writer, seed)
    yield "started"
    _latentmas(maker)
    yield "latentmas"
    _moa(maker)
    yield "moa"
    writer.event(ev.Note("", 0.0, "These numbers are synthetic."))
    writer.event(ev.RunFinished("", 0.0))


def make_record(folder: Path, seed: int = 0) -> Path:
    """Write a finished synthetic record."""
    p = plan()
    assert isinstance(p.problem, PlanProblem)
    writer = Writer.create(folder, p, p.problem)
    for _ in steps(writer, seed):
        pass
    writer.finish("finished")
    return folder


if __name__ == "__main__":
    print(make_record(Path(sys.argv[1])))
