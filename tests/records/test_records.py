"""What is written is what is read: a finished record, a running one, a damaged one."""

import json
import zipfile

import numpy as np
import pytest

from lab import events as ev
from lab.errors import BadInput, RecordDamaged, SpaceMismatch
from lab.records import (
    CapturedBlock,
    Record,
    Writer,
    bfloat16,
    export_zip,
    import_zip,
    list_records,
)
from lab.records.shelf import MAX_TEXT_BYTES
from lab.spaces import Space
from tests.make_record import LAYERS, TOP, WIDTH, make_record, plan, steps


def block(n=2, layers=(0, 2), width=3, host="toy", start=0, **changes):
    hidden = (
        np.arange(len(layers) * n * width, dtype=np.float32).reshape(len(layers), n, width)
        + 100 * start
    )
    values = {
        "lane": "single",
        "agent": "solo",
        "host": host,
        "kind": "token",
        "layers": layers,
        "hidden": hidden,
        "moments": np.arange(start, start + n),
        "steps": np.arange(n),
        "positions": np.arange(n),
        "token_ids": np.arange(n),
        "tokens": tuple("ab"[:n]),
        "logprobs": np.zeros(n),
        "entropies": np.zeros(n),
        "kv_lens": np.arange(n),
        "seconds": np.zeros(n),
    }
    return CapturedBlock(**(values | changes))


def start(folder):
    p = plan()
    return Writer.create(folder, p, p.problem)


def test_a_finished_record_holds_events_points_states_and_lens(tmp_path):
    record = Record.open(make_record(tmp_path / "r"))
    assert record.status == "finished"
    assert isinstance(record.events[0], ev.RunStarted) and isinstance(
        record.events[-1], ev.RunFinished
    )
    points = record.points
    assert list(points["point_id"]) == list(range(len(points)))
    assert set(points["role"]) == {"planner", "refiner", "judger", "proposer", "aggregator"}
    np.testing.assert_allclose(
        np.linalg.norm(record.states(slice(None)), axis=1), points["norm"], rtol=1e-5
    )
    ids, logp, entropy = record.lens([3, 1])
    assert ids.shape == (2, TOP) and logp.shape == (2, TOP) and entropy.shape == (2,)
    assert (np.diff(logp, axis=1) <= 0).all()
    assert record.plan == plan() and record.problem == plan().problem
    assert record.meta["totals"]["latentmas"]["correct"] is True
    assert record.meta["notes"] == ["These numbers are synthetic."]
    assert {p.name for p in record.folder.iterdir()} == {
        "record.json",
        "events.jsonl",
        "tokens.json",
        "points.parquet",
        "states.safetensors",
    }


def test_moments_join_events_with_rows(tmp_path):
    record = Record.open(make_record(tmp_path / "r"))
    thought = next(
        e
        for e in record.events
        if isinstance(e, ev.LatentStep) and e.agent == "refiner" and e.step == 2
    )
    rows = record.points[record.points["moment"] == thought.moment]
    assert list(rows["layer"]) == list(range(LAYERS))
    assert (
        set(rows["agent"]) == {"refiner"}
        and set(rows["step"]) == {2}
        and set(rows["kind"]) == {"latent"}
    )
    assert set(rows["kv_len"]) == {thought.kv_len}


def test_rows_are_position_by_position_and_layer_by_layer(tmp_path):
    writer = start(tmp_path / "r")
    one = block()
    writer.block(one)
    writer.finish("finished")
    record = Record.open(tmp_path / "r")
    assert list(record.points["layer"]) == [0, 2, 0, 2]
    assert list(record.points["token"]) == ["a", "a", "b", "b"]
    expected = np.stack([one.hidden[0, 0], one.hidden[1, 0], one.hidden[0, 1], one.hidden[1, 1]])
    np.testing.assert_array_equal(record.states([0, 1, 2, 3]), expected)
    assert not np.array_equal(
        one.hidden.reshape(4, 3), expected
    )  # the wrong order is another array
    np.testing.assert_array_equal(record.states(record.points["token"] == "b"), expected[2:])


def test_hosts_keep_their_own_rows_and_widths(tmp_path):
    writer = start(tmp_path / "r")
    writer.block(block(host="narrow"))
    writer.block(block(host="wide", width=5, start=2))
    writer.block(block(host="narrow", start=4))
    writer.finish("finished")
    record = Record.open(tmp_path / "r")
    assert list(record.points["state_row"]) == [0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7]
    assert record.states([8])[0, 0] == 400
    with pytest.raises(SpaceMismatch, match="different width"):
        record.states([0, 4])
    assert record.lens([0, 4])[0].shape == (2, 0)  # nothing was stored, nothing is invented


def test_bfloat16_states_come_back_exactly(tmp_path):
    values = bfloat16(np.random.default_rng(0).normal(size=(2, 2, 3)).astype(np.float32))
    writer = start(tmp_path / "r")
    writer.block(block(hidden=values))
    writer.finish("finished")
    got = Record.open(tmp_path / "r").states([0, 1])
    np.testing.assert_array_equal(got, values.float32()[:, 0])


