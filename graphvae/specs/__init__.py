"""Declarations of settings, presets and parts, without torch."""
