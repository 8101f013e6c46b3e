"""Further latent graphs: with labels, with attributes, and deep hierarchies."""
