"""Errors, settings, random streams."""
