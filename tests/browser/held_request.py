"""A request that comes late, as on a slow line."""

from __future__ import annotations

from playwright.sync_api import Page, Route

EVENTS = "**/queue/join*"
"""Where the page tells its events."""


class Held:
    """Keeps the first request back whose body holds a text; all others pass."""

    def __init__(self, page: Page, where: str, text: str) -> None:
        self._page, self._text = page, text
        self._kept: list[Route] = []
        page.route(where, self._meet)

    def _meet(self, route: Route) -> None:
        if not self._kept and self._text in (route.request.post_data or ""):
            self._kept.append(route)
        else:
            route.continue_()

    def wait(self) -> None:
        """Until there is one."""
        while not self._kept:
            self._page.wait_for_timeout(50)

    def release(self) -> None:
        """Let it go, and wait until it is answered: at once if its page has given it up."""
        self._kept[0].continue_()
        self._kept[0].request.response()
