"""Provenance and diff on hand-made cases, with exact spans."""

import random
import time

import pytest

from lab.panels.drafts.provenance import diff, tokenize, trace

A = "Ivy Stone lives in Brul. She keeps bees."
B = "Ivy Stone lives in Karn. Her trade is baker."


def parts(target: str, drafts: list[str]) -> list[tuple[str, str, tuple[int, ...]]]:
    found = trace(target, drafts)
    return [
        (target[s.start : s.end], s.kind, tuple(x.draft for x in s.sources)) for s in found.spans
    ]


def test_verbatim_copy_is_one_span_from_its_draft() -> None:
    found = trace(A, [A, "Nothing of it was here"])
    assert [(s.start, s.end, s.kind) for s in found.spans] == [(0, len(A), "verbatim")]
    assert found.spans[0].sources[0] == type(found.spans[0].sources[0])(0, 0, len(A))
    assert found.draft_shares == (1.0, 0.0)
    assert found.taken_shares[0] == 1.0


def test_reordered_pieces_keep_their_sources() -> None:
    target = "She keeps bees. Ivy Stone lives in Brul."
    found = trace(target, [A])
    assert [target[s.start : s.end].strip() for s in found.spans] == [
        "She keeps bees.",
        "Ivy Stone lives in Brul.",
    ]
    assert [A[s.sources[0].start : s.sources[0].end] for s in found.spans] == [
        "She keeps bees.",
        "Ivy Stone lives in Brul.",
    ]


def test_merged_text_is_shared_then_owned() -> None:
    target = "Ivy Stone lives in Brul. Her trade is baker."
    assert parts(target, [A, B]) == [
        ("Ivy Stone lives in ", "shared", (0, 1)),
        ("Brul. ", "verbatim", (0,)),
        ("Her trade is baker.", "verbatim", (1,)),
    ]


def test_invented_words_are_new() -> None:
    target = "Ivy Stone lives in Brul and owns seven horses"
    assert parts(target, [A])[-1] == ("and owns seven horses", "new", ())


def test_another_number_is_never_near() -> None:
    assert [p[1] for p in parts("The box holds 41 coins", ["The box holds 14 coins"])] == [
        "verbatim",
        "new",
    ]
    assert parts("42", ["The answer is 41"]) == [("42", "new", ())]
    assert parts("42", ["The answer is 42"]) == [("42", "verbatim", (0,))]


def test_case_and_spelling_are_near() -> None:
    target = "the Coloured metres are tall"
    kinds = {
        text.strip(): kind for text, kind, _ in parts(target, ["the coloured meters are tall"])
    }
    assert kinds == {"the": "verbatim", "Coloured metres": "near", "are tall": "verbatim"}


def test_little_words_alone_prove_nothing() -> None:
    assert parts("it is in the", ["where it is in the box"]) == [("it is in the", "new", ())]


@pytest.mark.parametrize("target", ["", " \n", "\u0000\u202e", A + B, "🙂" * 5, "红盒子有九个硬币"])
def test_spans_tile_the_text_and_shares_sum_to_one(target: str) -> None:
    found = trace(target, [A, "", B, "红盒子有八个硬币"])
    assert "".join(target[s.start : s.end] for s in found.spans) == (
        target if tokenize(target) else ""
    )
    if tokenize(target):
        assert sum(s.share for s in found.spans) == pytest.approx(1)
        assert sum(found.kind_shares.values()) == pytest.approx(1)
        assert sum(found.draft_shares) + found.kind_shares["new"] == pytest.approx(1)


def test_draft_spans_tile_the_drafts() -> None:
    found = trace("Ivy Stone lives in Brul.", [A, "\x07\x08", ""])
    assert [(A[s.start : s.end], s.taken) for s in found.drafts[0]] == [
        ("Ivy Stone lives in Brul. ", True),
        ("She keeps bees.", False),
    ]
    assert found.drafts[2] == ()


def test_diff_tiles_both_sides_and_names_changes() -> None:
    ops = diff("the red box has 9 coins", "the lime box has 9 old coins")
    assert [(op.kind) for op in ops] == ["equal", "replace", "equal", "insert", "equal"]
    left = "the red box has 9 coins"
    assert "".join(left[a:b] for a, b in (op.left for op in ops)) == left
    assert diff("", "") == []
    assert [op.kind for op in diff("", "new words")] == ["insert"]


def test_two_thousand_words_in_a_tenth_of_a_second() -> None:
    rng = random.Random(0)
    vocabulary = [f"word{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}" for i in range(500)]
    left = " ".join(rng.choices(vocabulary, k=2000))
    right = left.split()
    for _ in range(300):
        right[rng.randrange(2000)] = rng.choice(vocabulary)
    best = {"diff": 9.0, "trace": 9.0}
    for _ in range(3):
        for name, call in (
            ("diff", lambda: diff(left, " ".join(right))),
            ("trace", lambda: trace(left, [" ".join(right)])),
        ):
            begin = time.process_time()
            call()
            best[name] = min(best[name], time.process_time() - begin)
    assert best["diff"] < 0.1, best
    assert best["trace"] < 0.3, best
