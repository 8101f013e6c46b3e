"""Scores of a model or a heuristic: negatives, strata, probes."""
