"""Recipes of papers, collected in `specs.presets`."""
