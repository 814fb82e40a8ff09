"""Single, TextMAS, MoA and the gate: who reads what, in which order, and what it cost."""

from __future__ import annotations

import math
import threading

from lab.engine.decode import generate_text
from lab.errors import RemoteFailed
from lab.events import (
    AgentFinished,
    AgentStarted,
    HandOver,
    LaneFinished,
    Note,
    PromptRead,
    TokenOut,
)
from lab.methods import run_lane
from lab.methods.gated import passes
from lab.methods.lane import Lane
from lab.methods.mixture import Proposal
from lab.methods.moa import asked_of
from lab.models.host import Host
from lab.models.remote import RemoteHost
from lab.models.remote_reply import Piece
from lab.plan import Decoding, GatedLane, MoALane, PlanProblem, Proposer, SingleLane, TextMASLane
from lab.roster import lane_cards
from lab.worlds import judge_asked, make_problem, verify

SHORT = Decoding(max_tokens=6)


def of(events, kind):
    return [e for e in events if isinstance(e, kind)]


def proposers(*hosts: str, **settings: object) -> tuple[Proposer, ...]:
    return tuple(Proposer(host=h, decoding=Decoding(max_tokens=6, **settings)) for h in hosts)


AGGREGATOR = Proposer(role="aggregator", decoding=SHORT)


def test_single_is_one_prompt_and_one_answer(context, pool) -> None:
    events = list(run_lane("one", SingleLane(decoding=SHORT), context()))
    prompt = of(events, PromptRead)[0]
    plain = generate_text(pool.get("pocket-base"), [list(prompt.ids)], decodings=SHORT)
    assert [e.token_id for e in of(events, TokenOut)] == plain.ids[0]
    end = of(events, LaneFinished)[0]
    assert (end.tokens_read, end.tokens_written) == (len(prompt.ids), len(plain.ids[0]))
    assert end.answer == plain.texts[0].strip() and 0 < end.first_token <= end.seconds
    assert [e.at for e in events] == sorted(e.at for e in events)
    assert all(e.lane == "one" for e in events)


def test_textmas_hears_everything_that_was_said(context) -> None:
    events = list(run_lane("L", TextMASLane(decoding=SHORT), context()))
    said = {e.agent: e.text for e in of(events, AgentFinished)}
    assert [(e.source, e.target, e.text) for e in of(events, HandOver)] == [
        ("planner", "refiner", said["planner"]),
        ("planner", "judger", said["planner"]),
        ("refiner", "judger", said["refiner"]),
    ]
    judged = of(events, PromptRead)[2].text
    assert " ".join(said["planner"].split()) in " ".join(judged.split())
    assert all(e.memory == () for e in of(events, AgentStarted))


def test_moa_layers_and_batches(context) -> None:
    plan = MoALane(
        proposers=proposers("pocket-base", "pocket-other", "pocket-base"),
        layers=2,
        aggregator=AGGREGATOR,
    )
    events = list(run_lane("L", plan, context()))
    started = of(events, AgentStarted)
    assert [e.stage for e in started] == [0, 0, 0, 1, 1, 1, 2]
    assert started[-1].reads == tuple(f"proposer {i}, layer 2" for i in (1, 2, 3))
    assert len(of(events, HandOver)) == 3 * 3 + 3
    drafts = {e.agent: e.text for e in of(events, AgentFinished)}
    assert drafts["proposer 1"] == drafts["proposer 3"] != drafts["proposer 2"]


def test_proposers_in_a_batch_say_what_they_say_alone(context) -> None:
    both = MoALane(
        proposers=proposers("pocket-base", "pocket-base", temperature=1.0, seed=4),
        aggregator=AGGREGATOR,
    )
    one = both.model_copy(update={"proposers": both.proposers[:1]})
    texts = [
        {e.agent: e.text for e in of(list(run_lane("L", plan, context())), AgentFinished)}
        for plan in (both, one)
    ]
    assert texts[0]["proposer 1"] == texts[0]["proposer 2"] == texts[1]["proposer 1"]


def test_the_runs_seed_is_added(context) -> None:
    plan = SingleLane(decoding=Decoding(max_tokens=8, temperature=1.5))
    ctx = context()
    base = of(list(run_lane("L", plan, ctx)), LaneFinished)[0].answer
    ctx = context()
    ctx.seed = 5
    moved = of(list(run_lane("L", plan, ctx)), LaneFinished)[0].answer
    shifted = plan.model_copy(update={"decoding": plan.decoding.model_copy(update={"seed": 5})})
    assert (
        moved != base
        and moved == of(list(run_lane("L", shifted, context())), LaneFinished)[0].answer
    )


def test_drafts_that_do_not_fit_are_cut_and_it_is_said(context, pool) -> None:
    lane = Lane("L", context())
    last = AGGREGATOR.model_copy(update={"decoding": Decoding(max_tokens=40)})
    card = lane_cards(MoALane(aggregator=last))[-1]
    drafts = [
        Proposal("one", "red 9; " * 600),
        Proposal("two", "answer 6"),
        Proposal("three", "blue 4; " * 100),
    ]
    asked = asked_of(lane, card, drafts)
    messages, cuts = asked.messages, asked.cuts
    host = pool.get("pocket-base")
    assert len(lane.ids(host, messages)) <= host.window - 40
    assert asked.needed > host.window and len(asked.ids) <= host.window - 40
    assert [(cut.writer, cut.words) for cut in cuts] == [("one", 1200)] and cuts[0].kept < 1200
    assert "answer 6" in messages[0]["content"] and "blue 4; " * 99 in messages[0]["content"]
    assert asked_of(lane, card, drafts[1:]).cuts == ()


