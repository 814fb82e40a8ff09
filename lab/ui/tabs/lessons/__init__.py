"""Lessons: scenes with a prediction before the figures."""
