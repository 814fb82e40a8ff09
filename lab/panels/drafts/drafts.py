"""Drafts and aggregate of a Mixture-of-Agents lane: who said what, who read whom, what became of
it.

Reads events only, so a running, a finished and a shipped record give the same picture. `runs_of`
finds the lanes, `view` makes the value that the drafts widget draws for one reader (an aggregator,
or a proposer of a later layer).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lab.errors import BadInput
from lab.events import AgentFinished, AgentStarted, Event, LaneFinished, LaneStarted, TokenOut
from lab.panels.agent_colors import AgentColors
from lab.panels.drafts.draft_claims import ClaimRow, claim_table, claims_in, counts
from lab.panels.drafts.drafts_value import (
    AggregateText,
    ClaimChance,
    DiffPiece,
    DiffSide,
    DiffValue,
    DraftFigures,
    DraftReader,
    DraftsValue,
    DraftText,
    TextPlace,
)
from lab.panels.drafts.provenance import diff, tokenize, trace
from lab.plan import PlanProblem
from lab.roster import Roster, roster_of_run, writes_drafts
from lab.words import say

REPEATS = 0.9
"""Share of a text's tokens found in the prompt at which it only repeats the prompt."""


@dataclass(frozen=True)
class Draft:
    """What one agent of a lane said."""

    agent: str
    role: str
    host: str
    stage: int
    reads: tuple[str, ...]
    text: str
    tokens: tuple[tuple[str, float], ...]
    """(word as shown, log-probability in nats or NaN), in order."""
    read: int
    """Prompt tokens."""
    written: int
    begun: float
    """Lane seconds."""
    first: float | None
    """Lane seconds at the first word; None if none came."""
    ended: float | None
    """None while it still writes."""
    note: str
    """Why it ended when not by itself, or what is odd about its text; empty if nothing is."""
    moments: tuple[int | None, ...] = ()
    """Positions of the run where its tokens stand, as far as they are known."""

    @property
    def failed(self) -> bool:
        """Finished without a word."""
        return self.ended is not None and not self.text.strip()

    @property
    def confidence(self) -> float:
        """Geometric-mean probability per word, 0 to 1; NaN where the endpoint told none."""
        known = [lp for _, lp in self.tokens if math.isfinite(lp)]
        return math.exp(sum(known) / len(known)) if known else math.nan


@dataclass(frozen=True)
class DraftsRun:
    """One lane: its agents by stage; the last stage is the aggregator (or the single agent of a
    gate)."""

    lane: str
    title: str
    method: str
    agents: tuple[Draft, ...]
    answer: str | None
    correct: bool | None
    seconds: float | None
    first_token: float | None
    colors: dict[str, str]
    """Agent → colour; the same as in every other panel of the run."""

    @property
    def readers(self) -> tuple[Draft, ...]:
        """Agents that were given drafts, later stages last."""
        return tuple(agent for agent in self.agents if self.drafts_for(agent))

    def drafts_for(self, reader: Draft) -> tuple[Draft, ...]:
        """The drafts a reader was given, in the order it got them."""
        by_name = {agent.agent: agent for agent in self.agents}
        return tuple(by_name[name] for name in reader.reads if name in by_name)


