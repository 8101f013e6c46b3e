"""Splits of the edges into train, val and test, and negative sampling."""
