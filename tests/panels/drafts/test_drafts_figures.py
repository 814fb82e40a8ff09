"""Bars of an experiment are called in words for people."""

from __future__ import annotations

import pandas as pd

from lab.panels.drafts.drafts_figures import bars


def test_bars_are_called_by_titles_and_the_channel_parts_those_of_one_name() -> None:
    line = {"metric": "accuracy", "value": 0.5, "low": 0.4, "high": 0.6, "n": 9, "control": ""}
    rows = [
        line | {"condition": "prompt slots", "channel": "kv"},
        line | {"condition": "noise", "channel": "kv"},
        line | {"condition": "noise", "channel": "latent"},
    ]
    titles = {"prompt slots": "KV of the prompt only", "noise": "<b>noise"}
    fig = bars(pd.DataFrame(rows), "accuracy", "share", "t", titles=titles)
    names = list(fig.data[0].y)
    assert names[0] == "KV of the prompt only"
    assert names[1].endswith("noise · cache") and names[2].endswith("noise · latent thoughts")
    assert "<b>" not in "".join(names)
