"""Fit, resume, sweep, scores."""
