"""Pictures of broken hand-overs and of results of experiments."""
