"""Paired comparisons of runs on their shared splits."""
