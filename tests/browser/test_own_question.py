"""An own question: words that the model was never taught are underlined, examples and a public
model are one press away, and what is shown follows the typing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, started
from tests.browser.held_request import EVENTS, Held

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def with_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A lab on whose machine a public model is; it is not loaded here."""
    folder: Path = tmp_path_factory.mktemp("own")
    model = folder / "cache" / "models" / "smollm2-135m"
    model.mkdir(parents=True)
    (model / "config.json").write_text("{}")
    with started(folder, {"LATENT_LAB_CACHE": str(folder / "cache")}) as one:
        yield one


def ask_own(page: Page, question: str) -> None:
    expect(page.locator("#lanes .lanes-ask")).to_be_visible()
    page.locator("#setup > button").first.click()
    page.get_by_label("Question from").click()
    page.get_by_role("option", name="My own question").click()
    field = page.get_by_label("Question", exact=True)
    expect(field).to_be_editable()
    page.get_by_label("Facts", exact=True).fill("")
    field.fill("")
    field.press_sequentially(question)


def test_unknown_words_are_underlined_and_an_example_is_one_press(open_page: Open) -> None:
    page = open_page()
    ask_own(page, "What is the capital of France?")
    own = page.locator("#own-words")
    expect(own.locator("u")).to_have_text(["capital", "France"])
    expect(own).to_contain_text("never taught")
    own.locator(".own-example").nth(1).click()
    expect(own.locator("u")).to_have_count(0)
    question = page.get_by_label("Question", exact=True)
    expect(question).to_have_value("What is the work of Rex West?")
    expect(page.locator(".lanes-ask")).to_contain_text("Rex West")
    expect(page.locator("#run-command")).to_contain_text("Rex West")
    page.get_by_label("Question from").click()
    page.get_by_role("option", name="ledger").first.click()
    expect(own.locator("button")).to_have_count(0)


def test_a_question_that_is_written_while_another_runs_stays(open_page: Open) -> None:
    page = open_page()
    expect(page.locator("#lanes .lanes-ask")).to_be_visible()
    before = page.url
    run = Held(page, EVENTS, '"data":["relay",')
    page.locator("#button-run").click()
    run.wait()
    ask_own(page, "What is the work of Rex West?")
    run.release()
    page.wait_for_url(lambda url: "record=relay" not in url and url != before)
    expect(page.locator("#button-run")).to_be_enabled()
    expect(page.locator(".lane-answer b").first).to_be_visible()
    question = page.get_by_label("Question", exact=True)
    expect(question).to_have_value("What is the work of Rex West?")
    expect(page.get_by_label("Question from")).to_have_value("My own question")
    page.locator("#button-run").click()
    expect(page.locator(".lanes-ask")).to_contain_text("Rex West")


def test_a_public_model_on_this_machine_is_offered_and_asked_in_one_press(
    with_model: Server, browser: Browser
) -> None:
    page = browser.new_page()
    page.goto(f"{with_model.url}/?record=relay")
    ask_own(page, "What is the capital of France?")
    offer = page.locator(".own-offer")
    expect(offer).to_contain_text("SmolLM2 135M Instruct")
    expect(offer).to_have_count(1)
    offer.click()
    expect(page.locator("#run-command")).to_contain_text("real-smollm2")
    expect(page.locator("#run-command")).to_contain_text("capital of France")
    expect(page.get_by_label("Question", exact=True)).to_have_value(
        "What is the capital of France?"
    )
    expect(page.locator(".lanes-ask")).to_contain_text("capital of France")
    expect(page.locator(".own-offer")).to_have_count(0)
    expect(page.locator("#run-status")).to_contain_text("SmolLM2 135M Instruct")
    page.close()
