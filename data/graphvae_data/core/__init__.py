"""Errors, random numbers, lazy imports, and the summary of a graph that was read."""
