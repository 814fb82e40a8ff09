"""Side by side: one question, the methods in columns."""
