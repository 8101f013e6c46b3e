"""Errors, settings, streams of randomness."""
