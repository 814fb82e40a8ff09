"""Break it: hand-overs broken on purpose, the gallery of constraints, results of experiments."""
