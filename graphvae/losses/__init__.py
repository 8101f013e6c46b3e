"""Losses: the paper's, the ELBO, sampled, ranking; exact sums over all pairs."""
