"""Splits of the edges into train, val and test; negative sampling."""
