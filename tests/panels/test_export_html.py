"""Hostile words stay words in figures and in the exported page; it opens offline, shows the same
numbers by the same modules, and can be replayed.
"""

import base64
import gzip
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from lab.errors import BadInput
from lab.files import ASSETS
from lab.panels.agent_colors import colors_of
from lab.panels.changes import change
from lab.panels.export_html import MODULES, content, export_html, modules, page
from lab.panels.run.cost_table import cost_rows, cost_table
from lab.panels.states import lens, lens_figure
from lab.panels.states import memory_strips as memory
from lab.panels.states import projection as maps
from lab.panels.states.choose import Choice
from lab.panels.states.map_figure import map_figure
from lab.panels.states.map_frames import make_map
from lab.panels.states.moment_cards import moment_card
from lab.records import Ablation, Record, keep_ablation
from tests import make_record

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "${alert(1)}",
    "`alert(1)`",
    "\x00\x1b[31mred",
    "\u202egnihton",
    "</script><b>",
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    words = make_record.WORDS
    make_record.WORDS = [HOSTILE[i % len(HOSTILE)] + str(i) for i in range(len(words))]
    try:
        folder = make_record.make_record(tmp_path_factory.mktemp("hostile") / "run")
        said = Ablation(answer="<b>6</b>", correct=False, target="10", nll=2.5)
        keep_ablation(folder, "latentmas", "none", said)
        yield Record.open(folder)
    finally:
        make_record.WORDS = words


def test_no_figure_carries_markup_or_control_signs(hostile):
    agents = colors_of(hostile)
    figures = [
        map_figure(
            make_map(hostile, Choice(host="toy-a"), 4, maps.MapSettings()),
            agents,
            color="token",
        ),
        lens_figure.lens_figure(lens.lens_grid(hostile, "latentmas", "planner")),
        memory.strips_figure(hostile, "latentmas", agents),
    ]
    for fig in figures:
        text = fig.to_json()
        assert "<img" not in text
        assert "</script" not in text
        assert "<b>" not in text
        assert not any(c in json.loads(text).__str__() for c in "\x00\x1b\u202e")
    assert "onerror" in moment_card(hostile, 40).model_dump_json() + "".join(
        f.to_json() for f in figures
    )


def unpacked(text: str) -> dict:
    packed = text.split('id="pack">', 1)[1].split("</script>", 1)[0]
    return json.loads(gzip.decompress(base64.b64decode(packed)))


def test_the_exported_page_holds_hostile_words_as_data_only(hostile):
    text = page(hostile)
    assert "onerror" not in text
    assert "</script><b>" not in text
    assert "onerror" in json.dumps(unpacked(text)["page"]["moments"])


def test_the_exported_page_says_the_same_numbers(synthetic):
    data = content(synthetic)
    assert [row.cells for row in data.cost.rows] == [
        tuple(row) for row in cost_rows(cost_table(synthetic), colors_of(synthetic))
    ]
    live = map_figure(
        make_map(synthetic, Choice(host="toy-a"), 4, maps.MapSettings()),
        colors_of(synthetic),
        words=True,
    )
    shown = next(one for one in data.maps if (one.host, one.layer) == ("toy-a", 4))
    assert shown.plot.figure.data == json.loads(live.to_json())["data"]
    assert shown.notes.honesty is not None
    cards = {value.card.point_id: value.card for value in data.moments}
    assert cards[40] == moment_card(synthetic, 40)
    assert next(lens.agent for lens in data.lenses if lens.lane == "latentmas") == "planner"
    assert (
        data.memories[0].strip.figure.layout
        == json.loads(memory.strips_figure(synthetic, "latentmas", colors_of(synthetic)).to_json())[
            "layout"
        ]
    )
    assert {one.stage.reader for one in data.drafts} == {"aggregator"}


def test_a_record_too_large_for_all_cards_keeps_thoughts_and_words(synthetic, monkeypatch):
    said = int((synthetic.points["kind"] != "prompt").sum())
    monkeypatch.setattr("lab.panels.export_html.MOST_MOMENTS", said)
    assert {value.card.kind for value in content(synthetic).moments} == {"latent", "token"}


def test_the_same_record_gives_the_same_file(synthetic):
    assert page(synthetic) == page(synthetic)


def test_the_default_run_takes_less_than_three_megabytes():
    shipped = Record.open(ASSETS / "records" / "side-by-side")
    assert len(page(shipped).encode()) < 3_000_000


def test_the_page_brings_the_live_modules_and_all_that_they_import():
    brought = modules()
    assert {"lab/lanes.js", "lab/plotly.js", "lab/drafts.js", "lab/moment.js"} <= brought.keys()
    for name, text in brought.items():
        asked = re.findall(r"^(?:import|\}) .*from '(.*)';$|^import '(.*)';$", text, re.M)
        assert {first or second for first, second in asked} <= brought.keys(), name
        live = (MODULES / name.removeprefix("lab/")).read_text(encoding="utf-8")
        assert text.replace("from 'lab/", "from './") == live


