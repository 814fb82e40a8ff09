"""What one sees has an address: a link opened in another browser shows the same, Back and Forward
walk through what one did, and what a link says wrongly is one sentence.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
FORBIDDEN = "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }"
DEMO = "?record=demo-record"


def query(page: Page) -> str:
    """The query of the page's address, to open it in another browser."""
    return page.url[page.url.index("?") :]


def said(page: Page) -> dict[str, str]:
    """The values in the address by key."""
    return {key: values[0] for key, values in parse_qs(urlsplit(page.url).query).items()}


def until(page: Page, key: str, value: str | None) -> None:
    """Wait until the address says this."""
    page.wait_for_function(
        "([key, value]) => new URL(location.href).searchParams.get(key) === value",
        arg=[key, value],
    )


def in_front(page: Page, tab: str) -> None:
    """Wait until a tab is in front and in the address."""
    names = {"side_by_side": "Side by side", "break": "Break it"}
    name = names.get(tab, tab.capitalize())
    expect(page.get_by_role("tab", name=name, selected=True).first).to_be_visible()
    until(page, "tab", tab)


def test_back_and_forward_walk_through_tabs(open_page: Open) -> None:
    page = open_page(DEMO)
    until(page, "tab", "side_by_side")
    for name, tab in (("Map", "map"), ("Lens", "lens")):
        page.get_by_role("tab", name=name).click()
        in_front(page, tab)
    page.go_back()
    in_front(page, "map")
    page.go_back()
    in_front(page, "side_by_side")
    expect(page.locator(".dot").first).to_be_visible()
    page.go_forward()
    in_front(page, "map")


def test_a_question_that_was_not_run_is_linked_and_back_shows_the_record(open_page: Open) -> None:
    page = open_page(DEMO)
    expect(page.locator(".dot")).to_have_count(16)
    until(page, "tab", "side_by_side")
    page.locator("#button-new").click()
    expect(page.locator(".dot")).to_have_count(0)
    page.wait_for_function("location.search.includes('preset=')")
    asked = page.locator(".lanes-ask").text_content() or ""
    assert asked
    other = open_page(query(page))
    expect(other.locator(".lanes-ask")).to_have_text(asked)
    expect(other.locator(".lanes-foot")).to_contain_text("Press Run")
    page.go_back()
    expect(page.locator(".dot")).to_have_count(16)
    until(page, "preset", None)
    page.go_forward()
    expect(page.locator(".lanes-ask")).to_have_text(asked)


def test_new_problem_twice_is_two_steps_back(open_page: Open) -> None:
    page = open_page("?record=relay")
    dots, question = page.locator(".dot"), page.locator(".lanes-ask")
    expect(dots.first).to_be_visible()
    until(page, "tab", "side_by_side")
    settings, asked = [], []
    for _ in range(2):
        before = page.url
        page.locator("#button-new").click()
        page.wait_for_function("(before) => location.href !== before", arg=before)
        settings.append(said(page)["settings"])
        asked.append(question.text_content() or "")
    assert len(set(settings)) == 2 and len(set(asked)) == 2
    page.go_back()
    until(page, "settings", settings[0])
    expect(question).to_have_text(asked[0])
    expect(dots).to_have_count(0)
    page.go_back()
    until(page, "preset", None)
    expect(dots.first).to_be_visible()


def test_set_up_and_the_replay_position_are_linked(open_page: Open) -> None:
    page = open_page(DEMO)
    expect(page.locator(".dot")).to_have_count(16)
    page.locator(".replay input[type=range]").fill("5")
    expect(page.locator(".dot")).to_have_count(2)
    until(page, "at", "6")
    page.locator("#setup > button").first.click()
    page.get_by_label("Longest answer (tokens)").fill("9")
    page.get_by_label("Longest answer (tokens)").press("Tab")
    page.wait_for_function("location.search.includes('settings=')")
    other = open_page(query(page))
    expect(other.locator(".dot")).to_have_count(2)
    expect(other.locator(".replay input[type=range]")).to_have_value("5")
    other.locator("#setup > button").first.click()
    expect(other.get_by_label("Longest answer (tokens)")).to_have_value("9")


