"""Readers of the graphs of the registry."""
