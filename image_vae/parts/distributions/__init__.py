"""Densities of codes and images: posteriors, priors, flows, likelihoods."""
