"""The first tab in a real browser: open, run, stop, select, replay, reopen; hostile words stay
words.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from lab.files import ASSETS
from lab.records import export_zip
from tests.browser.conftest import Server
from tests.browser.held_request import EVENTS, Held

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
RECORD = "new URLSearchParams(location.search).get('record')"
"""The record that the address names, or null before the page has written it."""
SHIPPED_RELAY = ASSETS / "records" / "relay"


def run(page: Page, lanes: int = 4) -> str:
    """Press Run, wait for all answers; returns the record's id from the address."""
    page.wait_for_function(f"{RECORD} !== null")  # the one that the page opened on
    before = page.evaluate(RECORD)
    page.locator("#button-run").click()
    page.wait_for_function(f"before => {RECORD} !== before", arg=before)
    expect(page.locator("#button-run")).to_be_enabled()
    expect(page.locator(".lane-answer strong")).to_have_count(lanes)
    return str(page.evaluate(RECORD))


def shown(page: Page) -> str:
    """What the lanes say, without what differs between two drawings of one run."""
    return page.locator("#lanes").inner_text()


def test_the_page_opens_on_a_recorded_run(open_page: Open) -> None:
    page = open_page("?record=demo-record")
    expect(page.locator(".lane h3").first).to_have_text("LatentMAS")
    expect(page.locator(".dot")).to_have_count(16)
    expect(page.locator(".lane-answer .right")).to_contain_text("right")
    expect(page.locator(".lane-answer .wrong")).to_contain_text("wrong")
    expect(page.locator(".ribbon-label").first).to_contain_text("positions")
    expect(page.locator(".lanes-table tbody tr")).to_have_count(2)


def test_run_then_reopen_from_history_gives_the_same_picture(open_page: Open) -> None:
    page = open_page()
    record = run(page)
    expect(page.locator(".lab-rail-item.open")).to_have_count(1)
    live = shown(page)
    assert "latent steps" in live
    # the dial and what may be taken away come when the record is there
    expect(page.locator("#lanes .dial-at").first).to_be_visible()
    expect(page.locator("#lanes")).to_contain_text("What if it had been handed")
    drawn = page.locator("#lanes").text_content() or ""
    page.locator(".lab-rail-item", has_text="red box?").first.click()
    expect(page.locator(".lanes-ask")).to_contain_text("red box?")
    page.locator(".lab-rail-item").first.click()
    page.wait_for_url(f"**record={record}*")
    expect(page.locator("#lanes")).to_have_text(drawn)
    assert shown(page) == live
    item = page.locator(f".lab-rail-item[data-record='{record}']")
    expect(item).to_contain_text("yours")
    page.get_by_role("button", name="Rename").click()
    page.locator(".lab-rail-name").fill("My first run")
    page.keyboard.press("Enter")
    expect(item).to_contain_text("My first run")
    page.get_by_role("tab", name="Map").click()
    strip = page.locator("#question-map .lab-question strong")
    expect(strip).to_have_text(
        (page.locator(".lanes-ask").text_content() or "").split("?")[0] + "?"
    )
    page.get_by_role("button", name="Delete").click()
    expect(item).to_have_count(0)
    page.wait_for_function("(id) => !location.search.includes(id)", arg=record)
    page.get_by_role("button", name="Undo").click()
    expect(item).to_contain_text("My first run")
    other = open_page(f"?record={record}")
    expect(other.locator(f".lab-rail-item[data-record='{record}'].open")).to_be_visible()
    expect(other.get_by_role("button", name="Delete")).to_have_count(0)
    other.locator(".lab-rail-find").fill("my FIRST")
    expect(other.locator(".lab-rail-item")).to_have_count(1)


def test_a_click_selects_the_moment_everywhere_and_in_the_address(open_page: Open) -> None:
    page = open_page("?record=demo-record")
    page.locator(".dot").nth(2).click()
    expect(page.locator(".lab-moment-name")).to_contain_text("planner, latent step 3")
    expect(page.locator(".dot.lab-selected")).to_have_count(1)
    page.wait_for_url("**point=*")
    again = open_page(page.url.split("/", 3)[3])
    expect(again.locator(".lab-moment-name")).to_contain_text("planner, latent step 3")
    expect(again.locator(".dot.lab-selected")).to_have_count(1)
    again.get_by_label("next step").click()
    expect(again.locator(".lab-moment-name")).to_contain_text("latent step 4")
    again.get_by_label("one layer down").click()
    expect(again.locator(".lab-moment-steps")).to_contain_text("layer 3")


