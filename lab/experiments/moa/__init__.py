"""Experiments with teams whose members write drafts or hand over caches to an aggregator."""
