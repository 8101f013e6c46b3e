"""Ranking metrics: curves, ranks with ties, bootstrap intervals."""