def test_everything_is_reached_by_keyboard(open_page: Open) -> None:
    page = open_page("?record=demo-record")
    page.locator(".dot").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator(".lab-moment-name")).to_contain_text("latent step 3")


HEIGHTS = "() => [...document.querySelectorAll('.agent')].map((card) => card.offsetHeight)"


def test_run_empties_the_lanes_and_plays_what_happened_and_nothing_moves(open_page: Open) -> None:
    page = open_page("?record=side-by-side", viewport={"width": 390, "height": 844})
    expect(page.locator(".lane-answer strong")).to_have_count(2)
    slider = page.locator(".replay input[type=range]")
    heights = page.evaluate(HEIGHTS)
    cards = page.locator(".agent").count()
    slider.fill("4")
    expect(page.locator(".lane-answer strong")).to_have_count(0)
    expect(page.locator(".agent")).to_have_count(cards)
    assert page.evaluate(HEIGHTS) == heights
    page.locator(".replay-turn.next").click()
    assert int(slider.input_value()) > 4
    edge = page.locator(".replay").bounding_box()
    assert edge is not None and edge["x"] + edge["width"] <= 390
    slider.press("End")
    expect(page.locator(".lane-answer strong")).to_have_count(2)
    Held(page, EVENTS, '"slow"')  # the tick counts though no word of its own arrives
    page.locator(".player-pace input").check()
    page.locator("#button-run").click()
    expect(page.locator(".agent[data-phase=waiting]")).to_have_count(cards)
    expect(page.locator(".replay-play")).to_contain_text("Pause")
    expect(page.locator(".lane-answer strong")).to_have_count(0)
    page.locator(".replay select").select_option("4")
    expect(page.locator(".agent[data-phase=thinking]")).not_to_have_count(0)
    expect(page.locator(".lane-answer strong")).to_have_count(2)
    expect(page.locator(".replay-play")).to_contain_text("Replay")


def test_the_header_is_busy_exactly_while_a_run_is_at_work(open_page: Open) -> None:
    page = open_page("?record=side-by-side")
    page.evaluate(
        """() => {
          window.seen = [];
          const line = document.querySelector('#run-status');
          new MutationObserver(() => window.seen.push([
            /\\d s$/.test(line.innerText.trim()) || /\\d s\\b/.test(line.innerText),
            document.querySelector('.lab-state').classList.contains('busy'),
          ])).observe(line, { subtree: true, childList: true });
        }"""
    )
    run(page, lanes=2)
    seen = page.evaluate("() => window.seen")
    assert any(works for works, _ in seen)
    assert all(busy for works, busy in seen if works), seen
    expect(page.locator(".lab-state")).not_to_have_class(re.compile("busy"))


def test_menus_that_are_opened_and_left_change_nothing(open_page: Open) -> None:
    page = open_page("?record=demo-record")
    expect(page.locator(".dot")).to_have_count(16)
    page.locator("#setup > button").first.click()
    for menu in ("Preset", "Question from", "Distracting facts"):
        page.get_by_label(menu).click()
        with page.expect_response(lambda r: "queue/join" in r.url):
            page.keyboard.press("Tab")
    # A change that does something tells that the page has heard what came before it.
    longest = page.get_by_label("Longest answer (tokens)")
    longest.fill("9")
    longest.press("Tab")
    page.wait_for_function("location.search.includes('settings=')")
    expect(page.locator(".dot")).to_have_count(16)


