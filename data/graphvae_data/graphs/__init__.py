"""A graph: its raw form, its clean form, its file, its fingerprint."""
