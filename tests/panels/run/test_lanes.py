"""The lanes are a fold of events: hand-made runs with known pictures, and live pictures equal
replayed ones.
"""

from lab import events as ev
from lab.panels.agent_colors import AgentColors
from lab.panels.run.lanes import Lanes, lanes_state, live_line, ready_state
from lab.panels.run.lanes_ahead import ready_lanes
from lab.panels.run.lanes_value import Guess, Prompt, Word
from lab.panels.run.status_value import AtWork
from lab.presets import load_preset
from lab.roster import roster_of_run


def latent_run() -> list[ev.Event]:
    """Two agents on one cache: the planner reads 3 tokens and thinks 2 steps, the judger reads 2
    and says 1."""
    planner = (ev.Segment("planner", "prompt", 0, 3), ev.Segment("planner", "latent", 3, 2))
    whole = (*planner, ev.Segment("judger", "prompt", 5, 2), ev.Segment("judger", "token", 7, 1))
    a = "latentmas"
    return [
        ev.RunStarted("", 0.0, "run-1", "How many?", "Two coins.", "2", "alone"),
        ev.LaneStarted(a, 0.0, "latentmas", "LatentMAS", "pocket-base", "A chain."),
        ev.AgentStarted(a, 0.0, "planner", "planner", "pocket-base", 0, ()),
        ev.PromptRead(a, 0.1, "planner", "Plan it.", ("Plan", " it", "."), (1, 2, 3), 10, 3, 300),
        ev.LatentStep(a, 0.2, "planner", 1, ((" two", 0.75), (" one", 0.2)), 0.7, 5.0, 1.0, 13, 4),
        ev.LatentStep(a, 0.3, "planner", 2, ((" coins", 0.5),), 0.9, 5.5, 1.0, 14, 5),
        ev.AgentFinished(a, 0.3, "planner", "", 3, 0, 2, 5, 500, 0.3, planner),
        ev.HandOver(a, 0.3, "planner", "judger", "kv", 5, 500, 0),
        ev.AgentStarted(a, 0.3, "judger", "judger", "pocket-base", 1, ("planner",), planner),
        ev.PromptRead(a, 0.4, "judger", "Judge.", ("Judge", "."), (4, 3), 15, 7, 700),
        ev.TokenOut(a, 0.5, "judger", 1, " 2", 9, -0.1, 0.2, 17, 8),
        ev.AgentFinished(a, 0.5, "judger", "2", 2, 1, 0, 8, 800, 0.2, whole),
        ev.LaneFinished(a, 0.5, "2", "2", True, 5, 1, 2, 8, 800, 0.5, 0.5, None, 3e6),
        ev.RunFinished("", 0.5),
    ]


def test_a_hand_made_run_gives_the_hand_made_picture() -> None:
    state = lanes_state(latent_run())
    (lane,) = state.lanes
    planner, judger = lane.agents
    assert (state.status, state.truth, state.cache_max) == ("finished", "2", 8)
    assert planner.prompt == Prompt(n=3, first=10, text="", tokens=("Plan", " it", "."))
    said = [(dot.step, dot.top[0], dot.moment) for dot in planner.dots]
    assert said == [(1, Guess(word="␣two", p=0.75), 13), (2, Guess(word="␣coins", p=0.5), 14)]
    assert judger.words == (Word(text=" 2", logprob=-0.1, moment=17),)
    assert [(s.agent, s.kind, s.length) for s in judger.strip] == [
        ("planner", "prompt", 3),
        ("planner", "latent", 2),
        ("judger", "prompt", 2),
        ("judger", "token", 1),
    ]
    hand = lane.hands[0]
    assert (hand.source, hand.slots, hand.bytes) == ("planner", 5, "500 B")
    assert (lane.answer, lane.correct, planner.phase) == ("2", True, "done")


def test_the_strip_while_running_equals_the_one_told_at_the_end() -> None:
    run = latent_run()
    told = [i for i, e in enumerate(run) if isinstance(e, ev.AgentFinished)]
    for i in told:
        before, after = lanes_state(run[:i]), lanes_state(run[: i + 1])
        name = run[i].agent  # type: ignore[attr-defined]
        strips = [[a.strip for a in s.lanes[0].agents if a.name == name] for s in (before, after)]
        assert strips[0] == strips[1]


def test_live_pictures_equal_replayed_ones_at_every_event() -> None:
    run, live = latent_run(), Lanes(roster_of_run(latent_run()))
    for i, event in enumerate(run):
        live.add(event)
        assert live.state() == lanes_state(run[: i + 1], roster_of_run(run))


