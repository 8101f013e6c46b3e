"""Objectives: the paper's, the ELBO, sampled; exact sums over all pairs."""