def test_an_empty_question_is_one_sentence_and_the_page_goes_on(open_page: Open) -> None:
    page = open_page()
    page.get_by_label("Preset").click()
    page.get_by_role("option", name="No thoughts").click()
    expect(page.locator(".lanes-foot")).to_contain_text("Press Run")
    page.locator("#setup > button").first.click()
    page.get_by_label("Question from").click()
    page.get_by_role("option", name="My own question").click()
    question = page.get_by_label("Question", exact=True)
    expect(question).to_be_editable()
    question.fill("   ")
    page.locator("#button-run").click()
    told = page.locator("#run-status .lab-error")
    expect(told).to_contain_text("The question is empty")
    expect(told).to_be_in_viewport()
    question.fill("")
    expect(told).to_have_count(0)
    page.locator("#button-run").click()
    expect(told).to_contain_text("The question is empty")
    question.press_sequentially("How many?")
    expect(told).to_have_count(0)
    expect(page.locator(".lanes-ask")).to_contain_text("How many?")
    expect(page.locator("#run-command")).to_contain_text("How many?")
    truth = page.get_by_label("Right answer, if known")
    truth.fill("7")
    truth.blur()
    expect(page.locator(".lanes-ask")).to_contain_text("7")
    page.wait_for_function("""() => decodeURIComponent(location.search).includes('"truth":"7"')""")
    run(page, lanes=3)


def test_an_unknown_record_is_one_sentence(open_page: Open) -> None:
    page = open_page("?record=../../etc&tab=nonsense&point=x")
    expect(page.locator("#lanes .lab-error")).to_contain_text("There is no record named")


def test_two_browsers_never_see_each_others_run(open_page: Open) -> None:
    pages = [open_page(), open_page()]
    pages[1].locator("#button-new").click()
    expect(pages[1].locator(".lanes-foot")).to_contain_text("Press Run")
    asked = pages[1].locator(".lanes-facts").inner_text()
    for page in pages:
        page.locator("#button-run").click()
    for page in pages:
        expect(page.locator(".lane-answer strong")).to_have_count(4)
    texts = [page.locator(".lanes-facts").inner_text() for page in pages]
    assert texts[1] == asked
    assert texts[0] != texts[1]


def test_hostile_words_appear_as_text(open_page: Open, server: Server) -> None:
    bad = "<img src=x onerror=alert(1)>${alert(2)}{{value}}`\u202e</script>"
    folder = server.records / "hostile"
    shutil.copytree(server.records / "demo-record", folder)
    poison(folder, bad)
    page = open_page("?record=hostile")
    expect(page.locator(".agent-words .word").first).to_contain_text(
        "<img src=x onerror=alert(1)>${alert(2)}{{value}}`"
    )
    expect(page.locator(".lanes-ask")).to_contain_text("{{value}}")
    assert page.locator("#lanes img").count() == 0
    page.locator(".dot").first.click()
    expect(page.locator(".lab-moment-name")).to_be_visible()


def poison(folder: Path, bad: str) -> None:
    """Put the bad words wherever a record holds words of a model or of a user."""
    lines = []
    for line in (folder / "events.jsonl").read_text().splitlines():
        event = json.loads(line)
        for name in ("token", "text", "answer", "question", "facts"):
            if event.get(name):
                event[name] = bad
        if event["type"] == "latent_step":
            event["top"] = [[bad, 0.9]]
        if event["type"] == "prompt_read":
            event["tokens"] = [bad] * len(event["tokens"])
        lines.append(json.dumps(event))
    (folder / "events.jsonl").write_text("\n".join(lines) + "\n")


SMALL_LETTERS = """() => [...document.querySelectorAll("#lab-body *, #lab-header *")]
    .filter((node) => {
  const text = [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
  if (!text || !node.checkVisibility()) return false;
  if (node.closest(".js-plotly-plot, .lab-unseen")) return false;
  const scale = node.getScreenCTM ? node.getScreenCTM().a : (node.currentCSSZoom ?? 1);
  return parseFloat(getComputedStyle(node).fontSize) * scale < 17.9;
})"""
"""Visible texts that the last row cannot read."""


