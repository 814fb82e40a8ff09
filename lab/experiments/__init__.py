"""Counterfactuals over many problems: what a hand-over carries, what breaks it, and with what
certainty we know.

An experiment is data (conditions) plus a batched runner; its result is a table of per-problem rows
with intervals and controls, kept as a record folder. Nothing here knows the page or draws.
"""
