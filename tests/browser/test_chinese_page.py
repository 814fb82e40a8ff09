"""Nothing of the page stays English in Chinese: every tab of the two records that it opens on is
read as it is rendered, with titles, names for screen readers and hints.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from lab.files import PRESETS
from lab.ui.tabs.break_it.break_parts import FIGURES
from lab.words import texts_of
from tests.browser.test_accessibility import DRAWN, ORDER, tab

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
RECORDS = ("relay", "side-by-side")
OF_A_RECORD = ("side_by_side", "map", "lens", "memory")
"""Tabs that another record changes."""
SETTLED = DRAWN | {"side_by_side": "#lanes .time-row", "map": "#tab-map .note-measure"}
"""What stands on a tab last."""
ALLOWED = {
    r"Latent ?MAS|Text ?MAS|Mixture-of-Agents|Self-MoA|MoA|KeyDiff": "methods, as papers name them",
    r"SmolLM2(?: 135M Instruct)?|smollm2-135m|Qwen3?|GPT-\d|Omni|Llama|Gemma": "models",
    r"Apache": "a licence",
    r"Latent Lab|Gen-Verse|Hugging Face": "names",
    r"pocket-[\w~@.:-]+|\bbase\b|textonly|(?:scholar|specialist)-\d|same-embed": "pocket models",
    r"reseed|wide|retok|rope|unified|gauge|rotated|permuted|int\d": "pocket models",
    r"GSM8K|ARC|AIME\d*|MedQA|MBPP\+?|HumanEval\+?|AlpacaEval": "sets of tasks",
    r"arXiv|issue \d+|bookmaster9\.github\.io/\S+|esillileu/[\w-]+": "sources",
    r"UMAP|PCA|PC \d|CKA|KL|NLL|KV|W_a|softmax|logit|lm_head": "what Chinese papers write so",
    r"\b(?:ms|[kKMG]?B|[MG]?FLOPs?|b?float\d+|L2|HMAC-SHA\d+)\b": "units and symbols",
    r"python -m lab [\w .=@/-]+|(?:lab|torch|transformers) \d\S+": "commands, versions",
    r"\b[0-9a-f]{8,}\b|relay|side-by-side|almanac-coverage|demo": "digests, ids of records",
    r"\bcpu\b|\bcuda\b|\b\d{8}-\d{6}-\w{4,8}\b|no-thought": "devices, ids of runs and presets",
    r"PNG|SVG|CSV|TSV|JSON|YAML|zip|hub|GPU|CPU": "formats and devices",
    r"\bEN\b": "the other language's name",
    r"‘[^’]*’|“[^”]*”|␣\S+|<\w+>": "words of a model, quoted",
}
"""What may stand in Latin letters, and why."""
FOUND = r"""(allowed) => {
  const names = new RegExp(allowed, 'g');
  const found = new Set();
  const note = (where, text) => {
    const left = (text ?? '').replace(names, ' ');
    if (/[A-Za-z]{2}/.test(left)) found.add(`${where}: ${text.trim().replace(/\s+/g, ' ')}`);
  };
  const spoken = (node) => !(node.closest('[lang]')?.getAttribute('lang') ?? 'zh').startsWith('zh');
  for (const node of document.body.querySelectorAll('*')) {
    if (node.closest('script, style, noscript, .progress-text') || spoken(node)) continue;
    if (!node.checkVisibility({ visibilityProperty: true })) continue;
    for (const child of node.childNodes)
      if (child.nodeType === Node.TEXT_NODE) note(node.tagName, child.textContent);
    for (const name of ['title', 'data-title', 'aria-label', 'placeholder', 'alt'])
      note(name, node.getAttribute(name));
    if (node.matches('input[aria-haspopup], input[role]')) note('menu', node.value);
  }
  return [...found];
}"""
UNFOLD = """(name) => {
  const folds = document.querySelectorAll(`#tab-${name} button.label-wrap:not(.open)`);
  for (const fold of folds) fold.click();
  for (const more of document.querySelectorAll(`#tab-${name} details`)) more.open = true;
}"""
FORGET = """(key) => {
  delete window.LAB_WORDS.zh[key];
  window.labBus.dispatchEvent(new CustomEvent('language', { detail: 'zh' }));
}"""
CLEAN = f"(allowed) => ({FOUND})(allowed).length === 0"
PRESET_IDS = "|".join(rf"\b{path.stem}\b" for path in PRESETS.glob("*.yaml"))
"""Records in the list bear the id of their plan."""
NAMES = "|".join([*ALLOWED, PRESET_IDS, r"\bmoa\b", "Synthetic record"])


def english(page: Page, wait: int = 8_000) -> list[str]:
    """What is left in English after the page had time to finish."""
    with contextlib.suppress(TimeoutError):
        page.wait_for_function(CLEAN, arg=NAMES, timeout=wait, polling=250)
    return list(page.evaluate(FOUND, NAMES))


def test_no_tab_shows_english_in_chinese(open_page: Open) -> None:
    page = open_page(f"?lang=zh&record={RECORDS[0]}", reduced_motion="reduce")
    expect(page.get_by_role("tab", name="并排对比").first).to_be_visible()
    left: dict[str, None] = {}
    for record in RECORDS:
        if record != RECORDS[0]:
            tab(page, "side_by_side").click()
            page.locator(f".lab-rail-item[data-record='{record}']").click()
        for name in ORDER if record == RECORDS[-1] else OF_A_RECORD:
            tab(page, name).click()
            expect(page.locator(SETTLED.get(name, f"#tab-{name} h2")).first).to_be_visible()
            page.evaluate(UNFOLD, name)
            left |= dict.fromkeys(f"{name} {one}" for one in english(page))
    assert not left, "\n".join(left)
    page.evaluate(FORGET, "rail.title")
    assert any("Records" in one for one in english(page, 500))


def test_what_is_asked_of_a_record_is_answered_in_chinese(open_page: Open) -> None:
    """Captions, sentences and legends that come only when somebody asks for them."""
    page = open_page("?lang=zh&record=relay", reduced_motion="reduce")
    page.locator(".lane").nth(1).locator(".dot").first.click()
    left = []
    asks = (("lens", "lens.go", "#lens-said p"), ("memory", "memory.look", "#memory-heads svg"))
    for name, key, answer in asks:
        tab(page, name).click()
        expect(page.locator(SETTLED[name]).first).to_be_visible()
        page.evaluate(UNFOLD, name)
        button = page.get_by_role("button", name=texts_of("zh")[key], exact=True)
        button.click()
        expect(page.locator(answer).nth(1)).to_be_visible()
        left += [f"{name} {one}" for one in english(page)]
    for color in ("lane", "kind", "role", "token", "kv_len", "logprob"):
        page = open_page(f"?lang=zh&record=side-by-side&tab=map&map.color={color}")
        expect(page.locator("#map-plot .infolayer text").first).to_be_visible()
        left += [f"map {color} {one}" for one in english(page)]
    assert not left, "\n".join(left)


WORDS_OF_A_MODEL = "fork-paths"
"""The figure whose axes bear tokens: they are what the model says, in its language."""
HOVERS = r"""(allowed) => {
  const plain = (text) => String(text ?? '').replace(/%\{[^}]*\}|<[^>]*>/g, ' ')
    .replace(new RegExp(allowed, 'g'), ' ');
  const told = [...document.querySelectorAll('.lab-plot')].flatMap((plot) => plot._fullData ?? [])
    .flatMap((trace) => [trace.hovertemplate, trace.link?.hovertemplate]).flat();
  return [...new Set(told.filter((text) => /[A-Za-z]{2}/.test(plain(text))))];
}"""
"""What figures say when they are pointed at, and is not all Chinese."""


@pytest.mark.parametrize("name", [one for one in FIGURES if one != WORDS_OF_A_MODEL])
def test_every_figure_of_break_it_and_its_hovers_are_chinese(open_page: Open, name: str) -> None:
    page = open_page(f"?lang=zh&tab=break&break.figure={name}")
    expect(page.locator("#break-figure .main-svg").first).to_be_visible()
    left = [*english(page, 4_000), *page.evaluate(HOVERS, NAMES)]
    assert not left, "\n".join(left)


def test_what_drafts_say_when_they_are_pointed_at_is_chinese(open_page: Open) -> None:
    page = open_page("?lang=zh&record=side-by-side&tab=drafts")
    expect(page.locator("#drafts-waiting .main-svg").first).to_be_visible()
    expect(page.locator("#drafts-flow .main-svg").first).to_be_visible()
    assert page.evaluate(HOVERS, NAMES) == []


def test_a_menu_of_a_first_visit_is_chinese_and_follows_the_page(open_page: Open) -> None:
    page = open_page("?lang=zh&tab=drafts&claim=kvmoa")
    expect(page.get_by_label("指标")).to_have_value("正确率")
    page.get_by_role("button", name="EN", exact=True).click()
    expect(page.get_by_label("Measure", exact=True)).to_have_value("right answers")
