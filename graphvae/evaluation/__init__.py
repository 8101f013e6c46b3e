"""Evaluation of models and heuristics: negatives, strata, probes."""