def test_language_theme_and_projector_switch_without_a_reload(open_page: Open) -> None:
    page = open_page("?record=demo-record")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#button-run")).to_have_text("运行")
    expect(page.locator(".lab-rail h2")).to_have_text("记录")
    page.get_by_role("button", name="EN", exact=True).click()
    expect(page.locator("#button-run")).to_have_text("Run")
    dark = page.evaluate("document.body.classList.contains('dark')")
    page.get_by_label("Light or dark").click()
    assert page.evaluate("document.body.classList.contains('dark')") is not dark
    page.get_by_label("Projector mode").click()
    expect(page.locator("#lab-rail")).to_be_hidden()
    assert page.evaluate("document.body.classList.contains('dark')") is not dark
    page.wait_for_function(f"({SMALL_LETTERS})().length === 0")
    page.keyboard.press("2")
    expect(page.get_by_role("tab", name="Break it", selected=True).first).to_be_visible()
    expect(page.locator(".stage-said")).to_have_count(3)
    page.wait_for_function(f"({SMALL_LETTERS})().length === 0")
    page.get_by_label("Projector mode").click()
    assert page.locator("[data-large]").count() == 0


def test_the_projector_tells_a_clicked_position_in_a_strip_on_the_whole_screen(
    open_page: Open,
) -> None:
    page = open_page("?record=demo-record")
    page.get_by_label("Projector mode").click()
    page.wait_for_function("document.fullscreenElement !== null")
    page.locator(".dot").nth(2).click()
    name = page.locator(".lab-moment-name")
    expect(name).to_contain_text("planner, latent step 3")
    expect(name).to_be_in_viewport()
    strip = page.locator("#lab-side > :has(.lab-moment-name)")
    edges = strip.evaluate(
        "e => { const b = e.getBoundingClientRect(); return [b.top, b.bottom]; }"
    )
    height = page.evaluate("innerHeight")
    assert edges[1] == pytest.approx(height, abs=1) and edges[0] > height / 2
    page.get_by_label("Projector mode").click()
    page.wait_for_function("document.fullscreenElement === null")


SMALL_IN_FIGURES = """() => [...document.querySelectorAll('.js-plotly-plot text')]
  .filter((node) => node.textContent.trim() && node.checkVisibility())
  .filter((node) => parseFloat(getComputedStyle(node).fontSize) < 17.9)
  .map((node) => `${node.closest('.lab-frame')?.id}: ${node.textContent}`)"""
"""Words of figures that the last row cannot read."""


def test_on_a_projector_the_controls_of_a_panel_are_one_button(open_page: Open) -> None:
    page = open_page("?record=demo-record&tab=map")
    figure, controls = page.locator("#map-plot .main-svg").first, page.locator("#map-only")
    expect(figure).to_be_visible()
    expect(controls).to_be_visible()
    expect(page.get_by_role("button", name="Show or hide the controls")).to_have_count(0)
    page.get_by_role("button", name="Projector mode").click()
    expect(controls).to_be_hidden()
    expect(page.locator("#map-more")).to_be_hidden()
    expect(figure).to_be_in_viewport(ratio=0.6)
    fold = page.get_by_role("button", name="Show or hide the controls")
    fold.click()
    expect(controls).to_be_visible()
    expect(fold).to_have_attribute("aria-pressed", "true")
    page.get_by_role("tab", name="Break it").click()
    fold.click()
    expect(page.locator("#break-demo-same")).to_be_visible()
    expect(page.locator("#break-measure")).to_be_hidden()
    page.get_by_role("button", name="Projector mode").click()
    expect(page.locator("#break-measure")).to_be_visible()


def test_figures_on_a_projector_have_no_small_letters(open_page: Open) -> None:
    page = open_page("?record=relay")
    page.get_by_label("Projector mode").click()
    for tab, plot in (("Map", "map-plot"), ("Lens", "lens-plot"), ("Memory", "memory-strip")):
        page.get_by_role("tab", name=tab, exact=True).click()
        expect(page.locator(f"#{plot} .main-svg").first).to_be_visible()
        page.wait_for_function(f"({SMALL_IN_FIGURES})().length === 0")
    page.get_by_label("Projector mode").click()
    page.wait_for_function(f"({SMALL_IN_FIGURES})().length > 0")  # as they were


