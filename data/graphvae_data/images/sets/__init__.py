"""Readers of the registered image datasets."""
