"""A claim's measurement on the page: it ends with the page that asked for it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from lab.panels.drafts import claim_cards as drafts_cards
from lab.service import Service
from lab.ui.frame.context import Ctx
from lab.ui.frame.page import build
from lab.ui.tabs.drafts.drafts_claims import followed

WAIT = 120


def test_a_page_that_goes_away_stops_its_measurement(tmp_path: Path) -> None:
    service = Service(tmp_path)
    ctx: Ctx = vars(build(service))["lab"]
    card = next(card for card in drafts_cards.cards() if card.experiment == "routing")
    began = threading.Event()

    def measure(progress: Any, cancelled: threading.Event) -> None:
        began.set()
        assert cancelled.wait(WAIT)
        progress(1.0)

    job = service.submit_task("experiment routing", measure)
    assert began.wait(WAIT)
    page = followed(ctx, card, job, [])
    assert next(page)[0] == job.id
    page.close()
    assert job.wait(WAIT) and job.state == "cancelled"
    service.close()


def test_a_page_that_stays_sees_it_end(tmp_path: Path) -> None:
    service = Service(tmp_path)
    ctx: Ctx = vars(build(service))["lab"]
    card = next(card for card in drafts_cards.cards() if card.experiment == "routing")
    job = service.submit_task("experiment routing", lambda *_: "finished")
    list(followed(ctx, card, job, []))
    assert job.wait(WAIT) and job.state == "finished"
    service.close()
