"""Lens: what recorded states would say."""