class Voice(RemoteHost):
    """A stand-in for an endpoint at the transport's boundary: says its words, or breaks."""

    def __init__(self, name: str, words: list[str], fails: bool = False) -> None:
        self.name, self.words, self.fails = name, words, fails

    def stream(self, messages, decoding, cancelled, tally):
        assert messages[-1]["role"] == "user" and decoding.max_tokens
        for word in self.words:
            yield Piece(text=word, logprob=math.log(0.5))
        if self.fails:
            raise RemoteFailed(f"{self.name} broke off its answer; the run goes on without it.")


def test_a_failed_remote_proposer_leaves_the_run_going(context, pool) -> None:
    voices = {
        "remote:good": Voice("remote:good", ["six", " coins"]),
        "remote:bad": Voice("remote:bad", ["s"], True),
    }
    ctx = context()
    ctx.hosts = lambda name: voices.get(name) or pool.get(name)
    plan = MoALane(proposers=proposers("remote:good", "remote:bad"), aggregator=AGGREGATOR)
    events = list(run_lane("L", plan, ctx))
    finished = of(events, AgentFinished)
    assert finished[0].text == "six coins" and "broke off" in finished[1].note
    assert of(events, AgentStarted)[-1].reads == ("proposer 1",)
    assert "proposer 2 failed; its draft is not passed on." in [e.text for e in of(events, Note)]
    voices["remote:good"].fails = True
    events = list(run_lane("L", plan, ctx))
    assert of(events, LaneFinished) and any(
        "works without drafts" in e.text for e in of(events, Note)
    )


def test_gate_at_its_ends_is_single_and_moa(context) -> None:
    moa = MoALane(proposers=proposers("pocket-base", "pocket-other"), aggregator=AGGREGATOR)
    single = of(list(run_lane("L", SingleLane(decoding=SHORT), context())), LaneFinished)[0].answer
    mixed = of(list(run_lane("L", moa, context())), LaneFinished)[0].answer
    answers = {}
    for threshold in (0.0, 1.0):
        events = list(
            run_lane("L", GatedLane(decoding=SHORT, threshold=threshold, moa=moa), context())
        )
        answers[threshold] = of(events, LaneFinished)[0].answer
        assert len(of(events, AgentStarted)) == (1 if threshold == 0.0 else 4)
    assert answers == {0.0: single, 1.0: mixed}
    assert passes(0.9, 0.9) and not passes(0.89, 0.9) and not passes(1.0, 1.0) and passes(0.0, 0.0)


def test_judge_and_rule() -> None:
    ledger = PlanProblem(question="How many?", facts="", truth="6", world="ledger")
    assert judge_asked(ledger, "red 9; Ben 9 - 3 = 6; answer 6") == ("6", True)
    assert judge_asked(ledger, "answer 7") == ("7", False)
    assert judge_asked(ledger.model_copy(update={"truth": None}), "answer 7") == ("7", None)
    assert verify("ledger", "red 9; Ben 9 - 3 = 6; answer 6").correct
    assert not verify("ledger", "red 9; Ben 9 - 3 = 5; answer 5").correct
    made = make_problem("almanac", 3)
    almanac = PlanProblem(question=made.question, truth=made.truth, world="almanac", seed=3)
    assert judge_asked(almanac, made.answer) == (made.truth, True)
    assert (
        judge_asked(almanac.model_copy(update={"question": "Who?"}), "nothing at all")[1] is False
    )
    free = PlanProblem(question="How many sheep?", truth="27")
    assert judge_asked(free, "9 and 18, so\nAnswer: 27") == ("27", True)
    assert judge_asked(free, "Answer: 26.") == ("26", False)
    assert judge_asked(PlanProblem(question="Capital?", truth="Paris"), "It is paris.")[1] is True
    assert judge_asked(PlanProblem(question="Why?"), "Because.") == ("Because.", None)
    assert verify(None, "27") is None


def test_lanes_can_be_resumed_on_any_thread(context) -> None:
    lane = run_lane("L", SingleLane(decoding=SHORT), context())
    events: list = []

    def one() -> None:
        events.append(next(lane, None))

    while not events or events[-1] is not None:
        thread = threading.Thread(target=one)
        thread.start()
        thread.join()
    assert of(events, LaneFinished)


def test_a_lanes_clock_stands_still_while_another_works(context) -> None:
    first, second = context(), context()
    lanes = [
        run_lane("a", SingleLane(decoding=SHORT), first),
        run_lane("b", SingleLane(decoding=SHORT), second),
    ]
    next(lanes[0])
    at = first.clock()
    list(lanes[1])
    assert first.clock() == at


def test_what_a_local_model_thinks_aloud_is_no_part_of_its_answer(context, monkeypatch) -> None:
    monkeypatch.setattr(Host, "text", lambda self, ids: "<think>hm hm</think> seven")
    events = list(run_lane("one", SingleLane(decoding=SHORT), context()))
    agent, lane = of(events, AgentFinished)[0], of(events, LaneFinished)[0]
    assert agent.text == lane.answer == "seven"
    assert "thought aloud in 2 words" in agent.note
