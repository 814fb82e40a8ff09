"""Map: where the recorded states lie."""