def test_an_uploaded_record_never_stands_in_the_place_of_another(
    open_page: Open, tmp_path: Path
) -> None:
    shutil.copytree(ASSETS / "records" / "side-by-side", folder := tmp_path / "side-by-side")
    said = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    said["problem"]["question"] = "Was student 17 here?"
    (folder / "record.json").write_text(json.dumps(said), encoding="utf-8")
    packed = export_zip(folder, tmp_path / "side-by-side.zip")
    page = open_page()
    with page.expect_file_chooser() as asked:
        page.locator("#lab-import").click()
    asked.value.set_files(packed)
    mine = page.locator(".lab-rail-item", has_text="student 17")
    expect(mine).to_have_count(1)
    assert mine.get_attribute("data-record") != "side-by-side"
    other = open_page("?record=side-by-side")
    shipped = other.locator(".lab-rail-item[data-record='side-by-side']")
    expect(shipped).to_have_count(1)
    expect(shipped).not_to_contain_text("student 17")
    expect(other.locator(".lanes-ask")).not_to_contain_text("student 17")


def test_an_agent_has_one_colour_on_every_tab(open_page: Open) -> None:
    page = open_page("?record=side-by-side&memory.lane=moa&map.host=pocket-scholar-1")
    ink = "node => getComputedStyle(node).getPropertyValue('--agent').trim().toUpperCase()"
    names = ("scholar 1", "scholar 2", "scholar 3", "aggregator")
    cards = [
        page.locator(f".agent[data-lane=moa][data-agent='{name}']").evaluate(ink) for name in names
    ]
    assert len(set(cards)) == len(names)
    page.get_by_role("tab", name="Drafts").click()
    drafts = page.locator("#drafts-stage [style*='--agent'][aria-label]")
    for name, color in zip(names, cards, strict=True):
        own = drafts.and_(page.locator(f"[aria-label='{name}']")).first
        expect(own).to_be_visible()
        assert own.evaluate(ink) == color, name
    for tab, plot, key in (("Map", "map-plot", "color"), ("Memory", "memory-strip", "line")):
        page.get_by_role("tab", name=tab, exact=True).click()
        expect(page.locator(f"#{plot} .main-svg").first).to_be_visible()
        found = page.evaluate(
            """([id, key]) => document.querySelector(`#${id} .lab-plot`).data
              .filter((trace) => trace.marker && trace.name)
              .map(({ name, marker }) => [name, key === 'line' ? marker.line.color : marker.color])
              .map(([name, color]) => [name.split(' · ')[0], String(color).toUpperCase()])""",
            [plot, key],
        )
        for name, color in zip(names, cards, strict=True):
            assert {ink for who, ink in found if who == name} <= {color}, (tab, name)
        assert {who for who, _ in found} & set(names), tab