def runs_of(events: Iterable[Event], roster: Roster | None = None) -> list[DraftsRun]:
    """All lanes of a run in which drafts are read by somebody.

    Args:
        roster: the agents of the whole run; None tells them from the events.
    """
    events = list(events)
    started: dict[str, LaneStarted] = {}
    drafts: dict[tuple[str, str], Draft] = {}
    ended: dict[str, LaneFinished] = {}
    words: dict[tuple[str, str], list[tuple[str, float]]] = {}
    moments: dict[tuple[str, str], list[int | None]] = {}
    for event in events:
        if isinstance(event, LaneStarted):
            started[event.lane] = event
        elif isinstance(event, LaneFinished):
            ended[event.lane] = event
        elif isinstance(event, AgentStarted):
            drafts[event.lane, event.agent] = Draft(
                event.agent,
                event.role,
                event.host,
                event.stage,
                event.reads,
                "",
                (),
                0,
                0,
                event.at,
                None,
                None,
                "",
            )
        elif isinstance(event, TokenOut) and (key := (event.lane, event.agent)) in drafts:
            if drafts[key].first is None:
                drafts[key] = replace(drafts[key], first=event.at)
            logprob = math.nan if event.logprob is None else float(event.logprob)
            words.setdefault(key, []).append((event.token, logprob))
            moments.setdefault(key, []).append(event.moment)
        elif isinstance(event, AgentFinished) and (key := (event.lane, event.agent)) in drafts:
            drafts[key] = replace(
                drafts[key],
                text=event.text.strip(),
                read=event.tokens_read,
                written=event.tokens_written,
                ended=event.at,
                note=event.note,
            )
    for key, found in moments.items():
        drafts[key] = replace(drafts[key], moments=tuple(found))
    colors = AgentColors.from_roster(roster_of_run(events) if roster is None else roster)
    return [
        _run(lane, start, drafts, words, ended.get(lane), colors.of(lane))
        for lane, start in started.items()
        if writes_drafts(start.method)
    ]


def _run(
    lane: str,
    start: LaneStarted,
    drafts: dict[tuple[str, str], Draft],
    words: dict[tuple[str, str], list[tuple[str, float]]],
    end: LaneFinished | None,
    colors: dict[str, str],
) -> DraftsRun:
    agents = []
    for (owner, agent), draft in drafts.items():
        if owner != lane:
            continue
        said = tuple(words.get((owner, agent), ()))
        text = draft.text if draft.ended is not None else "".join(word for word, _ in said).strip()
        agents.append(replace(draft, tokens=said, text=text))
    agents.sort(key=lambda a: a.stage)
    return DraftsRun(
        lane,
        start.title,
        start.method,
        tuple(agents),
        end.answer if end else None,
        end.correct if end else None,
        end.seconds if end else None,
        end.first_token if end else None,
        colors,
    )


def find_run(runs: Sequence[DraftsRun], lane: str | None) -> DraftsRun:
    """The run of a lane, or the first.

    Raises:
        BadInput: if the record has no drafts that anybody read.
    """
    able = [run for run in runs if run.readers]
    chosen = [run for run in able if run.lane == lane] or able
    if not chosen:
        raise BadInput(say("error.drafts.record_holds_no_drafts"))
    return chosen[0]


# --- what the widget draws
# ----------------------------------------------------------------------------------------


def view(run: DraftsRun, problem: PlanProblem | None, reader: str | None = None) -> DraftsValue:
    """The drafts tab of one reader: spans, shares, claims, figures.

    Args:
        problem: for claims and truth; None reads sentences.
        reader: agent whose text is traced; the last one by default.
    """
    target = next((a for a in run.readers if a.agent == reader), run.readers[-1])
    drafts = run.drafts_for(target)
    found = trace(target.text, [draft.text for draft in drafts])
    rows = claim_table([draft.text for draft in drafts], target.text, problem)
    return DraftsValue(
        reader=target.agent,
        readers=tuple(DraftReader(agent=a.agent, stage=a.stage, role=a.role) for a in run.readers),
        colors=run.colors,
        correct=run.correct if target == run.readers[-1] else None,
        target=AggregateText(**_said(target), spans=found.spans),
        drafts=tuple(
            DraftText(
                **_said(draft),
                spans=found.drafts[i],
                owed=found.draft_shares[i],
                taken=found.taken_shares[i],
                claims=uncertain_claims(draft, problem),
                note=draft.note or oddity(draft.text, problem),
            )
            for i, draft in enumerate(drafts)
        ),
        shares=found.kind_shares,
        claims=tuple(rows),
        counts=counts(rows),
        figures=figures_of(target, drafts, rows),
    )


def _said(draft: Draft) -> dict[str, Any]:
    """The fields of an `AgentText`."""
    return {
        "agent": draft.agent,
        "host": draft.host,
        "said": draft.text,
        "confidence": draft.confidence,
        "writing": draft.ended is None,
        "places": tuple(
            TextPlace(start=start, end=end, moment=draft.moments[number])
            for number, start, end in token_places(draft)
            if number < len(draft.moments)
        ),
    }


