"""Declarations: parts with their settings, recipes, presets. Light to import: no torch."""
