"""Latent Lab: see two ways for language models to work together, by hidden states and by text."""

__version__ = "0.1.0"
