"""Hostile words stay words in figures and in the exported page; it opens offline and shows the same
numbers.
"""

import json
from pathlib import Path

import pytest

from lab.errors import BadInput
from lab.panels.agent_colors import colors_of
from lab.panels.export_html import content, export_html, page
from lab.panels.run.cost_table import cost_rows, cost_table
from lab.panels.states import lens, lens_figure
from lab.panels.states import memory_strips as memory
from lab.panels.states import projection as maps
from lab.panels.states.choose import Choice
from lab.panels.states.map_figure import map_figure
from lab.panels.states.moment_cards import moment_card
from lab.records import Record
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
        yield Record.open(make_record.make_record(tmp_path_factory.mktemp("hostile") / "run"))
    finally:
        make_record.WORDS = words


def test_no_figure_carries_markup_or_control_signs(hostile):
    agents = colors_of(hostile)
    figures = [
        map_figure(
            maps.make_map(hostile, Choice(host="toy-a"), 4, maps.MapSettings()),
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


def test_the_exported_page_holds_hostile_words_as_data_only(hostile):
    text = page(hostile)
    data = text.split('id="record">', 1)[1].split("</script>", 1)[0]
    assert "<" not in data
    assert json.loads(data)["points"]["token"]


def test_the_exported_page_says_the_same_numbers(synthetic):
    data = content(synthetic)
    assert data["cost"]["rows"] == cost_rows(cost_table(synthetic))
    live = map_figure(
        maps.make_map(synthetic, Choice(host="toy-a"), 4, maps.MapSettings()), colors_of(synthetic)
    )
    section = next(s for s in data["sections"] if s["tab"] == "Map" and s["name"] == "layer 4")
    for shown, drawn in zip(section["figure"]["data"], live.data, strict=True):
        assert shown["x"] == pytest.approx(drawn.x, rel=1e-3)
        assert shown.get("customdata") == (
            drawn.customdata.tolist() if drawn.customdata is not None else None
        )
    assert "shuffled" in section["notes"][0]
    assert {s["tab"] for s in data["sections"]} == {"Map", "Lens", "Memory"}


def test_a_record_without_vectors_is_a_sentence(tmp_path, synthetic):
    empty = Record(synthetic.folder, synthetic.meta)
    empty.__dict__["points"] = synthetic.points.iloc[:0]
    with pytest.raises(BadInput, match="holds no captured vectors"):
        export_html(empty, tmp_path / "x.html")
    with pytest.raises(BadInput, match="Cannot write"):
        export_html(synthetic, tmp_path / "none" / "x.html")


@pytest.mark.browser
def test_it_opens_offline_without_a_request_and_a_click_tells_the_moment(
    hostile, tmp_path: Path, browser
):
    target = export_html(hostile, tmp_path / "run.html")
    tab = browser.new_page()
    asked, said = [], []
    tab.on("request", lambda r: asked.append(r.url))
    tab.on("console", lambda m: said.append(m.text))
    tab.on("pageerror", lambda e: said.append(str(e)))
    tab.on("dialog", lambda d: said.append(d.message) or d.dismiss())
    tab.goto(target.as_uri(), timeout=120_000)
    tab.wait_for_selector("#plot .scatterlayer .point", state="attached", timeout=60_000)
    tab.get_by_role("button", name="Lens").click()
    tab.wait_for_selector("#plot .heatmaplayer", state="attached")
    box = tab.locator("#plot .nsewdrag").first.bounding_box()
    assert box
    tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.wait_for_selector("aside dd")
    card = tab.locator("aside").inner_text()
    assert "planner (latentmas)" in card
    assert tab.locator("img, b").count() == 0
    tab.close()
    assert asked == [target.as_uri()]
    assert said == []
