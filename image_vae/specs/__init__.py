"""Declarations: parts with their settings, recipes, presets. Light: no torch."""