def test_the_space_of_a_point_names_model_layer_and_point(tmp_path):
    record = Record.open(make_record(tmp_path / "r"))
    assert record.space(0) == Space("aa" * 32, 0, "embed")
    assert record.space(1).point == "residual"
    assert record.space(LAYERS - 1).point == "final_norm"
    other = record.points.query("host == 'toy-b'")["point_id"].iloc[0]
    assert record.space(other) != record.space(0)


def test_a_running_record_shows_what_is_there(tmp_path):
    writer = start(tmp_path / "r")
    work = steps(writer)
    next(work), next(work)
    record = Record.open(tmp_path / "r")
    assert record.status == "running"
    assert set(record.points["lane"]) == {"latentmas"}
    assert record.states(slice(None)).shape == (len(record.points), WIDTH)
    assert record.token("toy-a", 4) == "9" and record.token("toy-a", 999) == "#999"
    assert list_records(tmp_path)[0]["answers"][0]["answer"] == "10."
    writer.finish("cancelled", "Stopped by its owner.")
    assert record.status == "cancelled"  # opened before, asked after
    again = Record.open(tmp_path / "r")
    assert again.status == "cancelled" and len(again.points) == len(record.points)
    np.testing.assert_array_equal(again.states([5, 6]), record.states([5, 6]))


def test_hostile_text_survives(tmp_path):
    text = "\ud800 ${alert(1)} </script> \u2028 \x00 你好"
    writer = start(tmp_path / "r")
    writer.event(ev.Note("", 0.0, text))
    writer.block(block(n=1, tokens=(text,), vocab={7: text}))
    writer.finish("finished")
    record = Record.open(tmp_path / "r")
    assert record.events[0].text == text
    assert record.points["token"][0] == text.replace("\ud800", "?") == record.token("toy", 7)


def test_a_record_is_never_overwritten(tmp_path):
    make_record(tmp_path / "r")
    with pytest.raises(BadInput, match="already holds a record"):
        start(tmp_path / "r")
    start(tmp_path / "busy")
    (tmp_path / "busy" / "record.json").unlink()


def test_list_shows_newest_first_and_keeps_damaged_ones_visible(tmp_path):
    make_record(tmp_path / "a")
    make_record(tmp_path / "b")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "record.json").write_text("{")
    meta = json.loads((tmp_path / "a" / "record.json").read_text())
    (tmp_path / "a" / "record.json").write_text(
        json.dumps(meta | {"created": "2001-01-01T00:00:00+00:00"})
    )
    listed = list_records(tmp_path)
    assert [item["id"] for item in listed] == ["b", "a", "c"]
    assert listed[2]["status"] == "damaged" and "record.json" in listed[2]["message"]
    assert [a["correct"] for a in listed[0]["answers"]] == [True, False]
    assert list_records(tmp_path / "none") == []


DAMAGE = [
    ("record.json", lambda b: b[:20], "record.json of record r is damaged: expected a JSON object"),
    (
        "record.json",
        lambda b: b.replace(b'"schema":1', b'"schema":9'),
        "has schema 9, this lab reads up to 1; update",
    ),
    (
        "record.json",
        lambda b: b.replace(b'"schema":1', b'"schema":"x"'),
        "expected a schema number, got 'x'",
    ),
    ("events.jsonl", lambda b: b"nonsense\n" + b, "events.jsonl of record r is damaged"),
    (
        "events.jsonl",
        lambda b: b.replace(b'"type":"note"', b'"type":"nope"'),
        "Unknown event type 'nope'",
    ),
    ("points.parquet", lambda b: b[:100], "points.parquet of record r cannot be read"),
    ("states.safetensors", lambda b: b[:-10], "states.safetensors of record r cannot be read"),
]


@pytest.mark.parametrize(("name", "harm", "sentence"), DAMAGE)
def test_damage_is_one_clear_sentence(tmp_path, name, harm, sentence):
    path = make_record(tmp_path / "r") / name
    path.write_bytes(harm(path.read_bytes()))

    def read_all():
        record = Record.open(tmp_path / "r")
        return record.events, record.points, record.states([0])

    with pytest.raises(RecordDamaged) as caught:
        read_all()
    assert sentence in str(caught.value) and "\n" not in str(caught.value)


def test_a_folder_without_a_record_says_so(tmp_path):
    with pytest.raises(RecordDamaged, match="is not a record"):
        Record.open(tmp_path)


def test_a_zip_holds_the_record_and_opens_elsewhere(tmp_path):
    target = export_zip(make_record(tmp_path / "r"), tmp_path / "r.zip")
    copy = Record.open(import_zip(target, tmp_path / "elsewhere"))
    original = Record.open(tmp_path / "r")
    assert copy.folder == tmp_path / "elsewhere" / "r" and copy.events == original.events
    np.testing.assert_array_equal(copy.states(slice(None)), original.states(slice(None)))


def test_an_imported_record_gets_a_name_that_no_other_record_has(tmp_path):
    shipped = make_record(tmp_path / "shipped" / "r")
    target = export_zip(shipped, tmp_path / "r.zip")
    names = [import_zip(target, tmp_path / "own", [tmp_path / "shipped"]).name for _ in range(2)]
    assert names == ["r-2", "r-3"]
    assert sorted(p.name for p in (tmp_path / "own").iterdir()) == names


