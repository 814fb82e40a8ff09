"""The papers' comparison of methods on task files."""
