"""The papers' table: differences are paired, and costs stand against the text chain."""

from __future__ import annotations

from lab.experiments.tasks.paper_table import METRICS
from lab.panels.break_it.paper_lines import HEADS, paper_cells, paper_lines
from lab.records.results import ResultTable


def table(**right: list[int]) -> ResultTable:
    made = ResultTable.start("tasks", {}, None, METRICS)
    for at, (name, hits) in enumerate(right.items(), 1):
        rows = [
            {
                "problem": i,
                "accuracy": float(hit),
                "read": 100.0 * at,
                "written": 10.0,
                "latent": 40.0 if name == "latentmas" else 0.0,
                "passes": 50.0 if name == "latentmas" else 10.0,
                "seconds": 1.0 / at,
                "gflop": 1.0,
                "samples": 1.0,
            }
            for i, hit in enumerate(hits)
        ]
        made.add(name, rows, control="method")
    return made


def test_differences_are_paired_and_costs_are_told_against_the_text_chain() -> None:
    lines = {
        line.method: line
        for line in paper_lines(
            table(single=[1, 1, 0, 0] * 10, textmas=[1, 1, 0, 0] * 10, latentmas=[1, 1, 1, 0] * 10)
        )
    }
    single, text, latent = lines["single"], lines["textmas"], lines["latentmas"]
    assert single.gain is None and text.speedup is None and text.tokens_change is None
    assert text.gain is not None and (text.gain.low, text.gain.high) == (0, 0), "paired"
    assert latent.gain is not None and latent.gain.value == 0.25 and latent.gain.low > 0
    assert latent.tokens_change is not None
    assert abs(latent.tokens_change.value - (310 / 210 - 1)) < 1e-9
    assert latent.passes_change is not None and latent.passes_change.value == 4.0
    assert latent.speedup is not None and abs(latent.speedup.value - 1.5) < 1e-9
    assert all(len(paper_cells(line)) == len(HEADS) for line in lines.values())


def test_without_a_text_chain_nothing_is_told_against_it() -> None:
    [line] = paper_lines(table(latentmas=[1, 0]))
    assert line.gain is None and line.tokens_change is None and line.speedup is None
