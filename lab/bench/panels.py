"""Speed and size of Map, Lens and Memory on records of the promised sizes (random vectors; nothing
is trained).
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from lab import events as ev
from lab.bench.result import Measurement, at_most, median_seconds
from lab.panels.agent_colors import colors_of
from lab.panels.run.dial_value import DialValue, dial_value
from lab.panels.states import umap_fit
from lab.panels.states.choose import Choice
from lab.panels.states.lens import ModelLens, lens_grid
from lab.panels.states.lens_figure import lens_figure
from lab.panels.states.map_figure import map_figure
from lab.panels.states.map_frames import make_map
from lab.panels.states.mechanism import mechanism_value
from lab.panels.states.memory_strips import strips_figure
from lab.panels.states.moment_cards import moment_card
from lab.panels.states.projection import MapSettings
from lab.plan import LatentMASLane, Plan, PlanProblem
from lab.records import CapturedBlock, Lens, Record, Writer
from lab.records.step_sweeps import (
    MOST,
    AnswerSweep,
    RateSweep,
    SweepReply,
    problem_asked,
    rate_asked,
    team_of,
)

WORDS = {i: f"w{i}" for i in range(500)}
LARGEST_MB = 2.0


def measure() -> Iterator[Measurement]:
    """All figures, the cheap ones first."""
    with tempfile.TemporaryDirectory() as folder:
        wide = made_record(Path(folder) / "wide", positions=2000, layers=2, width=256)
        default = made_record(Path(folder) / "default", positions=150, layers=6, width=128)
        yield from _map(wide)
        yield from _lens(default)
        yield from _selection(default)
        yield from _memory(wide)
        yield from _steps(default)
        deep = made_record(Path(folder) / "deep", positions=400, layers=37, width=64)
        yield from _deep_lens(deep)
        yield from _umap(wide)


def made_record(
    folder: Path,
    positions: int,
    layers: int,
    width: int,
    kind: Literal["latent", "prompt"] = "latent",
) -> Record:
    """A record of one agent with ``positions`` random vectors and a random stored lens: thought in
    as many latent steps, or read in a prompt."""
    problem = PlanProblem(question="How fast?")
    writer = Writer.create(
        folder, Plan(problem=problem, lanes=(LatentMASLane(host="bench"),)), problem
    )
    shape = {"n_layers": layers - 1, "d_model": width, "n_heads": 4, "n_kv_heads": 4}
    writer.host("bench", {"digest": "be" * 32, "tied": True, "dtype": "float32", **shape})
    rng = np.random.default_rng(0)
    writer.event(ev.RunStarted("", 0.0, folder.name, problem.question, "", None, "interleaved"))
    writer.event(ev.LaneStarted("latentmas", 0.0, "latentmas", "Bench", "bench", ""))
    writer.event(ev.AgentStarted("latentmas", 0.0, "thinker", "planner", "bench", 0, ()))
    for i in range(positions if kind == "latent" else 0):
        writer.event(
            ev.LatentStep(
                "latentmas",
                i / 1e3,
                "thinker",
                i + 1,
                ((f"w{i % 500}", 0.5),),
                1.0,
                1.0,
                1.0,
                i,
                i + 1,
            )
        )
    n, counts = positions, np.arange(positions)
    logp = np.sort(rng.normal(-3, 1, (layers, n, 10)), axis=-1)[..., ::-1]
    writer.block(
        CapturedBlock(
            "latentmas",
            "thinker",
            "bench",
            kind,
            tuple(range(layers)),
            rng.standard_normal((layers, n, width)).astype(np.float32),
            counts,
            counts + 1,
            counts,
            counts % 500,
            tuple(WORDS[i % 500] for i in range(n)),
            np.full(n, -0.5),
            np.ones(n),
            counts + 1,
            counts / 1e3,
            Lens(rng.integers(0, 500, (layers, n, 10)), logp, np.ones((layers, n))),
            WORDS,
        )
    )
    writer.finish("finished")
    return Record.open(folder)


def _map(record: Record) -> Iterator[Measurement]:
    def draw() -> str:
        return str(
            map_figure(make_map(record, Choice(), 1, MapSettings()), colors_of(record)).to_json()
        )

    (seconds,) = median_seconds(draw)
    yield at_most(
        "PCA map of 2,000 points", seconds, 0.5, "s", "256 dimensions, to the figure's JSON"
    )
    yield at_most("its message to the browser", len(draw()) / 1e6, LARGEST_MB, "MB")


def _lens(record: Record) -> Iterator[Measurement]:
    def draw() -> str:
        return str(lens_figure(lens_grid(record, "latentmas", "thinker")).to_json())

    (seconds,) = median_seconds(draw)
    yield at_most(
        "lens heat-map of a default run", seconds, 0.5, "s", "6 layers × 150 points, stored lens"
    )


def _selection(record: Record) -> Iterator[Measurement]:
    def select() -> str:
        moment_card(record, 300)
        return str(
            map_figure(make_map(record, Choice(), 3, MapSettings()), colors_of(record)).to_json()
        )

    (seconds,) = median_seconds(select)
    yield at_most(
        "selection: card and map of its layer",
        seconds,
        0.3,
        "s",
        "the page's own work, without the network",
    )


def _memory(record: Record) -> Iterator[Measurement]:
    (seconds,) = median_seconds(
        lambda: strips_figure(record, "latentmas", colors_of(record)).to_json(), rounds=3
    )
    size = len(strips_figure(record, "latentmas", colors_of(record)).to_json()) / 1e6
    yield Measurement("KV strip of 2,000 slots", seconds, "s")
    yield at_most("its message to the browser", size, LARGEST_MB, "MB")


def _steps(record: Record) -> Iterator[Measurement]:
    """What answers without being asked: all m of the dial, all steps of an agent."""
    (seconds,) = median_seconds(lambda: _dialled(record))
    size = len(json.dumps(_dialled(record).plain())) / 1e3
    note = "41 m with answers, rates, floor and ceiling; the thumb then asks nobody"
    yield at_most("dial of latent steps", seconds, 0.1, "s", note)
    yield at_most("its message to the browser", size, 20, "KB")
    (seconds,) = median_seconds(lambda: mechanism_value(record, "bench"), rounds=3)
    size = len(json.dumps(mechanism_value(record, "bench").plain())) / 1e6
    yield Measurement("mechanism of 150 latent steps", seconds, "s")
    yield at_most("its message to the browser", size, LARGEST_MB, "MB")


def _dialled(record: Record) -> DialValue:
    """The dial of a record with made-up sweeps."""
    team = team_of(record.plan, "latentmas", str(record.host("bench")["digest"]))
    reply = SweepReply(answer="19", value="19", correct=True, slots=184, bytes=471_040)
    asked, rate = problem_asked(team, record.problem), rate_asked(team, record.plan, 96)
    answers = AnswerSweep(asked=asked, at=(reply,) * (MOST + 1), nothing=reply, text=reply)
    right = tuple(2 * m for m in range(MOST + 1))
    rates = RateSweep(asked=rate, at=right, nothing=18, text=96)
    return dial_value(record, "bench", answers, rates)


def _deep_lens(record: Record) -> Iterator[Measurement]:
    lens = ModelLens(_wide_vocabulary(record))
    start = time.perf_counter()
    grid, peak = _with_peak(lambda: lens_grid(record, "latentmas", "thinker", lens=lens))
    seconds = time.perf_counter() - start
    note = "37 layers × 400 points, 151,936 words, random weights"
    yield Measurement("lens decoded through a large head", seconds, "s", note=note)
    yield at_most("memory it took", peak / 1e6, 1500, "MB", "growth of the resident set")
    (drawing,) = median_seconds(lambda: lens_figure(grid).to_json(), rounds=3)
    yield at_most("its heat-map", drawing, 0.5, "s", "decoded words to the figure's JSON")
    yield at_most(
        "its message to the browser", len(lens_figure(grid).to_json()) / 1e6, LARGEST_MB, "MB"
    )


def _wide_vocabulary(record: Record) -> Any:
    """A decoder with random weights, the vocabulary of Qwen3 and the digest of the record."""
    import torch
    from transformers import AutoModelForCausalLM, Qwen3Config

    from lab.models.host import make_host
    from lab.service.look import HostDecoder

    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=151_936,
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=36,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=32,
        tie_word_embeddings=True,
    )
    model = AutoModelForCausalLM.from_config(config)
    return HostDecoder(make_host("bench", model, digest=str(record.host("bench")["digest"])))


def _umap(record: Record) -> Iterator[Measurement]:
    rows = record.points[record.points["layer"] == 1]["point_id"].to_numpy()
    x = record.states(rows)
    start = time.perf_counter()
    umap_fit.warm_up()
    umap_fit.wait_ready(600)
    yield Measurement("UMAP warm-up, in the background", time.perf_counter() - start, "s")
    from lab.panels.states.umap_worker import fit as bare

    settings = {
        "n_neighbors": 15,
        "min_dist": 0.1,
        "n_components": 2,
        "metric": "cosine",
        "random_state": 0,
    }
    bare(x[:40], settings)
    times: list[list[float]] = [[], []]
    fits: tuple[Callable[[int], object], ...] = (
        lambda s: bare(x, settings | {"random_state": s}),
        partial(_ours, x),
    )
    for seed in (1, 2, 3):
        for own, fn in zip(times, fits, strict=True):
            start = time.perf_counter()
            fn(seed)
            own.append(time.perf_counter() - start)
    theirs, ours = (sorted(t)[1] for t in times)
    yield at_most(
        "warm UMAP of 2,000 points against a bare fit",
        ours / theirs,
        1.1,
        "×",
        f"{ours:.2f} s, {theirs:.2f} s",
    )


def _ours(x: np.ndarray, seed: int) -> Any:
    return umap_fit.fit(x, umap_fit.UmapSettings(seed=seed))


def _with_peak(work: Callable[[], Any]) -> tuple[Any, float]:
    """The result and by how many bytes the resident set grew at most meanwhile (Linux; 0
    elsewhere)."""
    if not Path("/proc/self/statm").exists():
        return work(), 0.0
    page, before, peak, done = 4096, _pages(), _pages(), threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.01):
            peak = max(peak, _pages())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    result = work()
    done.set()
    watcher.join()
    return result, float((max(peak, _pages()) - before) * page)


def _pages() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1])
