"""Who comes to the page in a test comes for the first time, whoever was there before."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Server, Visitors

pytestmark = pytest.mark.browser
STORED = """() => [
  document.cookie.replaceAll(/=[^;]*/g, ''), Object.keys(localStorage).sort().join()
]"""


def test_a_lent_browser_remembers_nobody(
    open_page: Callable[..., Page], visitors: Visitors, server: Server
) -> None:
    page = open_page("?lang=zh&theme=dark")
    before, first = page.context, page.evaluate(STORED)
    page.evaluate("() => { localStorage.left = 'behind'; document.cookie = 'left=behind'; }")
    assert page.evaluate(STORED) != first
    visitors.take_back(server.url)
    page = open_page("?lang=zh&theme=dark")
    assert page.context is before and page.evaluate(STORED) == first