def test_a_case_its_answers_card_and_figure_are_linked_and_walked(open_page: Open) -> None:
    page = open_page("?tab=break")
    in_front(page, "break")
    page.locator("#break-demo-weights").click()
    expect(page.locator(".stage-said")).to_have_count(3)
    until(page, "break.answered", "1")
    page.locator(".card-tab").nth(2).click()
    until(page, "break.card", "3")
    page.get_by_role("radio", name="layers").check()
    until(page, "break.figure", "layers")
    heard = page.locator("#break-stage .stage-word").all_text_contents()
    other = open_page(query(page))
    expect(other.locator(".stage-said")).to_have_count(3)
    expect(other.locator(".card-tab.on")).to_have_count(1)
    expect(other.get_by_role("radio", name="layers")).to_be_checked()
    expect(other.locator("#break-figure .heatmaplayer").first).to_be_attached()
    words = other.locator("#break-stage .stage-word")
    expect(words).to_have_count(len(heard))
    assert words.all_text_contents() == heard
    page.go_back()
    until(page, "break.figure", None)
    expect(page.get_by_role("radio", name="bars")).to_be_checked()


def test_map_and_lens_settings_are_linked(open_page: Open) -> None:
    page = open_page(f"{DEMO}&tab=map")
    expect(page.locator("#map-plot .main-svg").first).to_be_visible()
    page.get_by_role("radio", name="3-D").check()
    until(page, "map.dims", "3")
    page.get_by_role("tab", name="Lens").click()
    in_front(page, "lens")
    expect(page.locator("#lens-plot .main-svg").first).to_be_visible()
    page.get_by_label("Shade").click()
    page.get_by_role("option", name="entropy").click()
    until(page, "lens.shade", "entropy")
    other = open_page(query(page))
    expect(other.locator("#lens-plot .main-svg").first).to_be_visible()
    expect(other.get_by_label("Shade")).to_have_value("entropy")
    other.get_by_role("tab", name="Map").click()
    expect(other.get_by_role("radio", name="3-D")).to_be_checked()
    expect(other.locator("#map-plot .gl-container canvas").first).to_be_attached()
    # one figure alone, as an iframe shows it: with its caption, and nothing around it
    frame = open_page(query(page) + "&embed=lens-plot")
    expect(frame.locator("#lens-plot .main-svg").first).to_be_visible()
    expect(frame.locator("#lens-plot .lab-caption")).to_be_visible()
    for hidden in ("#lab-header h1", "#lab-rail", "#lens-notes"):
        expect(frame.locator(hidden)).not_to_be_visible()
    box = frame.locator("#lens-plot").bounding_box()
    assert box and (box["x"], box["y"], box["width"]) == (0, 0, 1280)
    other = open_page(DEMO + "&tab=map&embed=<b>")
    expect(other.locator("#lab-header h1")).to_be_visible()


def test_memory_drafts_and_the_dial_are_linked_and_walked(open_page: Open) -> None:
    page = open_page("?record=side-by-side")
    expect(page.locator(".dial-at")).to_contain_text("m = 40")
    page.locator(".dial-m").fill("5")
    until(page, "dial", "5")
    page.get_by_role("tab", name="Memory").click()
    expect(page.locator("#memory-strip .main-svg").first).to_be_visible()
    page.get_by_label("Lane", exact=True).first.click()
    page.get_by_role("option").last.click()
    page.wait_for_function("location.search.includes('memory.lane=')")
    page.get_by_role("radio", name="passes").check()
    until(page, "memory.by", "nth")
    page.get_by_role("tab", name="Drafts").click()
    in_front(page, "drafts")
    page.get_by_role("button", name="Compare any two texts").click()
    page.get_by_label("Left").click()
    page.get_by_role("option").nth(1).click()
    page.wait_for_function("location.search.includes('drafts.left=')")
    chosen = page.get_by_label("Left").input_value()
    lane = said(page)["memory.lane"]
    other = open_page(query(page))
    in_front(other, "drafts")
    other.get_by_role("button", name="Compare any two texts").click()
    expect(other.get_by_label("Left")).to_have_value(chosen)
    other.get_by_role("tab", name="Memory").click()
    expect(other.get_by_role("radio", name="passes")).to_be_checked()
    until(other, "memory.lane", lane)
    other.get_by_role("tab", name="Side by side").click()
    expect(other.locator(".dial-at")).to_contain_text("m = 5")
    page.go_back()
    in_front(page, "memory")
    page.go_back()
    until(page, "memory.lane", None)


def test_a_claim_is_linked(open_page: Open) -> None:
    page = open_page("?record=almanac-coverage&tab=drafts")
    card = page.locator("#drafts-cards button").first
    expect(card).to_be_visible()
    card.click()
    expect(page.locator("#drafts-figure .main-svg").first).to_be_visible()
    page.wait_for_function("location.search.includes('claim=')")
    other = open_page(query(page))
    expect(other.locator("#drafts-figure .main-svg").first).to_be_visible()


