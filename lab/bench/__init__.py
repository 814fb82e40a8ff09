"""Benches: speed and memory as figures with their goal beside them, measured here and now.

**How to add a bench**: write ``lab/bench/NAME.py`` with a docstring and ``measure() ->
Iterator[Measurement]`` (see `lab.bench.result`); ``python -m lab bench NAME`` finds it by itself.
Measure against a plain reference in the same process where a goal is a ratio, take the median of
several rounds, and say in ``note`` what was run.
"""
