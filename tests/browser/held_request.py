"""Requests that come late, as on a slow line."""

from __future__ import annotations

from playwright.sync_api import Page, Route

EVENTS = "**/queue/join*"
"""Where the page tells its events."""


class Held:
    """Keeps requests back until they are let go; all others pass."""

    def __init__(self, page: Page, where: str, text: str = "", most: int = 1) -> None:
        """
        Args:
            page: that asks.
            where: a pattern of addresses.
            text: that the body must hold.
            most: how many are kept back.
        """
        self._page, self._text, self._most = page, text, most
        self._kept: list[Route] = []
        page.route(where, self._meet)

    def _meet(self, route: Route) -> None:
        if len(self._kept) < self._most and self._text in (route.request.post_data or ""):
            self._kept.append(route)
        else:
            route.continue_()

    def wait(self) -> None:
        """Until there is one."""
        while not self._kept:
            self._page.wait_for_timeout(50)

    def release(self) -> None:
        """Let them go, and wait until they are answered: at once if the page has given one up."""
        self._most = 0
        for route in self._kept:
            route.continue_()
        for route in self._kept:
            route.request.response()
