"""Readers of a user's own graph, from any form of file or object."""