def test_the_same_run_with_nothing_handed_over_answers_beside_it(open_page: Open) -> None:
    page = open_page()
    lane = page.locator(".lane[aria-label='In hidden states']")
    lane.get_by_role("button", name="nothing", exact=True).click()
    rows = lane.locator(".ablations tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("✓")
    expect(rows.last).to_contain_text("✗")


def test_the_first_screen_shows_the_hand_over_between_its_controls(open_page: Open) -> None:
    """At 1280×800 without scrolling: what is handed over, what if it is not, why another model's
    does not help, what to press next; four answers with their rates, who has read the facts."""
    page = open_page()
    expect(page.locator(".lane h3")).to_have_text(
        ["In words", "In hidden states", re.compile("Nothing"), re.compile("Another model's")]
    )
    verdicts = page.locator(".lane-answer b")
    expect(verdicts).to_have_text([re.compile(w) for w in ("right", "right", "wrong", "wrong")])
    rates = page.locator(".lane-rate")
    expect(rates).to_have_count(4)
    crossing = page.locator(".ribbon-label")
    told = page.locator(".lane > header > .lab-note")
    expect(crossing).to_contain_text(["14 words", "233 KB", "0 B", "233 KB"])
    expect(told).to_contain_text(["words", "no word is chosen", "guess", "other coordinates"])
    expect(page.locator(".dial-dot")).to_be_visible()
    expect(page.locator(".mech-strip")).not_to_have_count(0)
    places = ".lanes-next .next-run, .agent, .eye, .dial, .mech, .replay, #setup > button"
    seen = [*verdicts.all(), *rates.all(), *crossing.all(), *told.all()]
    for place in (*seen, *page.locator(places).all()):
        box = place.bounding_box()
        assert box is not None and box["y"] + box["height"] < 800, place
    top = page.locator("#setup > button").bounding_box(), page.locator(".replay").bounding_box()
    assert top[0] and top[1] and abs(top[0]["y"] - top[1]["y"]) < 8
    expect(page.locator(".lane-control")).to_have_count(2)
    expect(page.locator(".agent-prompt:not(.shut) summary", has_text="facts read")).to_have_count(4)
    expect(page.locator(".agent-prompt.shut summary", has_text="no facts")).to_have_count(4)


def test_bytes_and_words_are_those_of_the_record_and_arrows_as_wide_as_their_number(
    open_page: Open, server: Server
) -> None:
    page = open_page()
    record = json.loads(
        "["
        + ",".join((SHIPPED_RELAY / "events.jsonl").read_text(encoding="utf-8").splitlines())
        + "]"
    )
    hands = {e["lane"]: e for e in record if e["type"] == "hand_over"}
    said = page.locator(".ribbon-label")
    expect(said.nth(0)).to_contain_text(f"{hands['textmas']['words']} words")
    expect(said.nth(1)).to_contain_text(f"{hands['latentmas']['slots']} positions")
    expect(said.nth(1)).to_contain_text(f"{round(hands['latentmas']['bytes'] / 1000)} KB")
    expect(said.nth(2)).to_contain_text("nothing handed over")
    widest = """() => {
      const drawn = [...document.querySelectorAll('.lane')].map((lane) => {
        const lines = [...lane.querySelectorAll('.ribbons path')];
        const scale = lane.querySelector('.ribbons svg').getScreenCTM().a;
        return scale * lines.reduce((sum, p) => sum + Number(p.getAttribute('stroke-width')), 0);
      });
      return [drawn[1], drawn[3]];
    }"""
    before = page.evaluate(widest)
    assert before[0] == pytest.approx(before[1])
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.wait_for_function("() => document.querySelector('.lane').clientWidth > 300")
    assert page.evaluate(widest) == pytest.approx(before, rel=0.02)


def test_idle_steps_are_folded_counted_and_unfolded(open_page: Open) -> None:
    page = open_page()
    lane = page.locator(".lane[aria-label='In hidden states']")
    seen = lane.locator(".dot:visible").count()
    folded = int(re.findall(r"\d+", lane.locator(".dots-fold").inner_text())[0])
    assert seen + folded == lane.locator(".dot").count() == 40 and folded > 5
    lane.locator(".dots-fold").click()
    expect(lane.locator(".dot:visible")).to_have_count(40)
    lane.locator(".dots-fold").click()
    expect(lane.locator(".dot:visible")).to_have_count(seen)


def test_a_routed_lane_says_who_and_why_and_is_overruled(open_page: Open) -> None:
    page = open_page("?record=routed")
    first = page.locator(".lane-routing").first
    rows = first.locator(".routed-list li")
    expect(rows).to_have_count(6)
    expect(first.locator(".routed-list li.asked")).to_have_count(2)
    expect(first.locator(".routed-asked")).to_contain_text("2 of 6")
    expect(first.locator(".routed-why").first).to_contain_text(re.compile(r"[+−]\d"))
    expect(first.locator(".routed-chance").first).to_contain_text("%")
    asked = rows.evaluate_all("all => all.map((one) => one.classList.contains('asked'))")
    for box, was in zip(first.locator(".routed-list input").all(), asked, strict=True):
        box.set_checked(not was)
    before = page.url
    first.locator(".routed-overrule button").first.click()
    page.wait_for_function("before => location.href !== before", arg=before)
    expect(page.locator(".lane")).to_have_count(4)
    mine = page.locator(".lane", has=page.get_by_role("heading", name="Your choice"))
    expect(mine.locator(".lane-answer strong")).to_have_count(1)
    expect(mine.locator(".routed-asked")).to_contain_text("4 of 6")
    now = mine.locator(".routed-list li")
    assert now.evaluate_all("all => all.map((one) => one.classList.contains('asked'))") == [
        not was for was in asked
    ]
