"""What is on the page as a notebook: it opens the same record, or makes the same run, and draws the
same figure from the same numbers with ``import lab``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.panels.agent_colors import roster_of
from lab.panels.run.lanes import lanes_state
from lab.records import Record
from lab.ui.frame.address import Address
from lab.ui.frame.notebook_cells import code_cell, literal, notebook_bytes, plain, said, text_cell
from lab.version import __version__
from lab.words import for_the_page

TABS = ("map", "lens", "memory", "drafts")
"""Those whose figure is drawn; elsewhere it is the comparison of the methods."""


def screen_notebook(record: Record, record_id: str, address: Address, shipped: bool) -> bytes:
    """The notebook as a file.

    Args:
        record_id: name of its folder.
        address: what the page shows; values that the record has not are left out.
        shipped: the record comes with the lab, so that it can be opened by its name.
    """
    tab = address.tab if address.tab in TABS else ""
    told = "said.notebook.shipped" if shipped else "said.notebook.again"
    cells = [
        text_cell(f"# {plain(record.problem.question)}"),
        text_cell(said(told, record=plain(record_id), version=__version__)),
        code_cell(_opening(record, record_id, shipped)),
        code_cell("record.lanes()"),
        text_cell(said("said.notebook.same")),
        code_cell(_check(record)),
    ]
    if tab:
        cells += [
            text_cell(f"## {plain(said(f'tab.{tab}'))}"),
            code_cell(_figure(record, tab, address)),
        ]
    return notebook_bytes(cells)


def _opening(record: Record, record_id: str, shipped: bool) -> str:
    if shipped:
        return f"import lab\n\nrecord = lab.open_record({record_id!r})"
    plan = literal(record.plan.model_dump(mode="json"))
    return f"import lab\n\nplan = {plan}\nrecord = lab.run(plan)"


def _check(record: Record) -> str:
    with for_the_page(on=False):  # as it is called in a notebook
        found = lanes_state(record.events, roster_of(record)).table
    answer = list(found.columns).index("answer")
    rows = {str(row.title): str(row.cells[answer]) for row in found.rows}
    return (
        f"on_the_page = {literal(rows)}\n"
        "now = dict(record.lanes()[['method', 'answer']].astype(str).to_numpy().tolist())\n"
        "print('as on the page:', now == on_the_page)"
    )


def _figure(record: Record, tab: str, address: Address) -> str:
    given = {"map": _map, "lens": _lens, "memory": _memory, "drafts": _drafts}[tab](record, address)
    chosen = [f"{name}={value!r}" for name, value in given.items() if value is not None]
    return f"record.{tab}({', '.join(chosen)})"


def _map(record: Record, address: Address) -> Mapping[str, Any]:
    from lab.ui.tabs.map.map_tab import first_values, of_record

    part = address.map
    found = first_values(record) | of_record(record, part)
    if part.layer is None and address.point is not None:
        at = record.points[record.points["point_id"] == address.point]["layer"]
        found["layer"] = int(at.iloc[0]) if len(at) else found["layer"]
    several = {name: tuple(found[name]) for name in ("lanes", "agents", "kinds")}
    return {
        "layer": int(found["layer"]),
        **{name: value for name, value in several.items() if value},
        "host": found["host"],
        "upto": int(found["upto"]),
        "method": part.method,
        "dims": part.dims,
        "color": part.color,
        "norm": part.norm,
        "seed": part.seed,
        "neighbors": part.neighbors,
        "min_dist": part.min_dist,
        "one_word": part.one_word,
        "arrows": part.arrows,
        "words": part.words is not False,
        "find": part.find,
    }


def _lens(record: Record, address: Address) -> Mapping[str, Any]:
    from lab.ui.tabs.lens.lens_tab import best_who, split_who, whos

    names, part = whos(record), address.lens
    who = part.who if part.who in names else best_who(record, names)
    if part.who is None and address.point is not None:
        at = record.points[record.points["point_id"] == address.point]
        who = f"{at['agent'].iloc[0]} · {at['lane'].iloc[0]}" if len(at) else who
    agent, lane = split_who(who)
    kinds = tuple(part.kinds.split(",")) if part.kinds else None
    word = part.word.strip() if part.word else None
    return {"agent": agent, "lane": lane, "shade": part.shade, "word": word, "kinds": kinds}


def _memory(record: Record, address: Address) -> Mapping[str, Any]:
    from lab.ui.tabs.memory.memory_address import first_values, of_record

    return {"lane": first_values(record, of_record(record, address.memory).get("lane"))["lane"]}


def _drafts(record: Record, address: Address) -> Mapping[str, Any]:
    from lab.ui.tabs.drafts.drafts_address import of_record

    found = of_record(record, address.drafts)
    return {name: found.get(name) for name in ("lane", "reader")}
