"""Model specs become loaded hosts. Nothing here knows prompts, agents or methods."""
