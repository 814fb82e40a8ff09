"""What a run cost, by agent and lane: tokens, latent steps, KV, bytes handed over, operations,
seconds.

Counts, bytes and seconds are as recorded. Operations per agent are estimated from the host's shape
with the convention of Kaplan et al. 2020 (arXiv 2001.08361): 2 · weights per position; the lanes'
own sums were computed by the engine with attention and head included, so the two are labelled
apart.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from lab.events import AgentFinished, AgentStarted, HandOver, LaneFinished, LaneStarted
from lab.panels import style
from lab.panels.agent_colors import AgentColors
from lab.records import Record
from lab.words import agent_name, say

COLUMNS = (
    "lane",
    "agent",
    "host",
    "tokens_read",
    "tokens_written",
    "latent_steps",
    "kv_len",
    "kv_bytes",
    "bytes_moved",
    "weights_flops",
    "flops",
    "seconds",
    "first_token",
)


def cost_table(record: Record) -> pd.DataFrame:
    """A row per finished lane (its ``agent`` is empty) followed by its agents; columns `COLUMNS`.

    ``bytes_moved`` are bytes an agent was handed; ``weights_flops`` is 2 · weights · positions;
    ``flops`` and ``first_token`` (lane seconds) exist for lanes only.
    """
    hosts: dict[tuple[str, str], str] = {}
    moved: dict[tuple[str, str], int] = {}
    rows: list[dict[str, Any]] = []
    for e in record.events:
        if isinstance(e, LaneStarted):
            hosts[e.lane, ""] = e.host
        elif isinstance(e, AgentStarted):
            hosts[e.lane, e.agent] = e.host
        elif isinstance(e, HandOver):
            for key in ((e.lane, e.target), (e.lane, "")):
                moved[key] = moved.get(key, 0) + e.bytes
        elif isinstance(e, (AgentFinished, LaneFinished)):
            agent = e.agent if isinstance(e, AgentFinished) else ""
            lane_only = (
                {"flops": e.flops, "first_token": e.first_token}
                if isinstance(e, LaneFinished)
                else {}
            )
            key = (e.lane, agent)
            ran_on = hosts.get(key, "")
            rows.append(
                {
                    "lane": e.lane,
                    "agent": agent,
                    "host": ran_on,
                    "tokens_read": e.tokens_read,
                    "tokens_written": e.tokens_written,
                    "latent_steps": e.latent_steps,
                    "kv_len": e.kv_len,
                    "kv_bytes": e.kv_bytes,
                    "bytes_moved": moved.get(key, 0),
                    "seconds": e.seconds,
                    "weights_flops": _weights_flops(record, ran_on, e)
                    if isinstance(e, AgentFinished)
                    else None,
                    **lane_only,
                }
            )
    order = list(dict.fromkeys(e.lane for e in record.events if isinstance(e, LaneStarted)))
    rows.sort(
        key=lambda r: (
            order.index(r["lane"]) if r["lane"] in order else len(order),
            r["agent"] != "",
        )
    )
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    sums = table[table["agent"] != ""].groupby("lane")["weights_flops"].sum(min_count=1)
    table.loc[table["agent"] == "", "weights_flops"] = table.loc[table["agent"] == "", "lane"].map(
        sums
    )
    return table


def cost_rows(table: pd.DataFrame, agents: AgentColors) -> list[list[str]]:
    """The table as text with units, ready to be shown.

    Args:
        table: of `cost_table`.
        agents: say what a lane is called.
    """
    return [
        [
            agents.lane(str(r.lane)),
            agent_name(r.agent) if r.agent else say("choice.all"),
            r.host,
            f"{r.tokens_read}",
            f"{r.tokens_written}",
            f"{r.latent_steps}",
            f"{r.kv_len}",
            style.amount_of_bytes(r.kv_bytes),
            style.amount_of_bytes(r.bytes_moved),
            _operations(r.weights_flops),
            _operations(r.flops),
            style.duration(r.seconds),
            style.duration(_number(r.first_token)),
        ]
        for r in table.itertuples()
    ]


def cost_headers() -> tuple[str, ...]:
    """Titles of the columns of `cost_rows`."""
    return (
        say("said.cost.method"),
        say("said.cost.agent"),
        say("said.cost.model"),
        say("said.cost.tokens_read"),
        say("said.cost.tokens_written"),
        say("said.cost.latent_steps"),
        say("said.cost.kv_slots"),
        say("said.cost.kv"),
        say("said.cost.bytes_handed_over"),
        say("said.cost.weights_positions"),
        say("said.cost.operations_engine"),
        say("said.cost.time"),
        say("said.cost.first_token_at"),
    )


def _weights_flops(record: Record, host: str, e: AgentFinished) -> float | None:
    info = record.meta.get("hosts", {}).get(host, {})
    params = info.get("n_params", info.get("params"))
    if not params:
        return None
    vocabulary = (
        int(info.get("vocab_size", 0))
        * int(info.get("d_model", 0))
        * (1 if info.get("tied") else 2)
    )
    weights = max(int(params) - vocabulary, 0) or int(params)
    return 2.0 * weights * (e.tokens_read + e.tokens_written + e.latent_steps)


def _operations(value: float | None) -> str:
    value = _number(value)
    if value is None:
        return "–"
    for unit, size in (("T", 1e12), ("G", 1e9), ("M", 1e6)):
        if value >= size:
            return style.number(value / size, f"{unit}FLOP")
    return style.number(value, "FLOP")


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
