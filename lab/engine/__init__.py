"""Text decoding, latent rollout, alignment, memory and capture. It does not know which method calls
it.
"""
