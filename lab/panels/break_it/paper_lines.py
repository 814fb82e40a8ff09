"""The papers' table, computed from the rows of a task: accuracy with its interval, paired
differences against the single agent, and cost beside that of the chain that talks in text.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from lab import stats
from lab.panels.style import number
from lab.records.results import ResultTable

BASELINE = "single"
TALKING = "textmas"
"""The chain that hands over text: speed-up and tokens of the papers are told against it."""


@dataclass(frozen=True)
class PaperLine:
    """One method's line."""

    method: str
    control: str
    """``control`` or ``method``."""
    n: int
    accuracy: stats.Estimate
    gain: stats.Estimate | None
    """Accuracy minus that of the single agent on the same questions, -1 to 1."""
    read: float
    """Tokens of prompts, per question."""
    written: float
    latent: float
    """Latent steps."""
    passes: float
    """Tokens and latent steps: passes that write something."""
    tokens_change: stats.Estimate | None
    """Tokens read and written against the text chain, as a share (-0.8: 80 % fewer); latent steps
    left out, as in the papers."""
    passes_change: stats.Estimate | None
    """Passes against the text chain, latent steps counted."""
    seconds: float
    speedup: stats.Estimate | None
    """Seconds of the text chain over its own."""
    gflop: float
    samples: float


def paper_lines(table: ResultTable) -> list[PaperLine]:
    """A line per method, in the order in which they were measured."""
    parts = {
        str(name): part.set_index("problem")
        for name, part in table.rows.groupby("condition", sort=False)
    }
    return [_line(name, part, parts) for name, part in parts.items() if len(part)]


def _line(name: str, part: pd.DataFrame, parts: dict[str, pd.DataFrame]) -> PaperLine:
    single, talking = parts.get(BASELINE), parts.get(TALKING)

    def change(columns: list[str]) -> stats.Estimate | None:
        if talking is None or name == TALKING:
            return None
        ratio = _ratio(part[columns].sum(axis=1), talking[columns].sum(axis=1))
        return None if ratio is None else _shifted(ratio)

    return PaperLine(
        method=name,
        control=str(part["control"].iloc[0]),
        n=len(part),
        accuracy=stats.rate(part["accuracy"]),
        gain=None if single is None or name == BASELINE else _gap(part, single),
        read=float(part["read"].mean()),
        written=float(part["written"].mean()),
        latent=float(part["latent"].mean()),
        passes=float(part["passes"].mean()),
        tokens_change=change(["read", "written"]),
        passes_change=change(["passes"]),
        seconds=float(part["seconds"].mean()),
        speedup=None
        if talking is None or name == TALKING
        else _ratio(talking["seconds"], part["seconds"]),
        gflop=float(part["gflop"].mean()),
        samples=float(part["samples"].mean()),
    )


def _gap(part: pd.DataFrame, single: pd.DataFrame) -> stats.Estimate | None:
    both = part.index.intersection(single.index)
    if not len(both):
        return None
    return stats.paired_difference(part["accuracy"][both], single["accuracy"][both])


def _ratio(above: pd.Series, below: pd.Series) -> stats.Estimate | None:
    both = above.index.intersection(below.index)
    if not len(both) or not below[both].sum() > 0:
        return None
    return stats.ratio_of_means(above[both], below[both])


def _shifted(ratio: stats.Estimate) -> stats.Estimate:
    return stats.Estimate(ratio.value - 1, ratio.low - 1, ratio.high - 1, ratio.n)


HEADS = (
    *("method", "accuracy", "against single", "read", "written", "latent steps", "passes"),
    *("s/question", "tokens vs TextMAS", "passes vs TextMAS", "speed-up", "GFLOP", "answers"),
)


def paper_cells(line: PaperLine) -> list[str]:
    """A line as text, a cell per entry of `HEADS`."""
    a = line.accuracy
    return [
        line.method,
        f"{a.value:.1%} [{a.low:.1%}, {a.high:.1%}]",
        _points(line.gain),
        number(line.read),
        number(line.written),
        number(line.latent),
        number(line.passes),
        number(line.seconds),
        _percent(line.tokens_change),
        _percent(line.passes_change),
        _times(line.speedup),
        number(line.gflop),
        number(line.samples),
    ]


def _points(e: stats.Estimate | None) -> str:
    if e is None:
        return "-"
    return f"{100 * e.value:+.1f} [{100 * e.low:+.1f}, {100 * e.high:+.1f}]"


def _percent(e: stats.Estimate | None) -> str:
    return "-" if e is None else f"{e.value:+.0%} [{e.low:+.0%}, {e.high:+.0%}]"


def _times(e: stats.Estimate | None) -> str:
    return "-" if e is None else f"{e.value:.2f}x [{e.low:.2f}, {e.high:.2f}]"