def test_an_earlier_picture_does_not_change_when_events_follow() -> None:
    run, live = latent_run(), Lanes(roster_of_run(latent_run()))
    for event in run[:5]:
        live.add(event)
    early = live.state()
    kept = early.model_dump_json()
    for event in run[5:]:
        live.add(event)
    assert early.model_dump_json() == kept


def two_lanes() -> list[ev.Event]:
    events: list[ev.Event] = [ev.LaneStarted(x, 0.0, x, x, "h", "") for x in ("a", "b")]
    for lane, agent in (("a", "one"), ("b", "three"), ("a", "two")):
        events.append(ev.AgentStarted(lane, 0.0, agent, agent, "h", 0, ()))
    return events


def test_colours_follow_the_lanes_and_never_change_while_running() -> None:
    known = roster_of_run(two_lanes())
    colors, live = AgentColors.from_roster(known), Lanes(known)
    assert [set(colors.of(lane)) for lane in "ab"] == [{"one", "two"}, {"three"}]
    for event in two_lanes():
        live.add(event)
        for lane in live.state().lanes:
            assert lane.colors == colors.of(lane.id)


def test_the_table_counts_and_formats_with_units() -> None:
    table = lanes_state(latent_run()).table
    cells = dict(zip(table.columns, table.rows[0].cells, strict=True))
    assert cells == {
        "answer": "2",
        "tokens_read": "5",
        "tokens_written": "1",
        "latent_steps": "2",
        "kv_len": "8",
        "kv_bytes": "800 B",
        "first_token": "500 ms",
        "seconds": "500 ms",
        "flops": "3.00 MFLOP",
    }
    running = lanes_state(latent_run()[:6]).table.rows[0]
    assert running.done is False
    assert "peak_bytes" not in table.columns, "what nobody measured has no column"


def test_the_timeline_says_who_waits() -> None:
    (lane,) = lanes_state(latent_run()).timeline.lanes
    planner, judger = lane.rows

    def bars(row):
        return [(bar.kind, bar.start, bar.end) for bar in row.bars]

    assert bars(planner) == [("prompt", 0.0, 0.1), ("latent", 0.1, 0.3)]
    assert (judger.waits, bars(judger)) == (0.3, [("prompt", 0.3, 0.4), ("token", 0.4, 0.5)])
    assert lane.first_token_text == "500 ms"


def test_what_runs_now() -> None:
    assert live_line(lanes_state(latent_run()[:5])) == [
        AtWork(lane="LatentMAS", agent="planner", phase="thinking", step=1)
    ]
    assert live_line(lanes_state(latent_run())) == []


def test_dropped_slots_and_failures_are_told() -> None:
    run = latent_run()[:8]
    dropped = (
        ev.Segment("planner", "prompt", 0, 3, kept=False),
        ev.Segment("planner", "latent", 3, 2),
    )
    run.append(
        ev.AgentStarted(
            "latentmas", 0.3, "judger", "judger", "pocket-base", 1, ("planner",), dropped
        )
    )
    run += [ev.Note("latentmas", 0.3, "Left out 2 MB."), ev.RunFailed("", 0.3, "The model broke.")]
    state = lanes_state(run)
    judger = state.lanes[0].agents[1]
    assert [segment.kept for segment in judger.strip] == [False, True]
    assert judger.cache.len == 2
    assert (state.status, state.message) == ("failed", "The model broke.")
    assert state.notes == ("LatentMAS: Left out 2 MB.",)


def test_before_a_run_there_is_the_question_and_no_lane() -> None:
    ready = ready_state("How many?", "Two.", None)
    assert (ready.status, ready.question, ready.lanes) == ("ready", "How many?", ())


def test_long_prompts_are_sent_as_counts() -> None:
    run = latent_run()[:3]
    n = 5000
    run.append(
        ev.PromptRead("latentmas", 0.1, "planner", "x " * n, ("x ",) * n, (1,) * n, None, n, 0)
    )
    prompt = lanes_state(run).lanes[0].agents[0].prompt
    assert prompt.n == n
    assert len(prompt.model_dump_json()) < 5000


def test_a_chain_says_what_it_hands_on_before_and_while_it_runs() -> None:
    ahead = ready_lanes(load_preset("relay"), "Two coins.", "How many?", None).lanes
    assert [lane.chain for lane in ahead] == ["words", "states", "states", "states"]
    assert [lane.control for lane in ahead] == [False, False, True, True]
    (other,) = ready_lanes(load_preset("hybrid"), "", "How many?", None).lanes[-1:]
    assert other.chain == ""
    assert [lane.chain for lane in lanes_state(latent_run()).lanes] == ["states"]
