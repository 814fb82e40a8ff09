"""Events survive the way to disk and back, and damaged ones are named."""

import json

import pytest

from lab import events
from lab.errors import RecordDamaged


def sample_events() -> list[events.Event]:
    memory = (
        events.Segment("planner", "prompt", 0, 41),
        events.Segment("planner", "latent", 41, 8, kept=False),
    )
    return [
        events.RunStarted(
            "", 0.0, run_id="r", question="q", facts="f", truth=None, schedule="alone"
        ),
        events.AgentStarted(
            "l",
            0.1,
            agent="judger",
            role="judger",
            host="h",
            stage=1,
            reads=("planner",),
            memory=memory,
        ),
        events.PromptRead(
            "l",
            0.2,
            agent="a",
            text="x y",
            tokens=("x", " y"),
            ids=(1, 2),
            first_moment=0,
            kv_len=2,
            kv_bytes=64,
        ),
        events.LatentStep(
            "l",
            0.3,
            agent="a",
            step=1,
            top=(("<b>", 0.5),),
            entropy=0.1,
            norm=2.0,
            fed_norm=1.0,
            moment=2,
            kv_len=3,
        ),
        events.HandOver(
            "l", 0.4, source="a", target="b", channel="kv", slots=49, bytes=62, words=0
        ),
        events.RunFailed("", 0.5, message="full disk"),
    ]


@pytest.mark.parametrize("event", sample_events(), ids=lambda e: e.type)
def test_json_round_trip_is_identity(event: events.Event) -> None:
    assert events.from_dict(json.loads(json.dumps(events.to_dict(event)))) == event


def test_every_event_class_is_registered_under_its_own_type() -> None:
    for name, cls in events.EVENT_TYPES.items():
        assert cls.type == name


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"type": "telepathy", "lane": "", "at": 0}, "Unknown event type 'telepathy'"),
        ({"type": "run_failed", "lane": "", "at": 0}, "Damaged event 'run_failed'"),
    ],
)
def test_damage_is_named(data: dict[str, object], words: str) -> None:
    with pytest.raises(RecordDamaged, match=words):
        events.from_dict(data)
