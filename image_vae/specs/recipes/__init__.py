"""The recipes of papers, joined in `specs.presets`."""
