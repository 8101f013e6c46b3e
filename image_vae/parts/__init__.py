"""Posteriors, priors, likelihoods, bounds, penalties, schedules, the latent graph and its trace."""
