"""Baselines without training: link-prediction heuristics and spectral embedding."""
