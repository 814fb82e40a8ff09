"""Models: the pocket family, and the machines of a cluster."""
