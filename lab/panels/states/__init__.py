"""Pictures of recorded states: map, lens, memory, mechanism."""