def applied(old, one):
    """What ``assets/js/replay.js`` does; the browser test holds the script to it."""
    if "to" in one or not one:
        return one.get("to", old)
    out = [*old[: one["n"]], *one["more"]] if isinstance(old, list) else dict(old)
    for key, part in one["at"].items():
        place = int(key) if isinstance(out, list) else key
        out[place] = applied(out[place], part)
    return out


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"a": 1, "b": [1, 2]}, {"a": 1, "b": [1, 2, 3]}),
        ({"a": [{"x": 1}, {"x": 2}]}, {"a": [{"x": 1}, {"x": 3}]}),
        ({"a": [1, 2, 3]}, {"a": [1]}),
        ({"a": 1}, {"b": 1}),
        ({"a": None}, {"a": {"b": []}}),
        ([], [[]]),
        ("x", "x"),
    ],
)
def test_a_change_makes_the_new_value_of_the_old_one(old, new):
    before = json.dumps(old)
    assert applied(old, change(old, new)) == new
    assert json.dumps(old) == before


def test_a_change_says_only_what_is_new():
    old = {"lanes": [{"dots": list(range(100)), "title": "t" * 100}]}
    new = {"lanes": [{"dots": list(range(101)), "title": "t" * 100}]}
    assert len(json.dumps(change(old, new))) < 150


def test_a_record_without_vectors_is_a_sentence(tmp_path, synthetic):
    empty = Record(synthetic.folder, synthetic.meta)
    empty.__dict__["points"] = synthetic.points.iloc[:0]
    with pytest.raises(BadInput, match="holds no captured vectors"):
        export_html(empty, tmp_path / "x.html")
    with pytest.raises(BadInput, match="Cannot write"):
        export_html(synthetic, tmp_path / "none" / "x.html")


@pytest.fixture
def opened(hostile, tmp_path: Path, browser):
    """The exported page in a browser; at the end it asked for nothing and said nothing."""
    target = export_html(hostile, tmp_path / "run.html")
    tab = browser.new_page(viewport={"width": 1280, "height": 800})
    asked, said = [], []
    tab.on("request", lambda r: r.url.startswith("data:text/javascript") or asked.append(r.url))
    tab.on("console", lambda m: said.append(m.text))
    tab.on("pageerror", lambda e: said.append(str(e)))
    tab.on("dialog", lambda d: said.append(d.message) or d.dismiss())
    tab.goto(target.as_uri(), timeout=120_000)
    tab.locator(".lane .dot").first.wait_for()
    yield tab
    tab.close()
    assert asked == [target.as_uri()]
    assert said == []


@pytest.mark.browser
def test_it_opens_offline_without_a_request_and_a_click_tells_the_moment(opened):
    title = opened.locator("#lab-side .lab-moment-name")
    opened.locator(".dot").nth(2).click()
    expect(title).to_contain_text("latent step 3")
    opened.locator("#lens").scroll_into_view_if_needed()
    heat = opened.locator("#lens .lab-plot").first
    heat.locator(".heatmaplayer").wait_for(state="attached")
    expect(heat.locator(".lab-ring.selected:not([hidden])")).to_have_count(1)
    box = heat.locator(".nsewdrag").bounding_box()
    assert box
    opened.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(title).not_to_contain_text("latent step 3")
    assert "planner (LatentMAS)" in opened.locator("#lab-side").inner_text()
    assert opened.locator("img").count() == 0


@pytest.mark.browser
def test_it_shows_the_ablations_as_recorded_and_nothing_that_would_measure_more(opened):
    row = opened.locator(".ablations tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("<b>6</b> ✗")
    expect(row).to_contain_text("2.5 nats")
    assert opened.locator(".ablate button").count() == 0


@pytest.mark.browser
def test_its_panels_follow_the_moment(opened):
    lens, memory_lane = opened.locator("#lens select"), opened.locator("#memory select")
    chosen = "select => select.selectedOptions[0].textContent"
    assert lens.evaluate(chosen) == "planner · latentmas"
    opened.locator("[aria-label='aggregator'] .agent-words .word[role='button']").first.click()
    expect(lens.locator("option:checked")).to_have_text("aggregator · moa")
    expect(memory_lane.locator("option:checked")).to_have_text("moa")
    opened.get_by_role("button", name="one layer down").click()
    expect(opened.locator("#map option:checked")).to_have_text(re.compile(r"layer 3$"))


@pytest.mark.browser
def test_its_replay_goes_back_and_forth_as_the_events_do(opened, hostile):
    dots = opened.locator(".lanes-grid .dot")
    whole = dots.count()
    slider = opened.locator(".replay input")
    for upto in (1, len(hostile.events) // 3, len(hostile.events) // 2):
        slider.fill(str(upto - 1))
        expect(opened.locator(".replay output")).to_have_text(f"{upto} of {len(hostile.events)}")
        thought = sum(e.type == "latent_step" for e in hostile.events[:upto])
        expect(dots).to_have_count(thought)
    slider.fill("0")
    opened.locator(".replay select").select_option("4")
    opened.get_by_role("button", name="Replay").click()
    expect(opened.get_by_role("button", name="Pause")).to_be_visible()
    expect(dots).to_have_count(whole)
    expect(opened.get_by_role("button", name="Replay")).to_be_visible()
    expect(opened.locator(".lane-answer strong").first).to_be_visible()


@pytest.mark.browser
def test_it_speaks_chinese_and_goes_dark(opened):
    opened.get_by_role("button", name="中文").click()
    expect(opened.locator("#memory h2")).to_have_text("记忆")
    background = "getComputedStyle(document.body).backgroundColor"
    before = opened.evaluate(background)
    opened.locator(".export-header button").last.click()
    assert opened.evaluate(background) != before