def figures_of(target: Draft, drafts: Sequence[Draft], rows: Sequence[ClaimRow]) -> DraftFigures:
    """Length inflation (aggregate words over mean draft words) and claims per written token of both
    sides.

    Where the truth is known, only right claims count.
    """
    lengths = [len(tokenize(draft.text)) for draft in drafts if draft.text]
    known = any(row.truth for row in rows)
    good = ("right",) if known else ("right", "wrong", "said")
    in_target = sum(row.aggregate.state in good for row in rows)
    in_drafts = [sum(row.drafts[i].state in good for row in rows) for i in range(len(drafts))]
    written = sum(draft.written for draft in drafts)
    return DraftFigures(
        inflation=len(tokenize(target.text)) / (sum(lengths) / len(lengths))
        if any(lengths)
        else None,
        facts_per_token_drafts=sum(in_drafts) / written if written else None,
        facts_per_token_team=in_target / (target.written + written) if target.written else None,
        wait=target.first,
        tokens=written + target.written,
    )


def uncertain_claims(draft: Draft, problem: PlanProblem | None) -> tuple[ClaimChance, ...]:
    """Each claim of a draft with the proposer's own probability of its words.

    The probability is the product over the tokens that overlap the claim's value (its last
    occurrence within the claim); None where the endpoint told no log-probabilities.
    """
    places = token_places(draft)
    out = []
    for claim in claims_in(draft.text, problem):
        tail = claim.value.split(" = ")[-1]
        at = draft.text.rfind(tail, claim.start, claim.end)
        begin, end = (at, at + len(tail)) if at >= 0 else (claim.start, claim.end)
        inside = [draft.tokens[n][1] for n, a, b in places if a < end and b > begin]
        known = [logprob for logprob in inside if math.isfinite(logprob)]
        out.append(
            ClaimChance(
                about=claim.about,
                value=claim.value,
                right=claim.right,
                probability=math.exp(sum(known)) if known else None,
            )
        )
    return tuple(out)


def token_places(draft: Draft) -> list[tuple[int, int, int]]:
    """(number, start, end) of every token that can be found in the draft's text, in order."""
    out, at = [], 0
    for number, (word, _) in enumerate(draft.tokens):
        bare = word.strip()
        found = draft.text.find(bare, at) if bare else -1
        if 0 <= found <= at + 8:
            out.append((number, found, found + len(bare)))
            at = found + len(bare)
    return out


def oddity(text: str, problem: PlanProblem | None) -> str:
    """What is odd about a draft, in words; empty if nothing is."""
    if not text.strip():
        return say("said.drafts_figures.said_nothing")
    if not any(char.isalnum() for char in text):
        return say("said.drafts_figures.holds_no_words")
    if problem and len(tokenize(text)) >= 6:
        asked = f"{problem.facts} {problem.question}"
        if trace(text, [asked]).kind_shares["new"] <= 1 - REPEATS:
            return say("said.drafts_figures.repeats_the_prompt")
    return ""


def two_way(run: DraftsRun, left: str, right: str) -> DiffValue:
    """Word-level difference of two agents' texts.

    Raises:
        BadInput: if the lane has no such agent.
    """
    by_name = {agent.agent: agent for agent in run.agents}
    missing = [name for name in (left, right) if name not in by_name]
    if missing:
        raise BadInput(
            say(
                "error.drafts.no_agent_choose_those",
                title=run.title,
                missing=missing[0],
                names=", ".join(by_name),
            )
        )
    a, b = by_name[left].text, by_name[right].text
    ops = diff(a, b)
    return DiffValue(
        left=_side(left, a, [(op.kind, *op.left) for op in ops]),
        right=_side(right, b, [(op.kind, *op.right) for op in ops]),
        colors=run.colors,
    )


def _side(agent: str, text: str, parts: Sequence[tuple[str, int, int]]) -> DiffSide:
    pieces = [
        DiffPiece(said=text[start:end], same=kind == "equal")
        for kind, start, end in parts
        if start < end
    ]
    return DiffSide(agent=agent, pieces=tuple(pieces))
