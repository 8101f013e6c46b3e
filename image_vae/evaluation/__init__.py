"""Likelihood, active units, ELBO surgery."""
