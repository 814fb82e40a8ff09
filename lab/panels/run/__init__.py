"""Pictures of a run: lanes, timeline, costs, rates, pairs."""
