"""The lanes: what every agent of a run read, thought, said and was given, as small JSON made from
events alone.

Live and replayed pictures are equal because both are a fold of the same events, one after the
other. Nothing here knows of models, files or Gradio; the drawing is in ``assets/js/lanes.js``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from lab import events as ev
from lab.panels.agent_colors import AgentColors
from lab.panels.run.compare import comparison
from lab.panels.run.timeline import timeline
from lab.panels.style import amount_of_bytes, number, visible
from lab.roster import Roster, roster_of_run

PROMPT_TOKENS_SENT = 600
"""Prompts longer than this are sent as a count and their first and last words: the browser shows
slots, not essays."""
PROMPT_CHARS_SENT = 4000
TOP_SENT = 3
WORDS_SENT = 2000


def lanes_state(events: Iterable[ev.Event], roster: Roster | None = None) -> dict[str, Any]:
    """The whole picture of a list of events, see `Lanes.state`.

    Args:
        roster: the agents of the whole run; None tells them from the events.
    """
    known = list(events)
    lanes = Lanes(roster_of_run(known) if roster is None else roster)
    for event in known:
        lanes.add(event)
    return lanes.state()


def ready_state(question: str, facts: str, truth: str | None) -> dict[str, Any]:
    """The picture before a run: the question that would be asked, and no lanes."""
    started = ev.RunStarted("", 0.0, f"next: {question}", question, facts, truth, "")
    return lanes_state([started]) | {"status": "ready"}


class Lanes:
    """A picture that grows event by event."""

    def __init__(self, roster: Roster) -> None:
        """
        Args:
            roster: the agents of the run, those included that are still to come.
        """
        self._colors = AgentColors.from_roster(roster)
        self._run: dict[str, Any] = {
            "run_id": "",
            "status": "running",
            "message": "",
            "question": "",
            "facts": "",
            "truth": None,
            "schedule": "",
            "notes": [],
        }
        self._lanes: dict[str, dict[str, Any]] = {}
        self._agents: dict[tuple[str, str], dict[str, Any]] = {}

    def add(self, event: ev.Event) -> None:
        """Take in one event; events of one lane must come in their order."""
        if event.lane in self._lanes:
            self._lanes[event.lane]["at"] = max(self._lanes[event.lane]["at"], event.at)
        take = getattr(self, f"_{event.type}", None)
        if take is not None:
            take(event)

    def state(self) -> dict[str, Any]:
        """The picture as JSON-able data.

        Returns:
            ``run_id, status, message, question, facts, truth, schedule, notes``; ``kv_max`` (slots,
            the common scale of all strips); ``lanes``: each with its ``agents`` (cards), ``colors``
            by agent and ``hands`` (ribbons); ``timeline`` and ``table`` (see
            `lab.panels.run.timeline`, `lab.panels.run.compare`). Seconds, slots, nats; byte amounts
            are formatted texts.
        """
        lanes = [
            lane | {"agents": [_card(agent) for agent in lane["agents"]]}
            for lane in self._lanes.values()
        ]
        cards = list(self._agents.values())
        picture = self._run | {
            "kv_max": max((agent["kv"]["len"] for agent in cards), default=0),
            "lanes": lanes,
            "timeline": timeline(list(self._lanes.values())),
            "table": comparison(list(self._lanes.values())),
        }
        # A copy that later events do not change.
        copied: dict[str, Any] = json.loads(json.dumps(picture))
        return copied

    # --- one method per event type
    # ------------------------------------------------------------------------------

    def _run_started(self, e: ev.RunStarted) -> None:
        self._run |= {
            "run_id": e.run_id,
            "question": e.question,
            "facts": e.facts,
            "truth": e.truth,
            "schedule": e.schedule,
        }

    def _lane_started(self, e: ev.LaneStarted) -> None:
        self._lanes[e.lane] = {
            "id": e.lane,
            "method": e.method,
            "title": e.title,
            "host": e.host,
            "drawn_as": e.drawn_as,
            "at": e.at,
            "done": False,
            "answer": "",
            "value": "",
            "correct": None,
            "agents": [],
            "colors": self._colors.of(e.lane),
            "hands": [],
            "result": None,
        }

    def _agent_started(self, e: ev.AgentStarted) -> None:
        held = sum(s.length for s in e.memory if s.kept)
        agent = {
            "name": e.agent,
            "role": e.role,
            "host": e.host,
            "stage": e.stage,
            "reads": list(e.reads),
            "phase": "reading",
            "start": e.at,
            "end": None,
            "prompt": None,
            "dots": [],
            "words": [],
            "text": "",
            "note": "",
            "cut": 0,
            "kv": {"len": held, "bytes": ""},
            "strip": _strip(e.memory),
            "phases": {"prompt": [e.at, e.at]},
        }
        self._agents[e.lane, e.agent] = agent
        self._lanes[e.lane]["agents"].append(agent)

    def _prompt_read(self, e: ev.PromptRead) -> None:
        agent = self._agents[e.lane, e.agent]
        whole = len(e.tokens) <= PROMPT_TOKENS_SENT
        text = (
            e.text if len(e.text) <= PROMPT_CHARS_SENT else e.text[: PROMPT_CHARS_SENT // 2] + " … "
        )
        agent["prompt"] = {
            "n": len(e.ids) or len(e.tokens),
            "first": e.first_moment,
            "text": "" if whole else text,
            "tokens": list(e.tokens) if whole else [],
        }
        _grow(agent, "prompt", e.at, len(e.ids) or len(e.tokens), e.kv_len)
        agent["kv"]["bytes"] = amount_of_bytes(e.kv_bytes)

    def _latent_step(self, e: ev.LatentStep) -> None:
        agent = self._agents[e.lane, e.agent]
        agent["phase"] = "thinking"
        top = [[visible(word, 24), round(p, 4)] for word, p in e.top[:TOP_SENT]]
        agent["dots"].append(
            [e.step, top, round(e.entropy, 3), round(e.norm, 3), round(e.fed_norm, 3), e.moment]
        )
        _grow(agent, "latent", e.at, 1, e.kv_len)

    def _token(self, e: ev.TokenOut) -> None:
        agent = self._agents[e.lane, e.agent]
        agent["phase"] = "speaking"
        if len(agent["words"]) < WORDS_SENT:
            agent["words"].append([e.token, round(e.logprob, 3), e.moment])
        else:
            agent["cut"] += 1
        _grow(agent, "token", e.at, 1, e.kv_len)

    def _hand_over(self, e: ev.HandOver) -> None:
        self._lanes[e.lane]["hands"].append(
            {
                "source": e.source,
                "target": e.target,
                "channel": e.channel,
                "slots": e.slots,
                "bytes": amount_of_bytes(e.bytes),
                "words": e.words,
            }
        )

    def _agent_finished(self, e: ev.AgentFinished) -> None:
        agent = self._agents[e.lane, e.agent]
        agent |= {"phase": "done", "end": e.at, "text": e.text, "note": e.note}
        agent["kv"] = {"len": e.kv_len, "bytes": amount_of_bytes(e.kv_bytes)}
        agent["counts"] = {
            "read": e.tokens_read,
            "written": e.tokens_written,
            "latent": e.latent_steps,
        }
        if e.memory:
            agent["strip"] = _strip(e.memory)

    def _lane_finished(self, e: ev.LaneFinished) -> None:
        self._lanes[e.lane] |= {
            "done": True,
            "answer": e.answer,
            "value": e.value,
            "correct": e.correct,
            "result": {
                name: getattr(e, name)
                for name in (
                    "tokens_read",
                    "tokens_written",
                    "latent_steps",
                    "kv_len",
                    "kv_bytes",
                    "first_token",
                    "seconds",
                    "peak_bytes",
                    "flops",
                )
            },
        }

    def _note(self, e: ev.Note) -> None:
        title = self._lanes[e.lane]["title"] if e.lane in self._lanes else ""
        self._run["notes"].append(f"{title}: {e.text}" if title else e.text)

    def _run_finished(self, _: ev.RunFinished) -> None:
        self._run["status"] = "finished"

    def _run_failed(self, e: ev.RunFailed) -> None:
        self._run |= {"status": "failed", "message": e.message}

    def _run_cancelled(self, _: ev.RunCancelled) -> None:
        self._run["status"] = "cancelled"


def live_line(state: dict[str, Any]) -> list[dict[str, Any]]:
    """What runs right now: per unfinished lane the agent at work, its phase and its step."""
    out = []
    for lane in state["lanes"]:
        busy = [agent for agent in lane["agents"] if agent["phase"] != "done"]
        if busy and not lane["done"]:
            agent = busy[-1]
            step = len(agent["dots"]) if agent["phase"] == "thinking" else len(agent["words"])
            out.append(
                {
                    "lane": lane["title"],
                    "agent": agent["name"],
                    "phase": agent["phase"],
                    "step": step,
                }
            )
    return out


def _card(agent: dict[str, Any]) -> dict[str, Any]:
    """The agent's JSON without what only the timeline needs; seconds as text once they are
    final."""
    card = {name: value for name, value in agent.items() if name not in ("phases", "start", "end")}
    if agent["end"] is not None:
        card["time"] = number(1e3 * (agent["end"] - agent["start"]), "ms")
    return card


def _strip(memory: tuple[ev.Segment, ...]) -> list[list[Any]]:
    """Segments as ``[agent, kind, length, kept, start]``."""
    return [[s.agent, s.kind, s.length, s.kept, s.start] for s in memory]


def _grow(agent: dict[str, Any], kind: str, at: float, slots: int, kv_len: int) -> None:
    """Extend the agent's phase and its own segment of the strip."""
    before = max((span[1] for span in agent["phases"].values()), default=at)
    agent["phases"].setdefault(kind, [before, at])[1] = at
    strip = agent["strip"]
    last = strip[-1] if strip else None
    if last and last[0] == agent["name"] and last[1] == kind:
        strip[-1] = [*last[:2], last[2] + slots, *last[3:]]
    else:
        strip.append([agent["name"], kind, slots, True, kv_len - slots])
    agent["kv"] = {
        "len": kv_len,
        "bytes": "",
    }  # bytes are measured when the prompt is read and at the end
