"""Who wrote which slots of a cache: bookkeeping without tensors, except for the mask that counts
real slots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from lab.events import Kind, Segment


@dataclass(frozen=True)
class Part:
    """Neighbouring slots that were written in one go by one agent per row."""

    agents: tuple[str, ...]
    kind: Kind
    columns: tuple[int, int]
    """First column and number of columns; a dropped part keeps the numbers it had."""
    lengths: tuple[int, ...]
    """Real slots per row."""
    kept: bool = True


def strip_of(parts: Sequence[Part], row: int) -> tuple[Segment, ...]:
    """One row's slots in the order of writing, padding left out; dropped parts stay, marked
    ``kept=False``.

    Args:
        parts: what was written, in the order of writing.
    """
    found: list[Segment] = []
    start = 0
    for part in parts:
        length = part.lengths[row]
        if length == 0:
            continue
        first = start if part.kept else part.columns[0]
        segment = Segment(part.agents[row], part.kind, first, length, part.kept)
        start += length if part.kept else 0
        last = found[-1] if found else None
        if last and (last.agent, last.kind, last.kept) == (
            segment.agent,
            segment.kind,
            segment.kept,
        ):
            found[-1] = replace(last, length=last.length + length)
        else:
            found.append(segment)
    return tuple(found)


def noted(
    parts: list[Part],
    agents: tuple[str, ...],
    kind: Kind,
    columns: tuple[int, int],
    lengths: tuple[int, ...],
) -> None:
    """Add what was just written; it joins the last part if agents and kind are the same.

    Args:
        parts: what was written so far; changed in place.
        kind: ``prompt``, ``latent`` or ``token``.
        columns: first column and number of columns of the cache.
        lengths: real slots of each row among these columns.
    """
    last = parts[-1] if parts else None
    if last and last.kept and (last.agents, last.kind) == (agents, kind):
        summed = tuple(a + b for a, b in zip(last.lengths, lengths, strict=True))
        parts[-1] = replace(
            last, columns=(last.columns[0], last.columns[1] + columns[1]), lengths=summed
        )
    else:
        parts.append(Part(agents, kind, columns, lengths))


def cut_parts(parts: list[Part], keep: set[int], mask: Tensor) -> list[Part]:
    """Renumber parts after columns were dropped; what is gone stays as dropped parts.

    Args:
        parts: what was written, with its columns before the cut.
        keep: columns that stay.
        mask: (B, S) before the cut, True for slots that are no padding.
    """
    result: list[Part] = []
    new_start = 0
    for part in parts:
        if not part.kept:
            result.append(part)
            continue
        start, width = part.columns
        runs: list[tuple[bool, list[int]]] = []
        for column in range(start, start + width):
            inside = column in keep
            if runs and runs[-1][0] == inside:
                runs[-1][1].append(column)
            else:
                runs.append((inside, [column]))
        for inside, columns in runs:
            lengths = tuple(mask[:, columns].sum(1).tolist())
            first = new_start if inside else columns[0]
            result.append(
                replace(part, columns=(first, len(columns)), lengths=lengths, kept=inside)
            )
            new_start += len(columns) if inside else 0
    return result
