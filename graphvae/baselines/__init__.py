"""Heuristics over the training graph, and spectral embedding."""