def test_language_and_theme_come_with_the_link(open_page: Open) -> None:
    page = open_page(f"{DEMO}&lang=zh&theme=dark")
    expect(page.locator("#button-run")).to_have_text("运行")
    assert page.evaluate("document.body.classList.contains('dark')")
    page.get_by_role("button", name="EN", exact=True).click()
    until(page, "lang", "en")
    page.locator("[aria-label='Light or dark']").click()
    until(page, "theme", "light")
    other = open_page(query(page), color_scheme="dark")
    expect(other.locator("#button-run")).to_have_text("Run")
    assert not other.evaluate("document.body.classList.contains('dark')")


def test_the_link_is_copied_or_shown_where_copying_is_forbidden(open_page: Open) -> None:
    page = open_page(
        f"{DEMO}&point=3", color_scheme="light", permissions=["clipboard-read", "clipboard-write"]
    )
    until(page, "tab", "side_by_side")
    expect(page.locator(".lab-moment-name")).to_be_visible()
    page.get_by_label("Copy link to this").click()
    expect(page.locator("#lab-link")).to_have_text("Link copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert {"record=demo-record", "point=3", "lang=en", "theme=light"} <= set(
        urlsplit(copied).query.split("&")
    )
    other = open_page(DEMO)
    other.evaluate(FORBIDDEN)
    other.get_by_label("Copy link to this").click()
    field = other.locator("#lab-link input")
    expect(field).to_be_focused()
    chosen = field.evaluate("e => e.value.slice(e.selectionStart, e.selectionEnd)")
    assert "record=demo-record" in chosen
    other.keyboard.press("Escape")
    expect(other.locator("#lab-link")).to_have_count(0)


def test_what_a_link_says_wrongly_is_one_sentence(open_page: Open) -> None:
    bad = {
        "point": "-1",
        "claim": "<img src=x onerror=alert(1)>",
        "break.sender": "../../etc/passwd",
        "break.card": "x" * 5_000,
        "map.layer": "99999999999999999999",
        "settings": '{"lanes":"${alert(1)}"}',
        "lang": "\x1b[31m",
        "dial": "41",
        "memory.lane": "<b>nowhere</b>",
        "drafts.reader": "nobody",
        "tab": "nonsense",
    }
    page = open_page(DEMO + "".join(f"&{key}={quote(value)}" for key, value in bad.items()))
    told = page.locator(".lab-ignored")
    expect(told).to_contain_text("Ignored in the link")
    for key in bad:
        expect(told).to_contain_text(key)
    expect(told).not_to_contain_text("onerror")
    expect(page.locator(".dot")).to_have_count(16)
    page.wait_for_function("!location.search.includes('claim')")
    told.get_by_role("button", name="Close").click()
    expect(told).to_have_count(0)
    assert said(page)["record"] == "demo-record"


def test_a_link_to_a_tab_in_another_language_stays_at_that_tab(open_page: Open) -> None:
    page = open_page("?tab=lessons&lesson.name=why&lesson.scene=1&lang=zh")
    expect(page.locator("#lab-tabs [role=tab][aria-selected=true]").first).to_have_text("课程")
    # the record is written with the first whole address
    page.wait_for_function("() => new URL(location.href).searchParams.has('record')")
    until(page, "lesson.scene", "1")
    until(page, "tab", "lessons")


def test_the_notebook_is_of_what_is_on_screen(open_page: Open) -> None:
    page = open_page("?record=demo-record&tab=map&map.norm=zscore")
    link = page.locator("#question-map .notebook-link")
    expect(link).to_be_visible()
    page.wait_for_url("**map.norm=zscore*")
    with page.expect_download() as caught:
        link.click()
    assert caught.value.suggested_filename == "demo-record.ipynb"
    book = json.loads(Path(caught.value.path()).read_text(encoding="utf-8"))
    assert "norm='zscore'" in book["cells"][-1]["source"]


def test_a_claims_knobs_come_with_its_link_and_wrong_ones_are_told(open_page: Open) -> None:
    page = open_page('?tab=drafts&claim=routing&knobs={"ks":[1,5]}')
    boxes = page.locator("#knob-routing-ks input")
    expect(boxes.nth(4)).to_be_checked()
    expect(boxes.nth(1)).not_to_be_checked()
    boxes.nth(1).check()
    until(page, "knobs", '{"ks":[1,2,5]}')
    wrong = open_page('?tab=drafts&claim=routing&knobs={"ks":[9]}')
    expect(wrong.locator(".lab-ignored")).to_contain_text("knobs")
    expect(wrong.locator("#knob-routing-ks input").nth(1)).to_be_checked()
