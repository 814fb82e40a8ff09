"""Drafts: who contributed what to an aggregate; claims; the data factory."""