def test_an_unfinished_record_travels_too(tmp_path):
    writer = start(tmp_path / "r")
    work = steps(writer)
    next(work), next(work)
    export_zip(tmp_path / "r", tmp_path / "r.zip")
    copy = Record.open(import_zip(tmp_path / "r.zip", tmp_path / "elsewhere"))
    assert (
        copy.status == "interrupted"
        and len(copy.points) == len(Record.open(tmp_path / "r").points) > 0
    )
    writer.finish("finished")


def test_an_archive_cannot_write_outside_its_folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("r/record.json", '{"schema":1}')
        archive.writestr("r/../../escaped.json", "x")
        archive.writestr("r/extra.sh", "x")
        archive.writestr("/tmp/absolute/events.jsonl", "x")
    folder = import_zip(tmp_path / "evil.zip", tmp_path / "in" / "side")
    assert [p.name for p in folder.iterdir()] == ["record.json"]
    assert not (tmp_path / "in" / "escaped.json").exists()


@pytest.mark.parametrize("content", [b"", b"not a zip", None])
def test_what_is_no_record_is_not_imported(tmp_path, content):
    path = tmp_path / "x.zip"
    if content is None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("readme.txt", "hello")
    else:
        path.write_bytes(content)
    with pytest.raises(RecordDamaged, match=r"x\.zip is not an exported record"):
        import_zip(path, tmp_path / "in")


def test_the_list_knows_what_changed_in_a_record_since_it_was_read(tmp_path):
    folder = make_record(tmp_path / "r")
    (before,) = list_records(tmp_path)
    assert list_records(tmp_path) == [before]
    (folder / "ablations.json").write_text("[]")
    (after,) = list_records(tmp_path)
    assert after["bytes"] == before["bytes"] + 2
    meta = json.loads((folder / "record.json").read_text())
    (folder / "record.json").write_text(json.dumps(meta | {"message": "told later"}))
    assert list_records(tmp_path)[0]["message"] == "told later"
    writer = start(tmp_path / "going")
    assert {item["status"] for item in list_records(tmp_path)} == {"finished", "running"}
    writer.finish("cancelled")
    assert {item["status"] for item in list_records(tmp_path)} == {"finished", "cancelled"}


@pytest.mark.parametrize(
    ("name", "size", "why"),
    [
        ("events.jsonl", 50 * 10**6, "packed to less than"),
        ("states.safetensors", 50 * 10**6, "packed to less than"),
        ("tokens.json", MAX_TEXT_BYTES + 1, "a text of more than"),
    ],
)
def test_a_bomb_is_not_unpacked(tmp_path, name, size, why):
    packing = zipfile.ZIP_STORED if "text" in why else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", packing) as archive:
        archive.writestr("r/record.json", '{"schema":1}')
        archive.writestr(f"r/{name}", bytes(size))
    with pytest.raises(RecordDamaged, match=why):
        import_zip(tmp_path / "bomb.zip", tmp_path / "in")
    assert list((tmp_path / "in").iterdir()) == []


def test_an_archive_with_a_password_is_not_imported(tmp_path):
    path = export_zip(make_record(tmp_path / "r"), tmp_path / "r.zip")
    locked = bytearray(path.read_bytes())
    for sign, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := locked.find(sign, at + 1)) >= 0:
            locked[at + flags] |= 1
    path.write_bytes(locked)
    with pytest.raises(RecordDamaged, match="is not an exported record"):
        import_zip(path, tmp_path / "in")


@pytest.mark.parametrize(
    ("said", "called"),
    [
        ("rail.json", "rail-json"),
        ("experiments", "record"),
        ("deleted", "record"),
        ("...", "record"),
        ("a\u202e/../b", "b"),
        ("n" * 300, "n" * 60),
    ],
)
def test_an_imported_record_is_called_as_records_are(tmp_path, said, called):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(f"{said}/record.json", '{"schema":1}')
    assert import_zip(tmp_path / "x.zip", tmp_path / "in").name == called


def test_a_record_nested_out_of_all_reason_is_damaged(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("r/record.json", "[" * 100_000)
    with pytest.raises(RecordDamaged, match="damaged"):
        import_zip(tmp_path / "x.zip", tmp_path / "in")
    assert list((tmp_path / "in").iterdir()) == []


def test_a_link_in_an_archive_is_a_file_with_its_text(tmp_path):
    link = zipfile.ZipInfo("r/events.jsonl")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("r/record.json", '{"schema":1}')
        archive.writestr(link, "/etc/passwd")
    events = import_zip(tmp_path / "x.zip", tmp_path / "in") / "events.jsonl"
    assert not events.is_symlink() and events.read_text() == "/etc/passwd"


def test_a_block_whose_shapes_disagree_is_refused():
    with pytest.raises(BadInput, match=r"expected hidden of shape \(2, 2, D\)"):
        block(hidden=np.zeros((2, 3, 3), np.float32))
    with pytest.raises(BadInput, match="expected 2 entries in steps, got 1"):
        block(steps=np.arange(1))
