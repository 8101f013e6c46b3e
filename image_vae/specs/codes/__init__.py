"""Latent graphs besides the basic ones of `specs.latents`: with labels, and deep hierarchies."""
